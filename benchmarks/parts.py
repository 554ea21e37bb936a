"""Measure the parts of the engine over recorded traffic: ``python -m benchmarks.parts FOLDER`` prints a table by cause.

The same exchanges pass through engines that each do one thing more: the rules about single exchanges; a visit of each
exchange; one memory after the other that records it; the rules over several exchanges. The difference of two engines is
the cost of that thing.

Every exchange is created again for each engine, and released after its audit, as in live traffic. Engines take turns
every few hundred exchanges, and the fastest round counts, so that other work on the machine hardly matters.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.recorded import captures_in, recorded, renewed
from benchmarks.timing import fresh
from wirelint.core.audit import Audit
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.rule import Rule
from wirelint.core.state import Memory, State
from wirelint.history.visits import Present

_MOST_OF_EACH: Final = 400
_BATCH: Final = 250


class Stage(NamedTuple):
    """An engine, and the timed part of it."""

    engine: Engine
    audit: Callable[[Exchange], Audit]


class Parts(NamedTuple):
    """Average CPU microseconds per exchange, by cause.

    ``memories`` by name, the most expensive first; one that no rule asks belongs to the first that uses it.
    """

    alone: float
    visit: float
    memories: dict[str, float]
    looking_back: float

    @property
    def noting(self) -> float:
        """Return the cost of all memories."""
        return sum(self.memories.values())


def measure(exchanges: Sequence[Exchange], rules: Sequence[Rule], *, rounds: int) -> Parts:
    """Measure the cost of each part of an audit.

    :param exchanges: exchanges that were never audited, in order.
    :param rounds: how often each engine audits all of them.
    """
    batches = list(itertools.batched(exchanges, _BATCH))
    stages = stages_of(rules)
    best = [[math.inf] * len(batches) for _ in stages]
    for _ in range(rounds):
        turns = list(zip(stages_of(rules), best, strict=True))
        for at, batch in enumerate(batches):
            for stage, fastest in turns:
                fastest[at] = min(fastest[at], _seconds(stage.audit, batch))
            turns.reverse()  # the first engine finds nothing of the batch in the processor's caches
    means = [sum(fastest) / len(exchanges) * 1e6 for fastest in best]
    visit, *notes, looking_back = (more - less for less, more in itertools.pairwise(means))
    noting = sorted(zip(_added(stages), notes, strict=True), key=lambda each: -each[1])
    return Parts(means[0], visit, dict(noting), looking_back)


def stages_of(rules: Sequence[Rule]) -> list[Stage]:
    """Return engines that each do one thing more; the last one does a whole audit."""
    alone = [rule for rule in rules if not rule.recalls]
    kinds = dict.fromkeys(kind for rule in rules for kind in rule.recalls)
    # Memories that use others come last.
    order = sorted(kinds, key=lambda kind: len(_recalling([kind]).sizes()))
    bare, whole = Engine(alone), Engine(rules)
    states = [_recalling(order[:number]) for number in range(len(order) + 1)]
    noting = [_visiting(Engine(alone, state=state)) for state in states]
    return [Stage(bare, bare.audit), *noting, Stage(whole, whole.audit)]


def _visiting(engine: Engine) -> Stage:
    """Return an engine that makes a visit of each exchange, with or without a memory to keep it."""
    state = engine.state
    visit = state.visit if state.sizes() else Present(state).visit

    def audit(exchange: Exchange) -> Audit:
        audited = engine.audit(exchange)
        visit(exchange)
        return audited

    return Stage(engine, audit)


def _recalling(kinds: Iterable[type[Memory]]) -> State:
    state = State()
    for kind in kinds:
        state.recall(kind)
    return state


def _added(stages: Sequence[Stage]) -> list[str]:
    """Return the names of the memories that each engine adds."""
    names = itertools.pairwise(stage.engine.state.sizes().keys() for stage in stages[1:-1])
    return [" and ".join(sorted(more - less)) for less, more in names]


def _seconds(audit: Callable[[Exchange], object], exchanges: Sequence[Exchange]) -> float:
    """Return the CPU time for all of these."""
    waiting = deque(map(renewed, exchanges))
    gc.disable()
    try:
        begun = time.process_time()
        while waiting:
            audit(waiting.popleft())
        return time.process_time() - begun
    finally:
        gc.enable()


def table(parts: Parts) -> str:
    """Return the parts as Markdown."""
    each = ", ".join(f"{name} ({cost:.1f})" for name, cost in parts.memories.items())
    rows = (
        ("rules on one exchange alone", parts.alone),
        ("making a visit of it: who asked, for what, in which trace", parts.visit),
        (f"noting that: {each}", parts.noting),
        ("rules that look back", parts.looking_back),
        ("all of it", parts.alone + parts.visit + parts.noting + parts.looking_back),
    )
    return "\n".join(["| | mean µs |", "|---|--:|", *(f"| {name} | {cost:.1f} |" for name, cost in rows)])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parts", description="The engine's time, by cause.")
    parser.add_argument("captures", nargs="+", type=Path, metavar="CAPTURE", help="recorded traffic: files, folders")
    parser.add_argument("--rounds", type=int, default=5, help="how often to audit all of it (%(default)s)")
    options = parser.parse_args()
    exchanges = [each for path in captures_in(options.captures) for each in recorded(path)[:_MOST_OF_EACH]]
    if not exchanges:
        parser.error("there is no exchange in these")
    print(f"{len(exchanges)} recorded exchanges, at most {_MOST_OF_EACH} of a file; best of {options.rounds} rounds:")
    print(f"\n{table(measure(exchanges, fresh().rules, rounds=options.rounds))}")


if __name__ == "__main__":
    main()
