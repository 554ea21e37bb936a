"""Group findings by fingerprint, and count skips: the base of formats that are written in the end."""

from __future__ import annotations

from typing import TextIO

from wirelint.core.audit import Audit
from wirelint.core.suppression import Suppression
from wirelint.reports import Report, Run
from wirelint.reports.common.groups import Groups
from wirelint.reports.common.skips import Skips
from wirelint.reports.common.tally import Tally
from wirelint.sources import Skipped


class Grouping(Report):
    """Groups findings, and counts exchanges and skips.

    Attributes:
        found: the findings.
        accepted: those that are suppressed.
        reasons: the suppression of each of these, by fingerprint.
        skips: records that could not be audited.
        failures: files that could not be read, with one line for each.
        tally: totals.
    """

    def __init__(self, run: Run, stream: TextIO) -> None:
        super().__init__(run, stream)
        self.found = Groups()
        self.accepted = Groups()
        self.reasons: dict[str, Suppression] = {}
        self.skips = Skips()
        self.failures: list[tuple[str, str]] = []
        self.tally = Tally()

    def accept(self, audit: Audit) -> None:
        """Take one audited exchange."""
        self.tally.accept(audit)
        for finding in audit.findings:
            self.found.add(finding)
        for each in audit.suppressed:
            self.accepted.add(each.finding)
            self.reasons.setdefault(each.finding.fingerprint, each.by)

    def skip(self, file: str, record: Skipped) -> None:
        """Take a record that could not be audited."""
        self.skips.add(file, record)

    def fail(self, file: str, why: str) -> None:
        """Take a file that could not be read."""
        self.failures.append((file, why))
