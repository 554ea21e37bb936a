"""Write findings as they come, one per line, for people and for grep."""

from __future__ import annotations

from typing import Final, TextIO

from rich.text import Text

from wirelint.core.audit import Audit
from wirelint.core.finding import Finding
from wirelint.reports import Report, Run
from wirelint.sinks.console import Printer
from wirelint.sinks.text import place, service, severity, status


class Concise(Report):
    """Writes each finding on a line."""

    def __init__(self, run: Run, stream: TextIO) -> None:
        super().__init__(run, stream)
        self._printer = Printer(stream)

    def accept(self, audit: Audit) -> None:
        """Write the findings of an exchange."""
        for finding in audit.findings:
            self._printer.line(line(finding))


REPORT: Final = Concise


def line(finding: Finding) -> Text:
    """Return a finding on one line."""
    text = severity(finding.severity)
    text.append(f" {finding.rule}", "bold")
    text.append(f" {finding.method} {service(finding)} {finding.route} ")
    text.append(status(finding), "bold")
    text.append(f" — {finding.message}")
    if finding.origin is not None:
        text.append(f" [{place(finding.origin)}]", "dim")
    return text
