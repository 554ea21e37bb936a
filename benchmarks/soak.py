"""Audit a million exchanges that try to fill memory: ``python -m benchmarks.soak``, or ``make soak``.

The cost of an exchange and the memory of the process must be the same at the millionth exchange as at the hundred
thousandth, and for a hundred services as for one; else the exit code is 1. Engine, metrics and journal are those of
``wirelint proxy``. Costs are CPU time, so that other work on the machine hardly matters; they include garbage
collection.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import itertools
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import results
from benchmarks.machine import machine
from benchmarks.timing import fresh
from benchmarks.traffic import hostile, tame
from wirelint.core.audit import Audit
from wirelint.core.exchange import Exchange
from wirelint.live import Live

TITLE: Final = "Soak"
MOST_GROWTH: Final = 32.0
"""MiB by which memory may grow from the last mark but one to the last."""
MOST_SLOWER: Final = 1.5
"""Times as long an exchange may take at the last mark as at the one before, and for many services as for one."""
MOST_REMEMBERED: Final = 1.05
"""Times as many entries the memories may hold at the last mark as at the one before, once they had time to fill up."""

_FILLED: Final = 100_000
"""Exchanges after which all memories are full."""
_MARKS: Final = (1_000, 10_000, 100_000, 1_000_000)
_SERVICES: Final = (1, 10, 100)
_TAME: Final = 20_000
_BATCH: Final = 100
_MIB: Final = 1024 * 1024


class Point(NamedTuple):
    """The state after a number of exchanges.

    ``engine`` and ``whole`` are mean microseconds of the latest ones, the latter with metrics and journal; ``worst`` is
    the mean of the slowest hundred in a row among these. ``resident`` is in octets, None if unknown. ``remembered`` is
    the number of entries in the engine's memories.
    """

    exchanges: int
    engine: float
    whole: float
    worst: float
    resident: int | None
    remembered: int


def measure(traffic: Iterator[Exchange], marks: Sequence[int]) -> Iterator[Point]:
    """Audit exchanges up to the last mark.

    :param marks: after how many exchanges to look, in rising order, in hundreds. Means are over the half before the
        first mark, and over the tenth before any other.
    """
    judge = fresh()
    live = Live(judge)
    done = 0
    for mark in marks:
        taken: list[tuple[float, float]] = []
        first = mark - mark // (10 if done else 2)
        while done < mark:
            batch = tuple(itertools.islice(traffic, _BATCH))
            cost = _cost(judge.audit, live, batch)
            if done >= first:
                taken.append(cost)
            done += len(batch)
        gc.collect()
        alone, whole = zip(*taken, strict=True)
        remembered = sum(judge.state.sizes().values())
        yield Point(done, statistics.fmean(alone), statistics.fmean(whole), max(whole), resident(), remembered)


def _cost(audit: Callable[[Exchange], Audit], live: Live, batch: Sequence[Exchange]) -> tuple[float, float]:
    """Return microseconds per exchange: of the engine alone, and with metrics and journal."""
    begun = time.process_time()
    audits = [audit(exchange) for exchange in batch]
    judged = time.process_time()
    for each in audits:
        live.metrics.accept(each)
        live.journal.accept(each)
        live.metrics.observe_audit(0.0001)
    ended = time.process_time()
    return (judged - begun) * 1e6 / len(batch), (ended - begun) * 1e6 / len(batch)


def resident() -> int | None:
    """Return the resident memory of this process in octets."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return None
    return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def failures(points: Sequence[Point], services: Sequence[tuple[int, Point]]) -> list[str]:
    """Return the figures that are not flat, in words."""
    said = []
    before, after = points[-2:]
    if after.resident is not None and before.resident is not None:
        growth = (after.resident - before.resident) / _MIB
        if growth > MOST_GROWTH:
            said.append(f"memory grew by {growth:.1f} MiB from {before.exchanges:,} to {after.exchanges:,} exchanges")
    if before.exchanges >= _FILLED and after.remembered > before.remembered * MOST_REMEMBERED:
        said.append(f"memories grew from {before.remembered:,} to {after.remembered:,} entries at {after.exchanges:,}")
    if after.whole > before.whole * MOST_SLOWER:
        said.append(f"an exchange costs {after.whole / before.whole:.2f} times as much at {after.exchanges:,}")
    (fewest, one), (most, many) = services[0], services[-1]
    if many.whole > one.whole * MOST_SLOWER:
        said.append(f"an exchange costs {many.whole / one.whole:.2f} times as much for {most} services as for {fewest}")
    return said


def table(points: Iterable[Point], services: Iterable[tuple[int, Point]]) -> str:
    """Return the results as Markdown."""
    head = "engine µs | with metrics and journal µs | dearest hundred in a row µs | memory MiB | remembered"
    rule = "--:|--:|--:|--:|--:|--:"
    lines = [
        "Host, path, client, token and trace of every other exchange are new; the rest comes from well-known clients.",
        "",
        f"| exchanges | {head} |",
        f"|{rule}|",
        *(f"| {each.exchanges:,} | {_cells(each)} |" for each in points),
        "",
        f"Well-known clients alone, after {_TAME:,} exchanges:",
        "",
        f"| services | {head} |",
        f"|{rule}|",
        *(f"| {count} | {_cells(each)} |" for count, each in services),
    ]
    return "\n".join(lines)


def _cells(point: Point) -> str:
    memory = "" if point.resident is None else f"{point.resident / _MIB:.0f}"
    return f"{point.engine:.1f} | {point.whole:.1f} | {point.worst:.1f} | {memory} | {point.remembered:,}"


def figures(points: Iterable[Point], services: Iterable[tuple[int, Point]]) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "exchanges": {str(each.exchanges): _figures(each) for each in points},
        "services": {str(count): _figures(each) for count, each in services},
    }


def _figures(point: Point) -> dict[str, float | None]:
    memory = None if point.resident is None else round(point.resident / _MIB, 1)
    return {
        "engine": round(point.engine, 1),
        "whole": round(point.whole, 1),
        "resident": memory,
        "remembered": point.remembered,
    }


def main() -> int:
    """Measure, print, keep; 1 where something is not flat."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description="A million hostile exchanges.")
    parser.add_argument("--most", type=int, default=_MARKS[-1], help="exchanges (default: %(default)s)")
    parser.add_argument("--dry", action="store_true", help="print alone, keep nothing")
    options = parser.parse_args()
    marks = [mark for mark in _MARKS if mark <= options.most]
    if len(marks) < 2:
        parser.error(f"--most must be at least {_MARKS[1]}")
    points = []
    for point in measure(hostile(), marks):
        points.append(point)
        print(f"{point.exchanges:>9,} exchanges: {_cells(point).replace(' |', ',')}", file=sys.stderr, flush=True)
    services = [(count, point) for count in _SERVICES for point in measure(tame(count), (_TAME,))]
    text = table(points, services)
    bad = failures(points, services)
    text += "\n\n" + ("Not flat: " + "; ".join(bad) if bad else "Flat: memory and cost stay within their bounds") + "."
    date = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"
    where = machine()
    text += f"\n\n{date}. {where}."
    print(text)
    if not options.dry:
        results.keep(TITLE, text, {**figures(points, services), "date": date, "where": where})
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
