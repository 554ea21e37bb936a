"""Findings as JSON lines while traffic goes on: each kind at once, and then no more than one a minute."""

from __future__ import annotations

import time
from collections.abc import Callable

from wirelint.core.audit import Audit
from wirelint.core.finding import Finding
from wirelint.sinks import published
from wirelint.sinks.lines import Lines
from wirelint.sinks.metrics.families import Families, counter
from wirelint.sinks.paced import Paced


class FindingsLog:
    """Write findings as they come, at most one a minute of each fingerprint.

    A line is a finding's published JSON with ``left_out``: how many of its fingerprint were not written since the line
    before.

    :param lines: where they go.
    :param fingerprints: see ``Paced``.
    :param clock: monotonic seconds.
    """

    def __init__(self, lines: Lines, *, fingerprints: int = 2000, clock: Callable[[], float] = time.monotonic) -> None:
        self.lines = lines
        self._paced = Paced(self._write, fingerprints=fingerprints, clock=clock)

    def accept(self, audit: Audit) -> None:
        """Write what was found in an exchange. Never waits."""
        for finding in audit.findings:
            self._paced.take(finding)

    def collect(self) -> Families:
        """Yield how many lines were written and lost, as metrics."""
        yield counter("log_lines", "Lines written to the log of findings.", self.lines.written)
        yield counter("log_lost", "Lines that could not be written to it.", self.lines.lost, "reason")

    def close(self) -> None:
        """Write what was left out last, and flush. Calling this again changes nothing."""
        self._paced.close()
        self.lines.close()

    def _write(self, finding: Finding, _note: str, left_out: int) -> None:
        self.lines.put(published.line(finding, left_out=left_out))
