"""Write findings as they come, one per line, for people and for grep."""

from __future__ import annotations

from typing import Final, TextIO

from wirelint.core.audit import Audit
from wirelint.reports import Report, Run
from wirelint.sinks.console import Printer
from wirelint.sinks.layout import line
from wirelint.sinks.text import place


class Concise(Report):
    """Writes each finding on a line."""

    def __init__(self, run: Run, stream: TextIO) -> None:
        super().__init__(run, stream)
        self._printer = Printer(stream)

    def accept(self, audit: Audit) -> None:
        """Write the findings of an exchange."""
        for finding in audit.findings:
            text = line(finding)
            if finding.origin is not None:
                text.append(f"  {place(finding.origin)}", "dim")
            self._printer.line(text)


REPORT: Final = Concise
