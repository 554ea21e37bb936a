"""Write findings for people: grouped by fingerprint, the most severe first, with evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TextIO

from rich.text import Text

from wirelint.core.audit import Audit
from wirelint.reports import Report, Run
from wirelint.reports.common.groups import Group, Groups
from wirelint.sinks.console import Printer
from wirelint.sinks.text import block


class Full(Report):
    """Shows groups of findings in a terminal."""

    def __init__(self, run: Run, stream: TextIO) -> None:
        super().__init__(run, stream)
        self._groups = Groups()

    def accept(self, audit: Audit) -> None:
        """Group the findings of an exchange."""
        for finding in audit.findings:
            self._groups.add(finding)

    def finish(self) -> None:
        """Write all groups."""
        printer = Printer(self.stream)
        for group in self._groups:
            for indent, text in lines(group):
                printer.paragraph(text, indent)


REPORT: Final = Full


def lines(group: Group) -> Iterator[tuple[int, Text]]:
    """Yield the lines of a group, each with its indentation; they may be wrapped."""
    finding = group.finding
    yield from block(finding, after=f"×{group.count:,}" if group.count > 1 else "")
    if group.origins:
        yield 2, Text(f"in {group.places}", "dim")
    yield 2, Text(f"wirelint explain {finding.rule}", "blue")
    yield 0, Text("")
