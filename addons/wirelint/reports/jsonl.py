"""Findings as JSON, one a line, as they come. The members are a contract (see ``wirelint.sinks.published``)."""

from __future__ import annotations

from typing import Final

from wirelint.core.audit import Audit
from wirelint.reports import Report
from wirelint.sinks import published


class JsonLines(Report):
    """Write each finding as a line of JSON."""

    def accept(self, audit: Audit) -> None:
        """Write what was found."""
        for finding in audit.findings:
            self.stream.buffer.write(published.line(finding))

    def finish(self) -> None:
        """Flush the octets that wait."""
        self.stream.buffer.flush()


REPORT: Final = JsonLines
