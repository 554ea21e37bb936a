"""Write findings as they come, as JSON lines. The members are a contract (see ``wirelint.sinks.published``)."""

from __future__ import annotations

from typing import Final

from wirelint.core.audit import Audit
from wirelint.reports import Report
from wirelint.sinks import published


class JsonLines(Report):
    """Writes each finding as a line of JSON."""

    def accept(self, audit: Audit) -> None:
        """Write the findings of an exchange."""
        for finding in audit.findings:
            self.stream.buffer.write(published.line(finding))

    def finish(self) -> None:
        """Flush buffered octets."""
        self.stream.buffer.flush()


REPORT: Final = JsonLines
