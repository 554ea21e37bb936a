"""What the engine alone costs, in microseconds an exchange: ``python -m benchmarks.engine [CAPTURE…]``.

Each exchange is made anew before the clock starts, for its views (index of fields, parsed JSON) are made on first use
and kept; making them is part of what is measured. Each has a trace of its own, a thousand follow each other in a
second of their clock, and they go round five hundred resources, for the engine remembers what it saw.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.machine import compiled
from benchmarks.peers import available, lint
from benchmarks.processes import BenchmarkError
from benchmarks.recorded import captures_in, recorded, renewed
from benchmarks.samples import Sample, samples
from wirelint import policy
from wirelint.config import Config
from wirelint.core.audit import Audit
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Severity
from wirelint.core.scoped import engine_for
from wirelint.rules import catalogue

_BATCH: Final = 250
_BATCHES: Final = 40
_MOST_CAPTURED: Final = 20_000
_READ_AT_ONCE: Final = 1000
_ROOT: Final = Path(__file__).parents[1]


class Cost(NamedTuple):
    """Microseconds for each exchange of a kind: median and fastest of all batches; how many findings each had.

    ``peer`` is what httplint's median (of captures, mean) is for the same.
    """

    name: str
    median: float
    best: float
    findings: int
    peer: float


def measure(engine: Engine, sample: Sample, *, batch: int = _BATCH, batches: int = _BATCHES) -> Cost:
    """Time ``batches`` batches of ``batch`` new exchanges of one kind."""
    findings = len(engine.audit(sample.make()).findings)
    taken = _batches(engine.audit, sample, batch, batches)
    # httplint takes long enough for fewer to do.
    peers = _batches(lint, sample, max(1, batch // 10), max(1, batches // 4)) if available() else [0.0]
    return Cost(sample.name, statistics.median(taken), min(taken), findings, statistics.median(peers))


def _batches(audit: Callable[[Exchange], object], sample: Sample, batch: int, batches: int) -> list[float]:
    return [_time(audit, [sample.make() for _ in range(batch)]) / batch for _ in range(batches)]


def measure_captures(engine: Engine, paths: Iterable[Path]) -> Cost | None:
    """Time each recorded exchange once; None where there is none to be read. It is let go afterwards, as live ones are.

    A thousand are read at a time, and the engine has all of them before httplint has: taken by turns, or right after a
    file was read, each would find the processor's caches full of something else. The median is over exchanges, ``best``
    is their mean: a mean shows what the few dear ones add.
    """
    taken: list[float] = []
    peers: list[float] = []
    findings = 0
    exchanges = itertools.islice(itertools.chain.from_iterable(map(recorded, paths)), _MOST_CAPTURED)
    for some in itertools.batched(exchanges, _READ_AT_ONCE):
        for exchange in some:
            audits: list[Audit] = []
            taken.append(_time(partial(_note, engine, audits), (renewed(exchange),)))
            findings += any(each.severity >= Severity.MEDIUM for each in audits[0].findings)
        peers += [_time(lint, (exchange,)) if available() else 0.0 for exchange in some]
    if not taken:
        return None
    name = f"{len(taken)} recorded exchanges"
    return Cost(name, statistics.median(taken), statistics.fmean(taken), findings, statistics.fmean(peers))


def _note(engine: Engine, audits: list[Audit], exchange: Exchange) -> None:
    audits.append(engine.audit(exchange))


def _time(audit: Callable[[Exchange], object], exchanges: Sequence[Exchange]) -> float:
    """Microseconds for all of ``exchanges``."""
    gc.disable()
    try:
        begun = time.perf_counter()
        for exchange in exchanges:
            audit(exchange)
        return (time.perf_counter() - begun) * 1e6
    finally:
        gc.enable()


def not_compiled(captures: Iterable[Path]) -> Cost | None:
    """What recorded exchanges cost in a process whose engine is not the compiled one; None where there are none.

    :raises BenchmarkError: that process failed.
    """
    named = (str(path.absolute()) for path in captures)
    command = [sys.executable, "-m", "benchmarks.engine", "--not-compiled", *named]
    # A folder named there comes before any that something was installed into.
    env = {**os.environ, "PYTHONPATH": str(_ROOT / "addons")}
    run = subprocess.run(command, env=env, cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if run.returncode:
        raise BenchmarkError(f"the engine that is not compiled cannot be measured:\n{run.stderr[-2000:]}")
    told = json.loads(run.stdout)
    return None if told is None else Cost(**told)


def table(costs: Sequence[Cost], captured: Cost | None, beside: Cost | None = None) -> str:
    """The costs as Markdown.

    :param beside: what ``captured`` is in the form that is not compiled.
    """
    lines = ["| exchange | findings | median µs | best µs | httplint, median µs | ratio |", "|---|--:|--:|--:|--:|--:|"]
    lines += [
        f"| {cost.name} | {cost.findings} | {cost.median:.1f} | {cost.best:.1f} | {cost.peer:.1f}"
        f" | {cost.peer / cost.median:.1f} |"
        if cost.peer
        else f"| {cost.name} | {cost.findings} | {cost.median:.1f} | {cost.best:.1f} | not installed | |"
        for cost in costs
    ]
    if captured is not None:
        spent = f"mean {captured.best:.1f} µs, median {captured.median:.1f} µs"
        found = f"{captured.findings} of them with a finding of severity medium or high"
        peer = f"httplint on the same: mean {captured.peer:.1f} µs, {captured.peer / captured.best:.1f} times as long"
        lines += ["", f"{captured.name}, each once: {spent}; {found}. {peer}."]
        if beside is not None:
            slower = f"{beside.best / captured.best:.1f} times as long"
            spent = f"mean {beside.best:.1f} µs, median {beside.median:.1f} µs; {slower}"
            lines += ["", f"The same, not compiled: {spent}; {beside.findings} with such a finding."]
    return "\n".join(lines)


def measured(captures: Sequence[Path] = (), only: str = "") -> tuple[list[Cost], Cost | None, int]:
    """The costs of all kinds, that of recorded exchanges where there are any, and the number of rules."""
    engine = fresh()
    costs = [measure(engine, sample) for sample in samples() if only in sample.name]
    return costs, measure_captures(fresh(), captures) if captures else None, len(engine.rules)


def fresh() -> Engine:
    """An engine as ``wirelint proxy`` has it where nothing is set."""
    return engine_for(policy.build(catalogue(), policy.Wanted(), Config(), now=time.time()))


def figures(costs: Sequence[Cost], captured: Cost | None, beside: Cost | None = None) -> dict[str, Any]:
    """The same for programs, in microseconds; None where httplint is not installed, or no capture was given.

    :param beside: see ``table``.
    """
    return {
        "kinds": {each.name: {"median": round(each.median, 2), "peer": round(each.peer, 1) or None} for each in costs},
        "captured": _recorded_figures(captured),
        "captured_not_compiled": _recorded_figures(beside),
    }


def _recorded_figures(cost: Cost | None) -> dict[str, Any] | None:
    if cost is None:
        return None
    return {"name": cost.name, "mean": round(cost.best, 2), "peer": round(cost.peer, 1) or None}


def main() -> None:
    """Print the costs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description="The engine alone.")
    parser.add_argument("captures", nargs="*", type=Path, metavar="CAPTURE", help="recorded traffic: files, folders")
    parser.add_argument("--only", default="", metavar="TEXT", help="only kinds whose name has this in it")
    parser.add_argument("--not-compiled", action="store_true", help="only the captures, as JSON; fail if compiled")
    options = parser.parse_args()
    captures = captures_in(options.captures)
    if options.not_compiled:
        if compiled():
            parser.error("the engine is compiled here")
        cost = measure_captures(fresh(), captures)
        print(json.dumps(cost and cost._asdict()))
        return
    costs, captured, rules = measured(captures, options.only)
    print(f"{rules} rules.\n\n{table(costs, captured)}")


if __name__ == "__main__":
    main()
