"""Count the totals of an audit of files."""

from __future__ import annotations

from collections import Counter

from wirelint.core.audit import FIELDS_UNKNOWN, Audit
from wirelint.core.finding import Severity
from wirelint.sinks.text import plural


class Tally:
    """Counts exchanges, findings by severity, and unseen content."""

    def __init__(self) -> None:
        self.exchanges = 0
        self._services: set[str] = set()
        self._severities: Counter[Severity] = Counter()
        self._unseen: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self._suppressed = 0

    def accept(self, audit: Audit) -> None:
        """Count an audited exchange."""
        self.exchanges += 1
        self._services.add(audit.exchange.service)
        if audit.skipped is not None:
            self._unseen[audit.skipped] += 1
        self._faults.update(audit.faults)
        self._suppressed += len(audit.suppressed)
        for finding in audit.findings:
            self._severities[finding.severity] += 1

    def total(self, *, least: Severity = Severity.INFO) -> int:
        """Return how many findings are at least this severe."""
        return sum(count for severity, count in self._severities.items() if severity >= least)

    def counts(self) -> dict[str, int | dict[str, int]]:
        """Return the numbers by name."""
        return {
            "exchanges": self.exchanges,
            "services": len(self._services),
            "findings": {str(level): self._severities[level] for level in reversed(Severity)},
            "suppressed": self._suppressed,
            "bodies_unseen": dict(sorted(self._unseen.items())),
            "rule_faults": dict(sorted(self._faults.items())),
        }

    def line(self) -> str:
        """Return «12 findings (5 high, 7 low) in 240 exchanges of 8 services; 18 bodies not captured»."""
        by_severity = ", ".join(
            f"{self._severities[level]:,} {level}" for level in sorted(self._severities, reverse=True)
        )
        text = plural(self.total(), "finding") + (f" ({by_severity})" if by_severity else "")
        text += f" in {plural(self.exchanges, 'exchange')} of {plural(len(self._services), 'service')}"
        if self._suppressed:
            text += f"; {plural(self._suppressed, 'finding')} suppressed"
        for reason, count in sorted(self._unseen.items()):
            what = (
                ("exchange", "without all fields") if reason == FIELDS_UNKNOWN else ("body", reason.replace("_", " "))
            )
            text += f"; {plural(count, what[0])} {what[1]}"
        for rule, count in sorted(self._faults.items()):
            text += f"; {plural(count, 'fault')} of {rule}"
        return text
