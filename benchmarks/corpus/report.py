"""Report the results of each rule on a folder of captures, one service per capture."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.corpus.outcome import engine
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Severity


class Label(msgspec.Struct, frozen=True):
    """A manual label of one exchange: names of required and forbidden reports."""

    har: str
    index: int
    expect: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()


class Tally(msgspec.Struct):
    """The results of one rule.

    ``hits`` are labelled exchanges with an expected finding, ``breaches`` those with a forbidden one; notes do not
    count as breaches.
    """

    opportunities: int = 0
    findings: int = 0
    services: set[str] = msgspec.field(default_factory=set)
    hits: int = 0
    breaches: int = 0


class Report(msgspec.Struct):
    """The results by rule, and the totals."""

    exchanges: int
    services: int
    faults: int
    rules: dict[str, Tally]

    def as_json(self) -> str:
        """Return aggregated numbers only, with sorted keys."""
        rules = {
            name: {
                "breaches": tally.breaches,
                "findings": tally.findings,
                "hits": tally.hits,
                "opportunities": tally.opportunities,
                "services": len(tally.services),
            }
            for name, tally in self.rules.items()
        }
        whole: dict[str, Any] = {"exchanges": self.exchanges, "rules": rules, "services": self.services}
        return json.dumps(whole, indent=2, sort_keys=True) + "\n"

    def lines(self) -> Iterable[str]:
        """Return a table for people."""
        width = max((len(name) for name in self.rules), default=4)
        yield f"{'rule':{width}} opportunities findings services  labels hit  traps breached"
        for name, tally in sorted(self.rules.items()):
            yield (
                f"{name:{width}} {tally.opportunities:13,} {tally.findings:8,} {len(tally.services):8,}"
                f" {tally.hits:11,} {tally.breaches:15,}"
            )
        yield f"{self.exchanges:,} exchanges of {self.services:,} services; {self.faults:,} faults of rules"


def labels_of(folder: Path) -> tuple[dict[tuple[str, int], Label], Mapping[str, frozenset[str]]]:
    """Return the labels by place, and the rules of each label name; both empty if the folder has none.

    :raises ValueError: the labels are malformed.
    """
    labels, names = folder / "labels.jsonl", folder / "label-map.json"
    if not (labels.is_file() and names.is_file()):
        return {}, {}
    found = msgspec.json.Decoder(Label).decode_lines(labels.read_bytes())
    stand_for = msgspec.json.decode(names.read_bytes(), type=dict[str, frozenset[str]])
    return {(label.har, label.index): label for label in found}, stand_for


def report(recorded: Iterable[tuple[str, int, Exchange]], folder: Path) -> Report:
    """Audit everything and count.

    :raises ValueError: the folder's labels are malformed.
    """
    return count(recorded, *labels_of(folder))


def count(
    recorded: Iterable[tuple[str, int, Exchange]],
    labels: Mapping[tuple[str, int], Label],
    stand_for: Mapping[str, frozenset[str]],
) -> Report:
    """Audit everything and count.

    :param labels: by file and position in it.
    :param stand_for: the rules of each label name.
    """
    auditor = engine()
    rules = {rule.id: Tally() for rule in auditor.rules}
    services: set[str] = set()
    exchanges = faults = 0
    for file, index, exchange in recorded:
        exchanges += 1
        services.add(file)
        audit = auditor.audit(exchange)
        faults += len(audit.faults)
        for rule in audit.plan.rules:
            rules[rule.id].opportunities += 1
        # A finding may be about an earlier exchange. Its severity decides whether it is more than a note.
        loudest: dict[tuple[str, int], Severity] = {}
        for found in audit.findings:
            place = (found.rule, index if found.origin is None else found.origin.index)
            loudest[place] = max(found.severity, loudest.get(place, Severity.INFO))
        for (name, at), severity in loudest.items():
            tally = rules[name]
            tally.findings += 1
            tally.services.add(file)
            label = labels.get((file, at))
            if label is not None:
                tally.hits += any(name in stand_for.get(wanted, ()) for wanted in label.expect)
                loud = severity > Severity.INFO
                tally.breaches += loud and any(name in stand_for.get(trap, ()) for trap in label.forbid)
    return Report(exchanges, len(services), faults, rules)
