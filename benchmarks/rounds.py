"""Run interleaved rounds: in each, every contender runs once, in a changing order, so that drift affects all."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from benchmarks.contenders import Contender, Running, Service
from benchmarks.load import Scenario, Seen, load
from benchmarks.origin import origin
from benchmarks.processes import free_port

_WARM_SECONDS = 1.0
_SETTLING_SECONDS = 5.0
_LOOK_SECONDS = 0.3


class Round(NamedTuple):
    """One contender in one round: ``cpu`` in microseconds per request, ``resident`` in bytes, both of the proxy alone.

    ``counted`` are its own counts of all requests, including the warm-up; ``asked`` is the number of these.
    """

    seen: Seen
    cpu: float | None
    resident: int | None
    counted: Counter[str]
    asked: int


class Named(Protocol):
    """Something with a name."""

    @property
    def name(self) -> str:
        """Return its name."""


Rounds = dict[str, list[Round]]
"""By contender, in order of the rounds."""


def compare(scenario: Scenario, contenders: Sequence[Contender], *, rounds: int, seconds: float, fixed: bool) -> Rounds:
    """Run a scenario.

    :param seconds: length of one measurement.
    :param fixed: whether to keep the proxy on one processor, and load and service on another.
    :raises BenchmarkError: see ``load`` and ``origin``.
    """
    proxy_cpu, other_cpu = processors() if fixed else (None, None)
    done: Rounds = {contender.name: [] for contender in contenders}
    with tempfile.TemporaryDirectory(prefix="wirelint-bench-") as name:
        folder = Path(name)
        tls_port = free_port() if scenario.secure else None
        with origin(folder, free_port(), other_cpu, tls_port) as server:
            service = Service(server.port) if tls_port is None else Service(tls_port, secure=True)
            for contender in interleaved(scenario.name, contenders, rounds):
                running = contender.prepare(service, folder, proxy_cpu)
                done[contender.name].append(_run(scenario, running, seconds, other_cpu))
    return done


def interleaved[T: Named](name: str, contenders: Sequence[T], rounds: int) -> Iterator[T]:
    """Yield each contender once per round, in a changing order; print the progress on standard error."""
    for number in range(rounds):
        shift = number % len(contenders)
        for contender in (*contenders[shift:], *contenders[:shift]):
            _progress(f"{name}: round {number + 1} of {rounds}, {contender.name}")
            yield contender
    _progress("")


def _run(scenario: Scenario, running: Running, seconds: float, cpu: int | None) -> Round:
    if running.server is None:
        seen = load(scenario, running.port, seconds, cpu)
        return Round(seen, None, None, Counter(), seen.requests)
    with running.server as server:
        # A thousand connections take a while to open.
        warming = _WARM_SECONDS + scenario.connections // 500
        warm = load(scenario, running.port, warming, cpu, warming=True)
        before = server.usage()
        seen = load(scenario, running.port, seconds, cpu)
        after = server.usage()
        # Waiting exchanges are audited when there is time, and soon counted.
        counted = settled(running)
        asked = warm.requests + seen.requests
        if before is None or after is None:
            return Round(seen, None, None, counted, asked)
        return Round(seen, (after.cpu - before.cpu) / seen.requests * 1e6, after.resident, counted, asked)


def settled(running: Running) -> Counter[str]:
    """Return its counts once they stay the same."""
    deadline = time.monotonic() + _SETTLING_SECONDS
    before = running.counted()
    while before and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        now = running.counted()
        if now == before:
            break
        before = now
    return before


def processors() -> tuple[int | None, int | None]:
    """Return one processor for the proxy and one for everything else; None without two of them."""
    if sys.platform != "linux":
        return None, None
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else (None, None)


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
    elif text:
        print(text, file=sys.stderr)
