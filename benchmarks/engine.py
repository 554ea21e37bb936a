"""Measure the cost of an audit in microseconds per exchange: ``python -m benchmarks.engine [CAPTURE…]``.

This includes metrics and journal, as for live traffic.

Each exchange is created before the clock starts, because its views (index of fields, parsed JSON) are computed on first
use and kept; computing them is part of the measurement. Each has its own trace. A thousand follow each other in a
second of their clock, over five hundred resources, because the engine remembers exchanges.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import passes
from benchmarks.peers import available, lint
from benchmarks.samples import Sample, samples
from benchmarks.timing import counted, fresh, microseconds
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange

_BATCH: Final = 250
_BATCHES: Final = 40


class Cost(NamedTuple):
    """Microseconds per exchange of a kind: median and fastest of all batches, and the number of findings.

    ``peer`` is httplint's median for the same.
    """

    name: str
    median: float
    best: float
    findings: int
    peer: float


def measure(engine: Engine, sample: Sample, *, batch: int = _BATCH, batches: int = _BATCHES) -> Cost:
    """Time ``batches`` batches of ``batch`` new exchanges of one kind."""
    findings = len(engine.audit(sample.make()).findings)
    taken = _batches(counted(engine), sample, batch, batches)
    # httplint is slow enough that fewer suffice.
    peers = _batches(lint, sample, max(1, batch // 10), max(1, batches // 4)) if available() else [0.0]
    return Cost(sample.name, statistics.median(taken), min(taken), findings, statistics.median(peers))


def _batches(audit: Callable[[Exchange], object], sample: Sample, batch: int, batches: int) -> list[float]:
    return [microseconds(audit, [sample.make() for _ in range(batch)]) / batch for _ in range(batches)]


def table(costs: Sequence[Cost]) -> str:
    """Return the costs as Markdown."""
    lines = ["| exchange | findings | median µs | best µs | httplint, median µs | ratio |", "|---|--:|--:|--:|--:|--:|"]
    lines += [
        f"| {cost.name} | {cost.findings} | {cost.median:.1f} | {cost.best:.1f} | {cost.peer:.1f}"
        f" | {cost.peer / cost.median:.1f} |"
        if cost.peer
        else f"| {cost.name} | {cost.findings} | {cost.median:.1f} | {cost.best:.1f} | not installed | |"
        for cost in costs
    ]
    return "\n".join(lines)


def measured(captures: Sequence[Path] = (), only: str = "", *, rounds: int = 1) -> tuple[str, dict[str, Any]]:
    """Return the costs of all kinds, and of recorded exchanges if given, as Markdown and for programs.

    Figures are in microseconds; None if httplint is not installed.

    :param captures: files and folders.
    :param rounds: passes over the recorded exchanges, each in its own process.
    :raises BenchmarkError: such a process failed.
    """
    engine = fresh()
    costs = [measure(engine, sample) for sample in samples() if only in sample.name]
    over = passes.passes(captures, rounds) if captures else []
    text = f"{len(engine.rules)} rules.\n\n{table(costs)}\n\n{passes.table(over)}".rstrip()
    kinds = {each.name: {"median": round(each.median, 2), "peer": round(each.peer, 1) or None} for each in costs}
    return text, {"kinds": kinds, "recorded": passes.figures(over)}


def main() -> None:
    """Print the costs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description="The engine, metrics, journal.")
    parser.add_argument("captures", nargs="*", type=Path, metavar="CAPTURE", help="recorded traffic: files, folders")
    parser.add_argument("--only", default="", metavar="TEXT", help="only kinds whose name has this in it")
    parser.add_argument("--rounds", type=int, default=1, help="over recorded traffic (default: %(default)s)")
    options = parser.parse_args()
    print(measured(options.captures, options.only, rounds=options.rounds)[0])


if __name__ == "__main__":
    main()
