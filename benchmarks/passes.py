"""Measure the cost of an audit of recorded traffic: ``python -m benchmarks.passes FOLDER`` makes one pass.

This includes metrics and journal, as for live traffic.

Each exchange counts once, seen for the first time. So every pass is a separate process, without warm caches.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.peers import available, lint
from benchmarks.processes import BenchmarkError
from benchmarks.recorded import captures_in, recorded, renewed
from benchmarks.timing import counted, fresh, microseconds
from wirelint.core.audit import Audit
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Severity

_MOST: Final = 20_000
_READ_AT_ONCE: Final = 1000
_ROOT: Final = Path(__file__).parents[1]


class Pass(NamedTuple):
    """One pass over recorded traffic: microseconds per exchange.

    ``found`` is the number with a finding of severity medium or high; ``peer`` is httplint's mean, 0 if it is missing.
    """

    exchanges: int
    found: int
    mean: float
    median: float
    peer: float


def through(engine: Engine, exchanges: Iterable[Exchange]) -> Pass | None:
    """Time each exchange once; return None if there is none. Exchanges are released afterwards, like live ones.

    A thousand are read at a time, and the engine audits all of them before httplint does: by turns, or right after
    reading a file, each would find other data in the processor's caches.

    :param exchanges: exchanges that were never audited.
    """
    consume = counted(engine)
    taken: list[float] = []
    peers: list[float] = []
    found = 0
    for some in itertools.batched(itertools.islice(exchanges, _MOST), _READ_AT_ONCE):
        for exchange in some:
            audits: list[Audit] = []
            taken.append(microseconds(partial(_note, consume, audits), (renewed(exchange),)))
            found += any(each.severity >= Severity.MEDIUM for each in audits[0].findings)
        peers += [microseconds(lint, (exchange,)) if available() else 0.0 for exchange in some]
    if not taken:
        return None
    return Pass(len(taken), found, statistics.fmean(taken), statistics.median(taken), statistics.fmean(peers))


def _note(consume: Callable[[Exchange], Audit], audits: list[Audit], exchange: Exchange) -> None:
    audits.append(consume(exchange))


def passes(captures: Iterable[Path], rounds: int) -> list[Pass]:
    """Make passes over recorded traffic, each in its own process.

    :param captures: files and folders; without readable exchanges, there is no pass.
    :raises BenchmarkError: a process failed.
    """
    paths = [str(path.absolute()) for path in captures]
    return [one for _ in range(rounds) if (one := _single_pass(paths)) is not None]


def _single_pass(paths: Sequence[str]) -> Pass | None:
    command = [sys.executable, "-m", "benchmarks.passes", *paths]
    run = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if run.returncode:
        raise BenchmarkError(f"recorded traffic cannot be measured:\n{run.stderr[-2000:]}")
    one = json.loads(run.stdout)
    return None if one is None else Pass(**one)


def table(found: Sequence[Pass]) -> str:
    """Return the passes as Markdown; empty if there are none."""
    if not found:
        return ""
    one = figures(found)
    beside = "not installed | |" if one["peer"] is None else f"{one['peer']:.1f} | {one['ratio']:.1f} |"
    first = found[0]
    what = f"{first.exchanges} recorded exchanges, each once, {first.found} with a finding of severity medium or high"
    lines = [
        f"{what}. Medians of {len(found)} rounds, of ratios, too:",
        "",
        "| mean µs | median µs | httplint, mean µs | ratio |",
        "|--:|--:|--:|--:|",
        f"| {one['mean']:.1f} | {one['median']:.1f} | {beside}",
    ]
    return "\n".join(lines)


def figures(found: Sequence[Pass]) -> dict[str, Any]:
    """Return the same for programs, empty if there are none; ``peer`` and ``ratio`` are None without httplint."""
    if not found:
        return {}
    return {
        "mean": round(statistics.median(each.mean for each in found), 2),
        "median": round(statistics.median(each.median for each in found), 2),
        "peer": round(statistics.median(each.peer for each in found), 1) or None,
        "ratio": round(statistics.median(each.peer / each.mean for each in found), 2) or None,
    }


def main() -> None:
    """Print one pass, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.passes", description="One pass over recorded traffic.")
    parser.add_argument("captures", nargs="*", type=Path, metavar="CAPTURE", help="recorded traffic: files, folders")
    captures = captures_in(parser.parse_args().captures)
    one = through(fresh(), itertools.chain.from_iterable(map(recorded, captures)))
    print(json.dumps(one and one._asdict()))


if __name__ == "__main__":
    main()
