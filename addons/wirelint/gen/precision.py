"""Write ``docs/precision.md`` from the figures that ``python -m benchmarks.precision`` measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wirelint.core.rule import Rule

Figures = Mapping[str, Any]
"""The report of one set: ``exchanges``, ``services``, and the figures of each rule below ``rules``."""

_INTRODUCTION: Final = """\
How often each rule fires, and how often it is right, on two sets of traffic with a truth that was written by hand.
`make precision CORPUS=folder LIVE=folder` measures it. The recorded content is not published; the numbers are.

- **Opportunities** are exchanges that the rule looks at. **Findings** are those at which it fired.
- **Hits** are findings at a fault of the truth that the rule is meant to find.
- **Breaches** are findings above a note at a trap: an exchange that looks wrong and is right.
- A finding that is neither is not judged by the truth.

In all: {headline}.

## What the truth is

**Recorded**: {recorded_exchanges} exchanges of {recorded_services} public services, from the recordings of test suites.
Labels name the exchanges with a fault, and those that a naive auditor would take for faulty. Most of these services
were known while rules were made.

**Live**: {live_exchanges} exchanges with 48 real servers, driven by their own clients and by hand, in {live_services}
recordings: gateways, databases, infrastructure APIs, RPC servers and applications. For each server the truth lists what
is wrong, what is right in spite of its looks, and what is debatable, read against the recorded bodies and the
specifications, before the findings were compared. Debatable exchanges count as neither.

## Limits

Few faults of one kind are in either set, so a rule with three hits and no breach is not proven to be right. Test suites
provoke errors that real clients seldom meet. Rules with no opportunity here were tried on their examples, on everyday
conversations that must stay silent, and on made-up traffic alone.
"""


def page(rules: Sequence[Rule], recorded: Figures, live: Figures) -> str:
    """Return the page as Markdown.

    :param rules: by family and id.
    :param recorded: ``docs/corpus.json``.
    :param live: ``docs/live.json``.
    """
    introduction = _INTRODUCTION.format(
        recorded_exchanges=f"{recorded['exchanges']:,}",
        recorded_services=f"{recorded['services']:,}",
        live_exchanges=f"{live['exchanges']:,}",
        live_services=f"{live['services']:,}",
        headline=headline(recorded, live),
    )
    lines = ["<!-- written by make gen -->", "", "# Precision", "", introduction.rstrip(), "", "## By rule", "", *_HEAD]
    lines += [row for rule in rules if (row := _row(rule, recorded, live))]
    lines += [f"| **all** | {_cells(_sum(recorded))} | {_cells(_sum(live))} |", ""]
    if silent := [f"`{rule.id}`" for rule in rules if not _row(rule, recorded, live)]:
        lines += ["No opportunity in either set: " + ", ".join(silent) + ".", ""]
    return "\n".join(lines)


def headline(recorded: Figures, live: Figures) -> str:
    """Return one sentence with the totals."""
    hits, breaches = (_sum(recorded)[name] + _sum(live)[name] for name in ("hits", "breaches"))
    return f"{hits:,} faults found and {breaches:,} false alarms at traps of a truth written by hand"


_HEAD: Final = (
    "| | recorded | | | | live | | | |",
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    "| rule | opportunities | findings | hits | breaches | opportunities | findings | hits | breaches |",
)
_NAMES: Final = ("opportunities", "findings", "hits", "breaches")


def _row(rule: Rule, recorded: Figures, live: Figures) -> str:
    """The figures of one rule; empty if it had no opportunity."""
    sets = [figures["rules"].get(rule.id, dict.fromkeys(_NAMES, 0)) for figures in (recorded, live)]
    if not any(each["opportunities"] for each in sets):
        return ""
    return f"| [{rule.id}](rules.md#{rule.id}) | {_cells(sets[0])} | {_cells(sets[1])} |"


def _cells(figures: Mapping[str, int]) -> str:
    return " | ".join(f"{figures[name]:,}" for name in _NAMES)


def _sum(figures: Figures) -> dict[str, int]:
    return {name: sum(each[name] for each in figures["rules"].values()) for name in _NAMES}
