"""Write findings for people: grouped by fingerprint, the most severe first, with evidence."""

from __future__ import annotations

from typing import Final, TextIO

from wirelint.core.audit import Audit
from wirelint.core.masking import target_of
from wirelint.reports import Report, Run
from wirelint.reports.common.groups import Groups
from wirelint.sinks.console import Printer
from wirelint.sinks.layout import block


class Full(Report):
    """Shows groups of findings in a terminal."""

    def __init__(self, run: Run, stream: TextIO) -> None:
        super().__init__(run, stream)
        self._groups = Groups()
        self._targets: dict[str, str] = {}

    def accept(self, audit: Audit) -> None:
        """Group the findings of an exchange."""
        for finding in audit.findings:
            self._groups.add(finding)
            if finding.fingerprint not in self._targets and finding.exchange_id == audit.exchange.id:
                self._targets[finding.fingerprint] = target_of(audit.exchange)

    def finish(self) -> None:
        """Write all groups."""
        printer = Printer(self.stream)
        for group in self._groups:
            finding = group.finding
            where = f"in {group.places}" if group.origins else ""
            target = self._targets.get(finding.fingerprint, "")
            for line in block(finding, printer.width, count=group.count, target=target, where=where):
                printer.lay_out(line)
            printer.line("")
        if len(self._groups):
            printer.line("wirelint explain RULE says why a finding matters and how to fix it.")


REPORT: Final = Full
