"""Write Markdown for a comment on a pull request or a job summary, short enough for both.

Text from the wire is always in code spans, where it is neither markup, nor a link, nor a mention of a user.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.finding import Severity
from wirelint.reports.common.grouping import Grouping
from wirelint.reports.common.groups import Group
from wirelint.sinks.text import plural, printable, service, status

_LONGEST: Final = 60_000
"""Octets; GitHub allows 65,536 characters in a comment."""
_MARKS: Final = {Severity.HIGH: "🔴", Severity.MEDIUM: "🟠", Severity.LOW: "🔵", Severity.INFO: "⚪"}
_ticks: Final = re.compile("`+")


class Markdown(Grouping):
    """Writes a table of findings, the most severe first."""

    def finish(self) -> None:
        """Write as many rows as fit."""
        self.stream.write(f"### wirelint: {self.tally.line()}\n")
        for _, why in self.failures:
            self.stream.write(f"\n> **cannot be audited:** {_code(why)}\n")
        room = _LONGEST
        left = len(self.found)
        if left:
            self.stream.write("\n| | rule | where | status | what | × |\n|---|---|---|---|---|--:|\n")
        for group in self.found:
            row = _row(group)
            room -= len(row.encode("utf-8", "replace"))
            if room < 0:
                break
            self.stream.write(row)
            left -= 1
        if left:
            self.stream.write(f"\n… and {plural(left, 'finding')} more: `wirelint audit` shows all.\n")
        for line in self._below():
            self.stream.write(f"\n{line}\n")

    def _below(self) -> Iterator[str]:
        if self.skips.total:
            yield f"{plural(self.skips.total, 'record')} skipped."
        if len(self.found):
            yield "`wirelint explain RULE` says why each matters and how to fix it."


REPORT: Final = Markdown


def _row(group: Group) -> str:
    finding = group.finding
    cells = (
        f"{_MARKS[finding.severity]} {finding.severity}",
        _code(finding.rule),
        _code(f"{finding.method} {service(finding)} {finding.route}"),
        status(finding),
        _code(finding.message),
        f"{group.count:,}",
    )
    return f"| {' | '.join(cells)} |\n"


def _code(text: str) -> str:
    """Return a code span for a cell of a table: one line, and longer fences than any in it.

    A bar would end the cell, even after a backslash if that one is escaped.
    """
    clean = printable(" ".join(text.split())).replace("|", "¦")
    fence = "`" * (max((len(run) for run in _ticks.findall(clean)), default=0) + 1)
    space = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{fence}{space}{clean}{space}{fence}" if clean else ""
