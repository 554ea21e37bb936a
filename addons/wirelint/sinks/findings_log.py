"""Findings as JSON lines while traffic goes on: each kind at once, and then no more than one a minute."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from wirelint.core.audit import Audit
from wirelint.core.finding import Finding
from wirelint.sinks import published
from wirelint.sinks.lines import Lines
from wirelint.sinks.metrics.families import Families, counter

PAUSE: Final = 60.0
"""Seconds between two lines of one fingerprint."""


class _Last(msgspec.Struct):
    """When a fingerprint was last written, and what came since: the number, and the latest."""

    at: float
    left_out: int = 0
    latest: Finding | None = None


class FindingsLog:
    """Write findings as they come, at most one a minute of each fingerprint.

    A line is a finding's published JSON with ``left_out``: how many of its fingerprint were not written since the line
    before. What was left out last is written when the log is closed, or when the fingerprint has to be forgotten.

    :param lines: where they go.
    :param fingerprints: most to remember; past that, the one not seen for longest goes.
    :param clock: monotonic seconds.
    """

    def __init__(self, lines: Lines, *, fingerprints: int = 2000, clock: Callable[[], float] = time.monotonic) -> None:
        self.lines = lines
        self._most = fingerprints
        self._clock = clock
        self._seen: OrderedDict[str, _Last] = OrderedDict()

    def accept(self, audit: Audit) -> None:
        """Write what was found in an exchange. Never waits."""
        for finding in audit.findings:
            self._take(finding)

    def collect(self) -> Families:
        """Yield how many lines were written and lost, as metrics."""
        yield counter("log_lines", "Lines written to the log of findings.", self.lines.written)
        yield counter("log_lost", "Lines that could not be written to it.", self.lines.lost, "reason")

    def close(self) -> None:
        """Write what was left out last, and flush. Calling this again changes nothing."""
        for last in self._seen.values():
            self._catch_up(last)
        self._seen.clear()
        self.lines.close()

    def _take(self, finding: Finding) -> None:
        now = self._clock()
        last = self._seen.get(finding.fingerprint)
        if last is None:
            if len(self._seen) >= self._most:
                self._catch_up(self._seen.popitem(last=False)[1])
            self._seen[finding.fingerprint] = _Last(now)
            self._write(finding, 0)
            return
        self._seen.move_to_end(finding.fingerprint)
        if now - last.at < PAUSE:
            last.left_out += 1
            last.latest = finding
            return
        self._write(finding, last.left_out)
        last.at, last.left_out, last.latest = now, 0, None

    def _catch_up(self, last: _Last) -> None:
        if last.latest is not None:
            self._write(last.latest, last.left_out - 1)
            last.latest = None

    def _write(self, finding: Finding, left_out: int) -> None:
        self.lines.put(published.line(finding, left_out=left_out))
