"""The inventory command: what was answered, by route."""

from __future__ import annotations

import csv
import json

import pytest

from lab.cli import Shell
from lab.har import document, entry


@pytest.fixture
def shell(wirelint: Shell) -> Shell:
    users = [entry(url=f"https://api.example/users/{number}") for number in range(30)]
    names = [entry(url=f"https://api.example/profile/{name}-miller") for name in ("ann", "bob", "kim")]
    old = entry(url="https://api.example/users/7", startedDateTime="2025-01-01T00:00:00Z", method="DELETE", status=204)
    wirelint.write("a.har", document(*users, *names, old))
    return wirelint


def test_kinds_of_answers_are_counted(shell: Shell) -> None:
    listed = json.loads(shell("inventory", "--format", "json", "a.har").out)
    assert listed == [
        {
            "service": "api.example",
            "method": method,
            "route": route,
            "status": status,
            "media_type": "application/json",
            "count": count,
            "last": last,
        }
        for method, route, status, count, last in (
            ("GET", "/profile/{name}", 200, 3, "2026-01-02T03:04:05.678Z"),
            ("DELETE", "/users/{id}", 204, 1, "2025-01-01T00:00:00.000Z"),
            ("GET", "/users/{id}", 200, 30, "2026-01-02T03:04:05.678Z"),
        )
    ]


def test_the_inventory_as_csv_and_as_a_table(shell: Shell) -> None:
    rows = list(csv.reader(shell("inventory", "--format", "csv", "a.har").out.splitlines()))
    assert rows[0] == ["service", "method", "route", "status", "media_type", "count", "last"]
    assert len(rows) == 4
    table = shell("inventory", "a.har").out.splitlines()
    assert [line.split() for line in table] == rows


def test_routes_of_a_document_are_used(shell: Shell) -> None:
    shell.write("api.yaml", "openapi: 3.0.3\npaths:\n  /users/{login}: {get: {}}\n")
    listed = json.loads(shell("inventory", "--openapi", "api.yaml", "--format", "json", "a.har").out)
    assert "/users/{login}" in {each["route"] for each in listed}


def test_words_that_turn_out_to_be_values_are_one_route(shell: Shell) -> None:
    words = [
        entry(url=f"https://api.example/things/{a}{b}ock") for a in "bcdfghklmnprst" for b in "aeiou" for _ in "123"
    ]
    shell.write("b.har", document(*words))
    listed = json.loads(shell("inventory", "--format", "json", "b.har").out)
    assert sum(each["count"] for each in listed) == len(words)
    assert len(listed) < 30


def test_a_file_that_cannot_be_read_is_trouble(shell: Shell) -> None:
    run = shell("inventory", "absent.har", "a.har")
    assert run.code == 2
    assert "absent.har" in run.err
    assert run.out.count("\n") == 4
