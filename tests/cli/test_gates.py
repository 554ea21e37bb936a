"""What lets ``wirelint audit`` fail: new findings, and only these where there is a baseline."""

from __future__ import annotations

import json

import pytest

from lab.cli import FEW, Shell, a_401, capture
from lab.har import entry

KNOWN = "findings.json"


@pytest.fixture(autouse=True)
def _few_rules(monkeypatch: pytest.MonkeyPatch, wirelint: Shell) -> None:
    monkeypatch.setenv("WIRELINT_SELECT", FEW)


def a_429() -> dict[str, object]:
    """An entry that ``throttled-without-retry-hint`` finds."""
    return entry(429, '{"error": "slow down"}')


def test_known_findings_do_not_count(wirelint: Shell) -> None:
    wirelint.write("a.har", capture(a_401()))
    made = wirelint("audit", "--baseline", KNOWN, "--update-baseline", "a.har")
    assert made.code == 0
    assert "baseline: 1 finding written, 0 taken out\n" in made.err
    run = wirelint("audit", "--format", "concise", "--baseline", KNOWN, "a.har")
    assert (run.code, run.out) == (0, "")
    assert "; 1 finding suppressed" in run.err


def test_new_findings_count(wirelint: Shell) -> None:
    wirelint.write("a.har", capture(a_401()))
    wirelint("audit", "--baseline", KNOWN, "--update-baseline", "a.har")
    wirelint.write("b.har", capture(a_401(), a_429()))
    run = wirelint("audit", "--format", "jsonl", "--fail-on", "low", "--baseline", KNOWN, "b.har")
    assert run.code == 1
    assert [json.loads(line)["rule"] for line in run.out.splitlines()] == ["throttled-without-retry-hint"]


def test_the_file_is_one_line_a_finding_in_order(wirelint: Shell) -> None:
    wirelint.write("a.har", capture(a_429(), a_401()))
    wirelint("audit", "--baseline", KNOWN, "--update-baseline", "a.har")
    first, *lines, last = (wirelint.folder / KNOWN).read_text().splitlines()
    assert (first, last) == ('{"wirelint_baseline":1,"findings":[', "]}")
    rules = [json.loads(line.rstrip(","))["rule"] for line in lines]
    assert rules == ["throttled-without-retry-hint", "unauthorized-without-challenge"]
    before = (wirelint.folder / KNOWN).read_bytes()
    wirelint("audit", "--baseline", KNOWN, "--update-baseline", "a.har")
    assert (wirelint.folder / KNOWN).read_bytes() == before


def test_stale_entries_are_reported_and_taken_out(wirelint: Shell) -> None:
    wirelint.write("a.har", capture(a_401(), a_429()))
    wirelint.write("b.har", capture(a_401()))
    wirelint("audit", "--baseline", KNOWN, "--update-baseline", "a.har")
    run = wirelint("audit", "--baseline", KNOWN, "b.har")
    assert run.code == 0
    assert "no longer found: throttled-without-retry-hint of api.example on GET /v1/me\n" in run.err
    assert "1 finding of the baseline did not occur: --update-baseline takes it out\n" in run.err
    run = wirelint("audit", "--baseline", KNOWN, "--update-baseline", "b.har")
    assert "baseline: 1 finding written, 1 taken out\n" in run.err


def test_a_file_that_cannot_be_read_leaves_the_baseline_as_it_is(wirelint: Shell) -> None:
    wirelint.write("a.har", capture(a_401()))
    wirelint("audit", "--baseline", KNOWN, "--update-baseline", "a.har")
    before = (wirelint.folder / KNOWN).read_bytes()
    run = wirelint("audit", "--baseline", KNOWN, "--update-baseline", "a.har", "missing.har")
    assert run.code == 2
    assert (wirelint.folder / KNOWN).read_bytes() == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--update-baseline"], "--update-baseline needs --baseline FILE"),
        (["--baseline", "none.json"], "no baseline at none.json: make it with --update-baseline"),
        (["--baseline", "a.har"], "a.har is not a baseline of this version of wirelint"),
        (["--baseline", "a.har", "--update-baseline"], "a.har is not a baseline of this version of wirelint"),
        (["--baseline", "b.json"], "b.json is not a baseline of this version of wirelint"),
    ],
)
def test_bad_baselines_are_refused_before_anything_is_read(wirelint: Shell, words: list[str], message: str) -> None:
    capture_file = wirelint.write("a.har", capture(a_401()))
    wirelint.write("b.json", '{"wirelint_baseline": 2, "findings": []}')
    before = capture_file.read_bytes()
    run = wirelint("audit", *words, "a.har")
    assert (run.code, run.out) == (2, "")
    assert message in run.err
    assert capture_file.read_bytes() == before


def test_a_baseline_that_cannot_be_written_is_an_error(wirelint: Shell) -> None:
    wirelint.write("a.har", capture(a_401()))
    run = wirelint("audit", "--baseline", "nowhere/x.json", "--update-baseline", "a.har")
    assert run.code == 2
    assert "cannot write the baseline nowhere/x.json: No such file or directory\n" in run.err
