"""The coverage command: each documented answer, seen or not."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from lab.cli import Shell
from lab.har import document, entry

DOCUMENT = """
openapi: 3.0.3
servers: [{url: /v1}]
paths:
  /me:
    get: {responses: {200: {description: me}, 4XX: {description: no}}}
  /<b>/{id}:
    delete: {deprecated: true, responses: {204: {description: gone}, default: {description: else}}}
"""


@pytest.fixture
def shell(wirelint: Shell) -> Shell:
    wirelint.write(
        "a.har",
        document(
            entry(), entry(404), entry(startedDateTime="2026-01-03T00:00:00Z"), entry(url="https://other.example/")
        ),
    )
    wirelint.write("api.yaml", DOCUMENT)
    return wirelint


def test_each_documented_answer_is_listed(shell: Shell) -> None:
    run = shell("coverage", "--openapi", "api.yaml", "a.har")
    assert (run.code, run.err) == (0, "")
    assert run.out.splitlines() == [
        "api.example: 2 of 4 documented answers seen (50%), 1 of 2 operations",
        "method  path                    status   seen  last",
        "GET     /me                     200         2  2026-01-03T00:00:00.000Z",
        "GET     /me                     4XX         1  2026-01-02T03:04:05.678Z",
        "DELETE  /<b>/{id} (deprecated)  204         0  never",
        "DELETE  /<b>/{id} (deprecated)  default     0  never",
    ]


def test_coverage_as_json(shell: Shell) -> None:
    (service,) = json.loads(shell("coverage", "--openapi", "api.yaml", "--format", "json", "a.har").out)["services"]
    assert (service["service"], service["ratio"]) == ("api.example", 0.5)
    assert service["answers"][0] == {
        "method": "GET",
        "path": "/me",
        "status": "200",
        "deprecated": False,
        "seen": 2,
        "last": "2026-01-03T00:00:00.000Z",
    }
    assert [(each["seen"], each["last"]) for each in service["answers"][2:]] == [(0, None), (0, None)]


def test_coverage_as_a_page(shell: Shell) -> None:
    page = shell("coverage", "--openapi", "api.yaml", "--format", "html", "a.har").out
    assert page.startswith("<!doctype html>")
    assert "/<b>/" not in page
    table = page[page.index("<table>") : page.index("</table>") + len("</table>")]
    cells = [[cell.text for cell in row] for row in ET.fromstring(table).iter("tr")]
    assert cells[1] == ["GET", "/me", "200", "2", "2026-01-03T00:00:00.000Z"]
    assert cells[3] == ["DELETE", "/<b>/{id} (deprecated)", "204", "0", "never"]


def test_a_service_with_a_document_and_no_traffic_is_listed(shell: Shell) -> None:
    run = shell("coverage", "--openapi", "shop=api.yaml", "--format", "json", "a.har")
    assert [(each["service"], each["ratio"]) for each in json.loads(run.out)["services"]] == [("shop", 0.0)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a.har"], "there is no document: give one with --openapi"),
        (["--openapi", "api.yaml", "absent.har"], "absent.har"),
    ],
)
def test_what_cannot_be_read_is_trouble(shell: Shell, words: list[str], message: str) -> None:
    run = shell("coverage", *words)
    assert run.code == 2
    assert message in run.err
    assert run.err.count("\n") == 1
