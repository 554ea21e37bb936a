"""Generate load, and measure it at the clients: wrk, h2load for HTTP/2, and our own client for a fixed rate."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.processes import HOST, BenchmarkError, pin, tool

_SCRIPT: Final = Path(__file__).with_name("load.lua")
_STREAMS: Final = 4
"""Concurrent requests on each HTTP/2 connection."""
_OK: Final = 200


class Scenario(NamedTuple):
    """A load scenario.

    :param connections: number of clients.
    :param rate: requests per second, sent whether or not earlier ones were answered; 0 for as many as possible, each
        client sending after each answer.
    :param least: minimum seconds of a measurement.
    :param traced: whether each request has its own trace id; else all requests for a path are identical.
    :param tls: whether both sides of the proxy use TLS.
    :param h2: whether both sides use HTTP/2, over TLS.
    """

    name: str
    title: str
    paths: Sequence[str]
    connections: int = 16
    rate: int = 0
    least: float = 0.0
    traced: bool = False
    tls: bool = False
    h2: bool = False

    @property
    def secure(self) -> bool:
        """Return whether it uses TLS, as HTTP/2 always does."""
        return self.tls or self.h2


class Seen(NamedTuple):
    """The results at the clients; latencies in milliseconds. ``broken`` counts requests without a response."""

    requests: int
    seconds: float
    p50: float
    p90: float
    p99: float
    most: float
    broken: int

    @property
    def rate(self) -> float:
        """Return the requests per second."""
        return self.requests / self.seconds


def load(scenario: Scenario, port: int, seconds: float, cpu: int | None, *, warming: bool = False) -> Seen:
    """Send requests to ``port`` for ``seconds``.

    :param warming: whether this is a warm-up, whose result may be empty.
    :raises BenchmarkError: a program is missing, or failed, or there was no response at all.
    """
    duration = max(1, round(seconds))
    if scenario.h2:
        seen = _h2load(scenario, port, duration, cpu)
    elif scenario.rate:
        words = (port, scenario.rate, duration, scenario.connections, *scenario.paths)
        parsed = _parsed("the steady load", _run([sys.executable, "-m", "benchmarks.steady", *map(str, words)], cpu))
        seen = summary(parsed["latencies"], parsed["seconds"], parsed["broken"])
    else:
        seen = Seen(**_parsed("wrk", _run(_wrk(scenario, port, duration), cpu)))
    if warming:
        return seen
    if seen.requests == 0:
        raise BenchmarkError(f"there was no response at all to {scenario.name}")
    if seen.broken:
        print(f"{seen.broken} requests of {scenario.name} were broken", file=sys.stderr)
    return seen


def _wrk(scenario: Scenario, port: int, duration: int) -> list[str]:
    scheme = "https" if scenario.secure else "http"
    return [
        *(tool("wrk"), "--threads=1", f"--connections={scenario.connections}", f"--duration={duration}s"),
        *("--timeout=10s", f"--script={_SCRIPT}", f"{scheme}://{HOST}:{port}{scenario.paths[0]}"),
        *("--", *(("traced",) if scenario.traced else ()), *scenario.paths),
    ]


def _h2load(scenario: Scenario, port: int, duration: int, cpu: int | None) -> Seen:
    with tempfile.TemporaryDirectory(prefix="wirelint-bench-") as folder:
        log = Path(folder, "log")
        command = [
            *(
                tool("h2load"),
                "--threads=1",
                f"--clients={scenario.connections}",
                f"--max-concurrent-streams={_STREAMS}",
            ),
            *(f"--duration={duration}", "--connection-inactivity-timeout=10", f"--log-file={log}"),
            *(f"https://{HOST}:{port}{path}" for path in scenario.paths),
        ]
        said = _run(command, cpu)
        if "Application protocol: h2" not in said:
            raise BenchmarkError(f"HTTP/2 was not agreed upon: {said}")
        return seen_by_h2load(log.read_text(encoding="ascii"), duration)


def seen_by_h2load(log: str, duration: float) -> Seen:
    """Return the results in its log, which has a line per request: time, status (-1 for none), microseconds."""
    rows = [line.split() for line in log.splitlines()]
    taken = [int(row[2]) / 1e3 for row in rows if int(row[1]) >= _OK]
    return summary(taken, duration, len(rows) - len(taken))


def summary(latencies: Sequence[float], seconds: float, broken: int) -> Seen:
    """Return the results from unsorted latencies in milliseconds and the number of requests without a response."""
    ordered = sorted(latencies) or [0.0]
    p50, p90, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.9, 0.99))
    return Seen(len(latencies), seconds, p50, p90, p99, ordered[-1], broken)


def _run(command: Sequence[str], cpu: int | None) -> str:
    with subprocess.Popen(  # noqa: S603 - our own command line
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=Path(__file__).parents[1]
    ) as running:
        pin(running.pid, cpu)
        said, _ = running.communicate()
    if running.returncode != 0:
        raise BenchmarkError(f"{Path(command[0]).name} failed: {said.strip()}")
    return said.strip()


def _parsed(name: str, said: str) -> dict[str, Any]:
    last = said.rpartition("\n")[2]
    if not last.startswith("{"):
        raise BenchmarkError(f"{name} failed: {said}")
    parsed: dict[str, Any] = json.loads(last)
    return parsed
