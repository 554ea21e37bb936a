"""Each kind of finding is logged at once, and then once a minute with the number of those left out."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from lab.audits import audit, finding
from wirelint.core.verdict import Verdict
from wirelint.sinks.findings_log import FindingsLog
from wirelint.sinks.lines import Lines
from wirelint.sinks.paced import PAUSE
from wirelint.sinks.published import fields


class Kept:
    """A target that keeps what it is given."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, line: bytes) -> None:
        self.content += line

    def close(self) -> None:
        pass


class Log:
    """A log with a clock to turn."""

    def __init__(self, **options: int) -> None:
        self.now = 1000.0
        self.kept = Kept()
        self.log = FindingsLog(Lines(self.kept), clock=lambda: self.now, **options)

    def find(self, *rules: str, times: int = 1) -> None:
        for _ in range(times):
            self.log.accept(audit(*(finding(rule) for rule in rules)))

    def told(self) -> list[tuple[str, int]]:
        """Close it; the rules logged, and how many were left out."""
        self.log.close()
        return [(line["rule"], line["left_out"]) for line in self.lines()]

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.kept.content.splitlines()]


def test_a_line_is_the_published_finding_and_what_was_left_out() -> None:
    log, found = Log(), finding()
    log.log.accept(audit(found))
    log.log.close()
    assert log.lines() == [fields(found) | {"left_out": 0}]


def test_one_a_minute_of_each_kind() -> None:
    log = Log()
    log.find("a", times=5)
    log.find("b")
    log.now += PAUSE - 0.1
    log.find("a")
    log.now += 0.2
    log.find("a", times=3)
    log.now += PAUSE
    log.find("a", "b")
    assert log.told() == [("a", 0), ("b", 0), ("a", 5), ("a", 2), ("b", 0)]


def test_what_was_left_out_last_is_told_at_the_end() -> None:
    log = Log()
    log.find("a", times=4)
    log.find("b")
    assert log.told() == [("a", 0), ("b", 0), ("a", 2)]
    log.log.close()
    assert len(log.lines()) == 3


def test_every_finding_is_written_or_counted() -> None:
    log = Log(fingerprints=3)
    total = 0
    for step in range(200):
        log.find(*(f"rule-{number}" for number in range(step % 7)))
        total += step % 7
        log.now += 7
    told = log.told()
    assert sum(1 + left_out for _, left_out in told) == total
    assert len(told) < total


def test_what_is_remembered_is_bounded() -> None:
    log = Log(fingerprints=3)
    for number in range(100):
        log.find(f"rule-{number}")
    assert len(log.log._paced._seen) == 3
    log.log.close()


def test_a_clock_on_the_wall_that_jumps_changes_nothing() -> None:
    log = Log()
    log.log.accept(audit(finding(at=1e9)))
    log.log.accept(audit(finding(at=2e9)))
    log.log.accept(audit(finding(at=5.0)))
    assert [left_out for _, left_out in log.told()] == [0, 1]


def test_what_differs_in_status_or_verdict_has_lines_of_its_own() -> None:
    log, found = Log(), finding()
    for status, verdict in (
        (401, found.verdict),
        (500, found.verdict),
        (500, Verdict.SERVER_ERROR),
        (401, found.verdict),
    ):
        log.log.accept(audit(msgspec.structs.replace(found, status=status, verdict=verdict)))
    log.log.close()
    assert [(line["status"], line["verdict"], line["left_out"]) for line in log.lines()] == [
        (401, "client_error", 0),
        (500, "client_error", 0),
        (500, "server_error", 0),
        (401, "client_error", 0),
    ]
