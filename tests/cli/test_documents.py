"""Documents on the command line: what differs from them, and what happens if they cannot be read."""

from __future__ import annotations

import json

import pytest

from lab.cli import Shell
from lab.har import document, entry

DOCUMENT = """
openapi: 3.0.3
servers: [{url: /v1}]
paths:
  /me:
    get:
      responses:
        200:
          description: me
          content: {application/json: {schema: {type: object, required: [id]}}}
"""


@pytest.fixture
def shell(wirelint: Shell) -> Shell:
    wirelint.write("a.har", document(entry(text='{"name": "x"}')))
    wirelint.write("api.yaml", DOCUMENT)
    return wirelint


def rules(out: str) -> list[str]:
    return [json.loads(line)["rule"] for line in out.splitlines()]


@pytest.mark.parametrize("value", ["api.yaml", "api.example=api.yaml"])
def test_audit_compares_with_a_document(shell: Shell, value: str) -> None:
    run = shell("audit", "--openapi", value, "--format", "jsonl", "a.har")
    assert run.code == 1
    assert rules(run.out) == ["response-field-missing"]


def test_a_table_of_the_file_names_a_document(shell: Shell) -> None:
    shell.write("wirelint.toml", '[service."api.example"]\nopenapi = "api.yaml"\n')
    assert rules(shell("audit", "--format", "jsonl", "a.har").out) == ["response-field-missing"]


@pytest.mark.parametrize(("base", "said"), [("/v1", False), ("/v2", True)])
def test_a_document_of_other_paths_is_said_to_be_one(shell: Shell, base: str, said: bool) -> None:
    shell.write("api.yaml", DOCUMENT.replace("/v1", base))
    run = shell("audit", "--openapi", "api.yaml", "a.har")
    assert ("no success is in the OpenAPI document" in run.err) is said
    assert "no success" not in shell("audit", "--openapi", "api.yaml", "--ignore", "contract", "a.har").err


def test_an_unreadable_document_is_one_line_and_the_audit_goes_on(
    shell: Shell, caplog: pytest.LogCaptureFixture
) -> None:
    run = shell("audit", "--openapi", "absent.yaml", "--format", "jsonl", "a.har")
    assert (run.code, run.out) == (0, "")
    (record,) = caplog.records
    assert record.getMessage() == ("wirelint: absent.yaml: No such file or directory: continuing without this document")


def test_explain_shows_the_document_of_the_examples(wirelint: Shell) -> None:
    assert "openapi: 3.0.3" in wirelint("explain", "undocumented-route").out
    assert "document" in json.loads(wirelint("explain", "undocumented-route", "--format", "json").out)
