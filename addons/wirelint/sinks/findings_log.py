"""Log findings of live traffic as JSON lines: each kind at once, and then at most one per minute."""

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
    """Writes findings as they come, at most one per minute and fingerprint.

    A line is a finding's published JSON with ``left_out``: how many of its fingerprint were not written since the line
    before.

    :param lines: writes them.
    :param fingerprints: see ``Paced``.
    :param clock: monotonic seconds.
    """

    def __init__(self, lines: Lines, *, fingerprints: int = 2000, clock: Callable[[], float] = time.monotonic) -> None:
        self.lines = lines
        self._paced = Paced(self._write, fingerprints=fingerprints, clock=clock)

    def accept(self, audit: Audit) -> None:
        """Write the findings of an exchange. Never waits."""
        for finding in audit.findings:
            self._paced.take(finding)

    def collect(self) -> Families:
        """Yield the numbers of written and lost lines as metrics."""
        yield counter("log_lines", "Lines written to the log of findings.", self.lines.written)
        yield counter("log_lost", "Lines that could not be written to it.", self.lines.lost, "reason")

    def close(self) -> None:
        """Write the latest omitted findings, and flush. Calling this again changes nothing."""
        self._paced.close()
        self.lines.close()

    def _write(self, finding: Finding, _note: str, left_out: int) -> None:
        self.lines.put(published.line(finding, left_out=left_out))
