"""The load: wrk, and what it saw."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.processes import HOST, BenchmarkError, pin, tool

_SCRIPT: Final = Path(__file__).with_name("load.lua")


class Scenario(NamedTuple):
    """A kind of load: ``rate`` is in requests a second, 0 for as many as possible."""

    name: str
    title: str
    paths: Sequence[str]
    connections: int = 16
    rate: int = 0


class Seen(NamedTuple):
    """What the clients saw; latencies in milliseconds. ``broken`` counts requests without a response."""

    requests: int
    seconds: float
    p50: float
    p90: float
    p99: float
    most: float
    broken: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def load(scenario: Scenario, port: int, seconds: float, cpu: int | None) -> Seen:
    """Ask whatever listens on ``port`` for ``seconds``.

    :raises BenchmarkError: wrk is missing, or failed.
    """
    command = [
        *(tool("wrk"), "--threads=1", f"--connections={scenario.connections}", f"--duration={max(1, round(seconds))}s"),
        *("--timeout=10s", f"--script={_SCRIPT}", f"http://{HOST}:{port}{scenario.paths[0]}"),
        *("--", str(scenario.rate), *scenario.paths),
    ]
    with subprocess.Popen(  # noqa: S603 - our own command line
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        pin(running.pid, cpu)
        said, _ = running.communicate()
    last = said.strip().rpartition("\n")[2]
    if running.returncode != 0 or not last.startswith("{"):
        raise BenchmarkError(f"wrk failed: {said.strip()}")
    seen = Seen(**json.loads(last))
    if seen.requests == 0:
        raise BenchmarkError("wrk got no response at all")
    if seen.broken:
        print(f"{seen.broken} requests of {scenario.name} were broken", file=sys.stderr)
    return seen
