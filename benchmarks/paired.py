"""Compare what an exchange costs in two checkouts: ``python -m benchmarks.paired CHECKOUT [CAPTURE…]``.

Each checkout runs in its own process, with this Python: engine, metrics and journal, as in ``wirelint proxy``. The two
take turns, batch by batch, so that other work on the machine affects both. The result is the median of the ratios of
all pairs, by CPU time.
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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

_ROOT: Final = Path(__file__).parents[1]
_BATCH: Final = 250
_RECORDED: Final = "recorded traffic"
_MOST_OF_EACH: Final = 400


class Pair(NamedTuple):
    """Microseconds per exchange of one kind here and in the other checkout: medians, and the median of ratios."""

    kind: str
    here: float
    other: float
    ratio: float


class Side:
    """A checkout in its own process.

    :param checkout: its folder.
    :param captures: recorded traffic.
    """

    def __init__(self, checkout: Path, captures: Sequence[Path]) -> None:
        command = [sys.executable, str(Path(__file__)), "--serve", str(checkout), *map(str, captures)]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(checkout / "addons"), str(checkout)))}
        self._process = subprocess.Popen(  # noqa: S603 - ours
            command, env=env, cwd=checkout, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.kinds: dict[str, int] = self._answer()

    def microseconds(self, kind: str, batch: int) -> float:
        """Time one batch, and return the microseconds per exchange."""
        assert self._process.stdin is not None  # noqa: S101 - it is piped
        print(json.dumps([kind, batch]), file=self._process.stdin, flush=True)
        return float(self._answer())

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None  # noqa: S101 - it is piped
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> Any:
        assert self._process.stdout is not None  # noqa: S101 - it is piped
        return json.loads(self._process.stdout.readline())


def measure(here: Side, other: Side, *, rounds: int, only: str = "") -> Iterator[Pair]:
    """Compare two checkouts kind by kind.

    :param rounds: how often each kind is timed, if it is endless.
    :param only: kinds whose name has this in it.
    """
    for kind, batches in here.kinds.items():
        if only not in kind:
            continue
        pairs = []
        for number in range(batches or rounds):
            order = (here, other) if number % 2 else (other, here)
            taken = {id(side): side.microseconds(kind, number) for side in order}
            pairs.append((taken[id(here)], taken[id(other)]))
        own, others = zip(*pairs, strict=True)
        if batches:  # each batch is a different part of one whole
            yield Pair(kind, statistics.fmean(own), statistics.fmean(others), sum(own) / sum(others))
        else:
            ratio = statistics.median(one / another for one, another in pairs)
            yield Pair(kind, statistics.median(own), statistics.median(others), ratio)


def serve(captures: Sequence[Path]) -> None:
    """Time batches for the process at the other end, which requests them by JSON lines."""
    from benchmarks.recorded import captures_in, recorded, renewed  # noqa: PLC0415 - of the checkout to be measured
    from benchmarks.samples import samples  # noqa: PLC0415

    by_name = {sample.name: sample for sample in samples()}
    exchanges_read = [each for path in captures_in(captures) for each in recorded(path)[:_MOST_OF_EACH]]
    parts = list(itertools.batched(exchanges_read, _BATCH))
    print(json.dumps({**dict.fromkeys(by_name, 0), **({_RECORDED: len(parts)} if parts else {})}), flush=True)
    consumers: dict[str, Callable[[Any], object]] = {}
    for line in sys.stdin:
        kind, number = json.loads(line)
        consume = consumers.get(kind) or consumers.setdefault(kind, _live().consume)
        if kind == _RECORDED:
            batch = list(map(renewed, parts[number]))
        else:
            batch = [by_name[kind].make() for _ in range(_BATCH)]
        gc.disable()
        begun = time.process_time()
        for exchange in batch:
            consume(exchange)
        taken = time.process_time() - begun
        gc.enable()
        print(json.dumps(taken / len(batch) * 1e6), flush=True)


def _live() -> Any:
    """Return engine, metrics and journal, without the page's exchanges.

    Masking these has a share of the time of its own, and a burst of it at the start: it would be charged to the first
    exchanges.
    """
    from benchmarks.timing import fresh  # noqa: PLC0415 - of the checkout to be measured
    from wirelint.live import Live  # noqa: PLC0415

    try:
        from wirelint.web.page import Page  # noqa: PLC0415
    except ImportError:  # an older checkout, which keeps none
        return Live(fresh())
    return Live(fresh(), page=Page(keep=0))


def table(pairs: Sequence[Pair]) -> str:
    """Return the pairs as Markdown."""
    rows = [f"| {each.kind} | {each.here:.1f} | {each.other:.1f} | {each.ratio:.3f} |" for each in pairs]
    return "\n".join(["| exchange | µs here | µs there | ratio |", "|---|--:|--:|--:|", *rows])


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paired", description="Compare two checkouts.")
    parser.add_argument("checkout", type=Path, metavar="CHECKOUT", help="the other one")
    parser.add_argument("captures", nargs="*", type=Path, metavar="CAPTURE", help="recorded traffic: files, folders")
    parser.add_argument("--rounds", type=int, default=40, help="batches of each kind (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only kinds whose name has this in it")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    captures = [path.absolute() for path in options.captures]
    if options.serve:
        serve(captures)
        return
    from benchmarks.machine import machine  # noqa: PLC0415 - nothing of it where batches are timed

    here, other = Side(_ROOT, captures), Side(options.checkout.absolute(), captures)
    pairs = list(measure(here, other, rounds=options.rounds, only=options.only))
    here.close()
    other.close()
    print(f"{table(pairs)}\n\n{machine()}.")


if __name__ == "__main__":
    main()
