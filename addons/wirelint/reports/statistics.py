"""Write tables: services, how often each rule could have fired and did, outcomes by status class, learned settings."""

from __future__ import annotations

from collections import Counter
from typing import Final, TextIO

from rich.text import Text

from wirelint.core.audit import Audit
from wirelint.core.verdict import Verdict
from wirelint.history.envelopes import Envelopes
from wirelint.reports import Report, Run
from wirelint.sinks.console import Printer
from wirelint.sinks.journal import Journal
from wirelint.sinks.summary import services
from wirelint.sinks.text import printable, severity

_RIGHT: Final = frozenset({2, 3, 4, 5})
_AGREEING: Final = frozenset(
    {
        *((status, Verdict.OK) for status in ("1xx", "2xx", "3xx")),
        ("4xx", Verdict.CLIENT_ERROR),
        ("5xx", Verdict.SERVER_ERROR),
    }
)


class Statistics(Report):
    """Counts per service, per rule and per status class."""

    def __init__(self, run: Run, stream: TextIO) -> None:
        super().__init__(run, stream)
        self._opportunities: Counter[str] = Counter()
        self._findings: Counter[str] = Counter()
        self._found_in: dict[str, set[str]] = {}
        self._outcomes: Counter[tuple[str, Verdict]] = Counter()
        self._services = Journal(fingerprints=1, examples=1)

    def accept(self, audit: Audit) -> None:
        """Count an exchange and its findings."""
        status = audit.exchange.status
        self._services.accept(audit)
        self._outcomes["none" if status is None else f"{status // 100}xx", audit.verdict] += 1
        self._opportunities.update(rule.id for rule in audit.plan.rules)
        for finding in audit.findings:
            self._findings[finding.rule] += 1
            self._found_in.setdefault(finding.rule, set()).add(finding.service)

    def finish(self) -> None:
        """Write the tables; that of learned settings only if there are any."""
        printer = Printer(self.stream)
        printer.table(services(self._services), right=frozenset(range(1, 7)))
        printer.line("")
        printer.table(self._of_rules(), right=_RIGHT)
        printer.line("")
        printer.table(self._of_outcomes(), right=frozenset({1, 2, 3, 4}))
        printer.line("")
        learned = self._of_learned()
        if len(learned) > 1:
            printer.table(learned, right=frozenset())
            printer.line("")

    def _of_rules(self) -> list[list[Text | str]]:
        findings, opportunities = self._findings, self._opportunities
        rows: list[list[Text | str]] = [["rule", "severity", "findings", "of", "rate", "services"]]
        for rule in sorted(self.run.rules, key=lambda rule: (-findings[rule.id], -opportunities[rule.id], rule.id)):
            found, could = findings[rule.id], opportunities[rule.id]
            rate = f"{found / could:.1%}" if found and could else ""
            places = f"{len(self._found_in.get(rule.id, ())):,}"
            rows.append([rule.id, severity(rule.severity), f"{found:,}", f"{could:,}", rate, places])
        return rows

    def _of_learned(self) -> list[list[Text | str]]:
        """Return the members that mark success, by service, as settings."""
        rows: list[list[Text | str]] = [["service", "marks success", "setting"]]
        known = () if self.run.past is None else self.run.past.recall(Envelopes).learned()
        for each in known:
            setting = "" if each.condition is None else f'error-when = ["{each.condition}"]'
            rows.append([printable(each.service), printable(f"{each.member}: {each.marks}"), setting])
        return rows

    def _of_outcomes(self) -> list[list[Text | str]]:
        rows: list[list[Text | str]] = [["reported", *(verdict.replace("_", " ") for verdict in Verdict)]]
        for status in sorted({status for status, _ in self._outcomes}):
            cells = [self._cell(status, verdict) for verdict in Verdict]
            rows.append(["no response" if status == "none" else status, *cells])
        return rows

    def _cell(self, status: str, verdict: Verdict) -> Text:
        count = self._outcomes[status, verdict]
        agrees = (status, verdict) in _AGREEING
        style = "dim" if not count else "" if agrees or status == "none" else "bold magenta"
        return Text(f"{count:,}" if count else "–", style)  # noqa: RUF001 - a dash for nothing


REPORT: Final = Statistics
