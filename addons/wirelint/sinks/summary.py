"""The summary that a proxy prints when it stops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from rich.text import Text

from wirelint.core.finding import Severity
from wirelint.sinks.journal import Journal
from wirelint.sinks.text import plural, printable, severity

_MOST_SERVICES: Final = 20
_MOST_FINDINGS: Final = 10
_HEADS: Final = ("service", "exchanges", "lied", "5xx sent", "5xx true", "hidden 4xx", "findings")

_UNSAVED: Final = {
    "full": "the file is full (--save-size)",
    "backlog": "more came than could be written",
    "unwritable": "the file could not be written",
    "fault": "a fault of wirelint's own",
}

Row = list[Text | str]


class Losses(Protocol):
    """The proxy's counts of exchanges that were not audited."""

    @property
    def unsampled(self) -> int:
        """Return the number of exchanges outside the sample."""

    @property
    def hung(self) -> int:
        """Return the number of requests without a response head in time."""

    @property
    def dropped(self) -> Mapping[str, int]:
        """Return exchanges that were not audited, by reason."""

    @property
    def skipped(self) -> Mapping[str, int]:
        """Return exchanges that say nothing about a service, by reason."""

    @property
    def faults(self) -> Mapping[str, int]:
        """Return internal faults, by place."""


def services(journal: Journal) -> list[Row]:
    """Return a table of services, the busiest first, with a row of heads.

    Columns: exchanges; responses whose status is not true; server errors that the status reports (no response counts as
    reported) and that happened; client errors under a status of success; findings.
    """
    now = journal.services()
    rows: list[Row] = [list(_HEADS)]
    ranked = sorted(now["services"], key=lambda each: (-each["exchanges"], each["service"]))
    rows += [_service(printable(each["service"]), each) for each in ranked[:_MOST_SERVICES]]
    if len(ranked) > _MOST_SERVICES:
        rows.append([f"and {len(ranked) - _MOST_SERVICES} more", *[""] * (len(_HEADS) - 1)])
    if len(ranked) > 1:
        rows.append(_service("all", now["totals"]))
    return rows


def overview(journal: Journal, seconds: float) -> str:
    """Return one sentence about a whole run.

    :param seconds: how long it took.
    """
    now = journal.services()
    totals = now["totals"]
    ranked, more = gravest(journal)
    counts = Counter(Severity[each["severity"].upper()] for each in ranked)
    levels = ", ".join(f"{counts[level]:,} {level}" for level in sorted(counts, reverse=True))
    text = f"wirelint: {plural(totals['exchanges'], 'exchange')} of {plural(len(now['services']), 'service')}"
    text += f" in {_duration(seconds)}, {totals['lied']:,} lied; {plural(len(ranked) + more, 'kind')} of findings"
    return f"{text} ({levels})" if levels else text


def findings(journal: Journal, width: int) -> list[Text]:
    """Return lines about findings with a header, the most severe and frequent first; empty if there are none.

    :param width: most columns of a line.
    """
    ranked, more = gravest(journal)
    if not ranked:
        return []
    shown = ranked[:_MOST_FINDINGS]
    places = max(len("times"), *(len(f"{each['count']:,}") for each in shown))
    lines = [Text(f"{'times':>{places}}  severity  finding", "bold")]
    indent = places + len("  severity  ")
    for each in shown:
        line = Text(f"{each['count']:>{places},}  ")
        line.append_text(severity(Severity[each["severity"].upper()], len("severity"))).append("  ")
        where = _where(each, width - indent)
        rule = Text(each["rule"], "cyan")
        if indent + where.cell_len + 2 + rule.cell_len <= width:
            lines.append(line.append_text(where).append("  ").append_text(rule))
        else:
            lines += [line.append_text(where), Text(" " * indent).append_text(rule)]
    more += len(ranked) - len(shown)
    if more:
        lines.append(Text(f"{' ' * indent}and {more:,} more"))
    return lines


