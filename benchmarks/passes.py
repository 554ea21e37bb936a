"""What an audit of recorded traffic costs: ``python -m benchmarks.passes FOLDER`` takes it through once.

That is the engine with metrics and journal, which live traffic feeds as well.

Each exchange counts once, seen for the first time: so every pass is a process of its own, in which nothing is warm from
the one before. In each round every form of the engine has its pass, in an order that shifts from round to round.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.peers import available, lint
from benchmarks.processes import BenchmarkError
from benchmarks.recorded import captures_in, recorded, renewed
from benchmarks.timing import counted, fresh, microseconds
from wirelint.cli.form import compiled
from wirelint.core.audit import Audit
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Severity

COMPILED: Final = "compiled"
NOT_COMPILED: Final = "not compiled"

_MOST: Final = 20_000
_READ_AT_ONCE: Final = 1000
_ROOT: Final = Path(__file__).parents[1]


class Pass(NamedTuple):
    """One pass over recorded traffic: microseconds for an exchange.

    ``found`` is how many had a finding of severity medium or high; ``peer`` httplint's mean, 0 where it is missing.
    """

    exchanges: int
    found: int
    mean: float
    median: float
    peer: float


def through(engine: Engine, exchanges: Iterable[Exchange]) -> Pass | None:
    """Time each exchange once; None where there is none. It is let go afterwards, as live ones are.

    A thousand are read at a time, and the engine has all of them before httplint has: taken by turns, or right after a
    file was read, each would find the processor's caches full of something else.

    :param exchanges: ones that were never audited.
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


def passes(captures: Iterable[Path], rounds: int) -> dict[str, list[Pass]]:
    """Passes by form of the engine: the one that runs here, and beside a compiled one that which is not.

    :param captures: files and folders; where nothing in them can be read, no form has any pass.
    :raises BenchmarkError: a process failed.
    """
    paths = [str(path.absolute()) for path in captures]
    # A folder named in PYTHONPATH comes before any that something was installed into.
    sources = {**os.environ, "PYTHONPATH": str(_ROOT / "addons")}
    forms = {COMPILED: dict(os.environ), NOT_COMPILED: sources} if compiled() else {NOT_COMPILED: sources}
    found: dict[str, list[Pass]] = {form: [] for form in forms}
    for number in range(rounds):
        order = list(forms.items())
        for form, env in order if number % 2 == 0 else reversed(order):
            told = _told(paths, form, env)
            if told is None:
                return {}
            found[form].append(told)
    return found


def _told(paths: Sequence[str], form: str, env: Mapping[str, str]) -> Pass | None:
    command = [sys.executable, "-m", "benchmarks.passes", *paths]
    run = subprocess.run(command, env=env, cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if run.returncode:
        raise BenchmarkError(f"the engine, {form}, cannot be measured:\n{run.stderr[-2000:]}")
    told = json.loads(run.stdout)
    if told["form"] != form:
        raise BenchmarkError(f"the engine is {told['form']} where it should be {form}")
    return None if told["pass"] is None else Pass(**told["pass"])


def table(found: Mapping[str, Sequence[Pass]]) -> str:
    """The passes as Markdown; empty where there are none."""
    if not found:
        return ""
    some = next(iter(found.values()))
    what = (
        f"{some[0].exchanges} recorded exchanges, each once, {some[0].found} with a finding of severity medium or high"
    )
    lines = [
        f"{what}. Medians of {len(some)} rounds, of ratios, too:",
        "",
        "| engine | mean µs | median µs | httplint, mean µs | ratio |",
        "|---|--:|--:|--:|--:|",
    ]
    for form, told in figures(found).items():
        beside = "not installed | |" if told["peer"] is None else f"{told['peer']:.1f} | {told['ratio']:.1f} |"
        lines.append(f"| {form} | {told['mean']:.1f} | {told['median']:.1f} | {beside}")
    return "\n".join(lines)


def figures(found: Mapping[str, Sequence[Pass]]) -> dict[str, dict[str, Any]]:
    """The same for programs, by form; ``peer`` and ``ratio`` are None where httplint is missing."""
    return {
        form: {
            "mean": round(statistics.median(each.mean for each in told), 2),
            "median": round(statistics.median(each.median for each in told), 2),
            "peer": round(statistics.median(each.peer for each in told), 1) or None,
            "ratio": round(statistics.median(each.peer / each.mean for each in told), 2) or None,
        }
        for form, told in found.items()
    }


def main() -> None:
    """Print one pass in the form that runs here, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.passes", description="One pass over recorded traffic.")
    parser.add_argument("captures", nargs="*", type=Path, metavar="CAPTURE", help="recorded traffic: files, folders")
    captures = captures_in(parser.parse_args().captures)
    told = through(fresh(), itertools.chain.from_iterable(map(recorded, captures)))
    print(json.dumps({"form": COMPILED if compiled() else NOT_COMPILED, "pass": told and told._asdict()}))


if __name__ == "__main__":
    main()
