"""Adds up audits for a summary."""

from __future__ import annotations

from collections import Counter

from wirelint.core.audit import Audit
from wirelint.core.finding import Severity
from wirelint.core.verdict import Verdict
from wirelint.sinks.text import plural


class Tally:
    """What became of a number of exchanges."""

    def __init__(self) -> None:
        self.exchanges = 0
        self.services: set[str] = set()
        self.findings: Counter[str] = Counter()
        self.found_in: dict[str, set[str]] = {}
        self.opportunities: Counter[str] = Counter()
        self.severities: Counter[Severity] = Counter()
        self.unseen: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.suppressed = 0
        self.outcomes: Counter[tuple[str, Verdict]] = Counter()

    def accept(self, audit: Audit) -> None:
        """Take note of an audit."""
        exchange = audit.exchange
        status = exchange.status
        self.exchanges += 1
        self.services.add(exchange.service)
        self.outcomes["none" if status is None else f"{status // 100}xx", audit.verdict] += 1
        for rule in audit.plan.rules:
            self.opportunities[rule.id] += 1
        if audit.skipped is not None:
            self.unseen[audit.skipped] += 1
        self.faults.update(audit.faults)
        self.suppressed += len(audit.suppressed)
        for finding in audit.findings:
            self.findings[finding.rule] += 1
            self.severities[finding.severity] += 1
            self.found_in.setdefault(finding.rule, set()).add(finding.service)

    def total(self, *, least: Severity = Severity.INFO) -> int:
        """How many findings there are of at least a severity."""
        return sum(count for severity, count in self.severities.items() if severity >= least)

    def closing_line(self) -> str:
        """«12 findings (5 high, 7 low) in 240 exchanges of 8 services; 18 bodies not captured»."""
        by_severity = ", ".join(
            f"{self.severities[level]:,} {level}" for level in sorted(self.severities, reverse=True)
        )
        text = plural(self.total(), "finding") + (f" ({by_severity})" if by_severity else "")
        text += f" in {plural(self.exchanges, 'exchange')} of {plural(len(self.services), 'service')}"
        if self.suppressed:
            text += f"; {plural(self.suppressed, 'finding')} suppressed"
        for reason, count in sorted(self.unseen.items()):
            text += f"; {plural(count, 'body')} {reason.replace('_', ' ')}"
        for rule, count in sorted(self.faults.items()):
            text += f"; {plural(count, 'fault')} of {rule}"
        return text
