"""``--statistics``: how often each rule could have fired and did, and what statuses were worth."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.text import Text

from wirelint.cli.console import Printer
from wirelint.core.rule import Rule
from wirelint.core.verdict import Verdict
from wirelint.sinks.text import severity
from wirelint.tally import Tally

_RIGHT: Final = frozenset({2, 3, 4})
_AGREEING: Final = frozenset(
    {
        *((status, Verdict.OK) for status in ("1xx", "2xx", "3xx")),
        ("4xx", Verdict.CLIENT_ERROR),
        ("5xx", Verdict.SERVER_ERROR),
    }
)


def show(printer: Printer, tally: Tally, rules: Iterable[Rule]) -> None:
    """Print both tables."""
    rows: list[list[Text | str]] = [["rule", "severity", "findings", "opportunities", "services"]]
    for rule in sorted(rules, key=lambda rule: (-tally.findings[rule.id], -tally.opportunities[rule.id], rule.id)):
        services = len(tally.found_in.get(rule.id, ()))
        counts = (tally.findings[rule.id], tally.opportunities[rule.id], services)
        rows.append([rule.id, severity(rule.severity), *(f"{count:,}" for count in counts)])
    printer.table(rows, right=_RIGHT)
    printer.line("")
    rows = [["reported", *(verdict.replace("_", " ") for verdict in Verdict)]]
    for status in sorted({status for status, _ in tally.outcomes}):
        cells = [_cell(tally, status, verdict) for verdict in Verdict]
        rows.append(["no response" if status == "none" else status, *cells])
    printer.table(rows, right=frozenset({1, 2, 3, 4}))
    printer.line("")


def _cell(tally: Tally, status: str, verdict: Verdict) -> Text:
    count = tally.outcomes[status, verdict]
    agrees = (status, verdict) in _AGREEING
    style = "dim" if not count else "" if agrees or status == "none" else "bold magenta"
    return Text(f"{count:,}" if count else "–", style)  # noqa: RUF001 - a dash for nothing
