"""Options that choose what a proxy prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.cli import Shell
from wirelint.cli.logs import Logging


def logging_of(wirelint: Shell, monkeypatch: pytest.MonkeyPatch, *words: str) -> Logging:
    seen: list[Logging] = []
    monkeypatch.setattr("wirelint.cli.proxy.serve", lambda *_, **named: seen.append(named["logging"]))
    assert wirelint("proxy", "http://a", *words).code == 0
    return seen[0]


def test_findings_as_json_on_standard_output(wirelint: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plain = logging_of(wirelint, monkeypatch)
    assert (plain.json_on_stdout, plain.quiet, plain.findings(), plain.printed()) == (False, False, None, None)
    jsonl = logging_of(wirelint, monkeypatch, "--format", "jsonl", "--quiet")
    assert (jsonl.json_on_stdout, jsonl.quiet, jsonl.printed()) == (True, True, None)
    found = jsonl.findings()
    assert found is not None
    found.close()
    both = logging_of(wirelint, monkeypatch, "--format", "jsonl", "--log", str(tmp_path / "x.jsonl"))
    for log in (both.findings(), both.printed()):
        assert log is not None
        log.close()


def test_formats_of_reports_are_text_where_settings_are_shared(
    wirelint: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    wirelint.write("wirelint.toml", 'format = "concise"\n')
    assert not logging_of(wirelint, monkeypatch).jsonl
    wirelint.env(WIRELINT_FORMAT="jsonl")
    assert logging_of(wirelint, monkeypatch).jsonl
    assert "'sarif' is not one of text, jsonl" in wirelint("proxy", "http://a", "--format", "sarif").err
