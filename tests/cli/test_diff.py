"""The diff command: what a release makes worse and better."""

from __future__ import annotations

import json

import pytest

from lab.cli import Shell, a_401
from lab.har import document, entry

LIE = entry(200, '{"success": false, "error": "no such order"}', url="https://api.example/orders/7")
RATE = entry(403, '{"error": "rate limit exceeded"}', url="https://api.example/export")


@pytest.fixture
def shell(wirelint: Shell) -> Shell:
    wirelint.write("old.har", document(a_401(), LIE, entry()))
    wirelint.write("new.har", document(a_401(), RATE, RATE, entry()))
    return wirelint


def test_what_is_new_and_what_is_gone(shell: Shell) -> None:
    code, out, err = shell("diff", "old.har", "new.har")
    assert code == 1
    lines = out.splitlines()
    assert lines[0] == "worse: 1 finding"
    assert lines[1].split()[:7] == ["+", "medium", "api.example", "GET", "/export", "403", "→"]
    assert "×2" in lines[1]
    assert lines[1].endswith("[throttle-misreported]")
    assert lines[2] == "better: 1 finding"
    assert lines[3].split()[:7] == ["-", "medium", "api.example", "GET", "/orders/{id}", "200", "→"]
    assert lines[-1].split() == ["api.example", "1", "of", "3", "0", "of", "4", "0", "of", "3", "0", "of", "4"]
    assert err == "1 new, 1 gone, 1 as before\n"


def test_what_is_the_same_is_no_difference(shell: Shell) -> None:
    assert shell("diff", "old.har", "old.har") == (0, "", "0 new, 0 gone, 2 as before\n")


@pytest.mark.parametrize(("least", "code"), [("high", 0), ("medium", 1), ("never", 0)])
def test_the_gate_is_about_new_findings(shell: Shell, least: str, code: int) -> None:
    assert shell("diff", "--fail-on", least, "old.har", "new.har").code == code


def test_as_json(shell: Shell) -> None:
    found = json.loads(shell("diff", "--format", "json", "old.har", "new.har").out)
    assert {name: [each["rule"] for each in found[name]] for name in ("worse", "better", "same")} == {
        "worse": ["throttle-misreported"],
        "better": ["ok-with-error-body"],
        "same": ["unauthorized-without-challenge"],
    }
    assert found["worse"][0]["count"] == 2
    assert found["services"]["old"][0]["lied"] == 1


def test_a_word_that_has_become_a_name_is_the_same_route(shell: Shell) -> None:
    lies = [
        entry(200, '{"success": false}', url=f"https://api.example/people/{name}/cards")
        for name in (
            "ann-miller",
            "bob-smith",
            "kim-jones",
            "lee-wong",
            "sue-clark",
            "tom-baker",
            "eve-adams",
            "al-king",
        )
    ]
    shell.write("one.har", document(lies[0]))
    shell.write("many.har", document(*lies))
    assert shell("diff", "one.har", "many.har").err.startswith("0 new, 0 gone")


def test_a_file_that_cannot_be_read(shell: Shell) -> None:
    assert shell("diff", "old.har", "none.har") == (2, "", "wirelint diff: none.har: No such file or directory\n")
