"""What each rule does on a folder of captures. In such a folder a capture stands for a service."""

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
    """A hand-made judgement of one exchange: names of what must and what must not be reported."""

    har: str
    index: int
    expect: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()


class Tally(msgspec.Struct):
    """What one rule did.

    ``hits`` are labelled exchanges on which it found what was expected, ``breaches`` those on which it found what
    was forbidden; notes are not held against it.
    """

    opportunities: int = 0
    findings: int = 0
    services: set[str] = msgspec.field(default_factory=set)
    hits: int = 0
    breaches: int = 0


class Report(msgspec.Struct):
    """The tallies by rule, and what they are out of."""

    exchanges: int
    services: int
    faults: int
    rules: dict[str, Tally]

    def as_json(self) -> str:
        """Aggregated numbers only, keys sorted."""
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
        """A table for people."""
        width = max((len(name) for name in self.rules), default=4)
        yield f"{'rule':{width}} opportunities findings services  labels hit  traps breached"
        for name, tally in sorted(self.rules.items()):
            yield (
                f"{name:{width}} {tally.opportunities:13,} {tally.findings:8,} {len(tally.services):8,}"
                f" {tally.hits:11,} {tally.breaches:15,}"
            )
        yield f"{self.exchanges:,} exchanges of {self.services:,} services; {self.faults:,} faults of rules"


def labels_of(folder: Path) -> tuple[dict[tuple[str, int], Label], Mapping[str, frozenset[str]]]:
    """The labels by place, and label name → rules that stand for it; both empty where the folder has none.

    :raises ValueError: they are malformed.
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
    labels, stand_for = labels_of(folder)
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
        label = labels.get((file, index))
        for name in {found.rule for found in audit.findings}:
            tally = rules[name]
            tally.findings += 1
            tally.services.add(file)
            if label is not None:
                loud = any(found.rule == name and found.severity > Severity.INFO for found in audit.findings)
                tally.hits += any(name in stand_for.get(wanted, ()) for wanted in label.expect)
                tally.breaches += loud and any(name in stand_for.get(trap, ()) for trap in label.forbid)
    return Report(exchanges, len(services), faults, rules)