def _where(finding: Mapping[str, Any], room: int) -> Text:
    """Return service, method, route and statuses; a long route is shortened."""
    sent = "no response" if finding["status"] is None else str(finding["status"])
    expected = f" → {finding['suggested_status']}" if finding["suggested_status"] is not None else ""
    place = f"{printable(finding['service'])} {finding['method']} {printable(finding['route'])}"
    left = room - len(f"  {sent}{expected}")
    text = Text(place if len(place) <= left else f"{place[: left - 1]}…")
    return text.append(f"  {sent}{expected}", "bold")


def _duration(seconds: float) -> str:
    """Return ``42 s``, ``5 min`` or ``3 h 20 min``."""
    minutes = int(seconds // 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def states(journal: Journal) -> Iterator[str]:
    """Yield sentences about services that cannot be reached, whose clients left, or whose protocol reports errors."""
    now = journal.services()
    for each in now["unreachable"][:_MOST_SERVICES]:
        count = plural(each["count"], "exchange")
        yield f"{printable(each['service'])}: cannot connect to {printable(each['address'])}, {count} failed"
    for each in sorted(now["services"], key=lambda each: each["service"])[:_MOST_SERVICES]:
        name = printable(each["service"])
        if each["abandoned"]:
            yield (
                f"{name}: {plural(each['abandoned'], 'exchange')} abandoned, clients waited"
                f" {each['waited']:.1f} s on average"
            )
        if each["protocol_errors"]:
            yield f"{name}: {plural(each['protocol_errors'], 'error')} reported as its protocol does, under success"
        if each["unknown"] > each["abandoned"]:
            yield f"{name}: the outcome of {plural(each['unknown'] - each['abandoned'], 'exchange')} is unknown"


def gravest(journal: Journal) -> tuple[list[dict[str, Any]], int]:
    """Return findings, the most severe and frequent first, and the number of evicted kinds."""
    snapshot = journal.snapshot()
    ranked = sorted(
        snapshot["findings"],
        key=lambda each: (-Severity[each["severity"].upper()], -each["count"], each["service"], each["fingerprint"]),
    )
    return ranked, snapshot["forgotten"]


def losses(stats: Losses, unshown: int = 0) -> Iterator[str]:
    """Yield sentences about unaudited exchanges and internal faults."""
    for reason, count in stats.dropped.items():
        if count:
            yield f"{plural(count, 'exchange')} not audited: {reason.replace('_', ' ')}"
    for reason, count in stats.skipped.items():
        if count:
            yield f"{plural(count, 'exchange')} passed over: {reason.replace('_', ' ')}"
    if stats.unsampled:
        yield f"{plural(stats.unsampled, 'exchange')} not in the sample"
    if stats.hung:
        yield f"{plural(stats.hung, 'request')} had no response head in time"
    for place, count in stats.faults.items():
        if count:
            yield f"{plural(count, 'fault')} of wirelint's own: {place}"
    if unshown:
        yield f"{plural(unshown, 'finding')} not shown above"


class Saved(Protocol):
    """The counts of exchanges written to a file."""

    @property
    def saved(self) -> int:
        """Return the number of saved exchanges."""

    @property
    def lost(self) -> Mapping[str, int]:
        """Return the number of others, by reason."""

    @property
    def partly(self) -> int:
        """Return the number of exchanges saved without all of their content."""


def saving(saver: Saved, path: str, *, masked: bool) -> Iterator[str]:
    """Yield sentences about what was saved to a file, and what was not."""
    yield f"{plural(saver.saved, 'exchange')} saved to {path}, {'masked' if masked else 'with their secrets'}"
    if saver.partly:
        yield f"{plural(saver.partly, 'exchange')} saved without all content: cut off, or longer than --body-limit"
    for reason, count in saver.lost.items():
        if count:
            yield f"{plural(count, 'exchange')} not saved: {_UNSAVED[reason]}"


def _service(name: str, totals: Mapping[str, Any]) -> Row:
    lied = totals["lied"]
    return [
        name,
        f"{totals['exchanges']:,}",
        Text(f"{lied:,}", "bold magenta" if lied else ""),
        f"{totals['reported']:,}",
        f"{totals['true']:,}",
        f"{totals['hidden_client']:,}",
        f"{totals['findings']:,}",
    ]
