"""Run ``python -m benchmarks``: wirelint beside bare mitmproxy; see ``benchmarks/README.md``."""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks import engine, fanout, results, streams
from benchmarks.contenders import Contender, contenders, crews, documented, streamers
from benchmarks.load import Scenario
from benchmarks.machine import machine
from benchmarks.origin import LARGE, MIXED, SMALL
from benchmarks.processes import BenchmarkError, allow_many_connections
from benchmarks.rounds import compare, processors

SCENARIOS: Final[Mapping[str, Scenario]] = {
    each.name: each
    for each in (
        Scenario("small", "1 KiB of JSON, nothing wrong with it", SMALL),
        Scenario("traced", "1 KiB of JSON, each request with a trace id of its own", SMALL, traced=True),
        Scenario("large", "64 KiB of JSON, nothing wrong with it", LARGE),
        Scenario("errors", "Every other response has something to be found", MIXED),
        Scenario("tls", "1 KiB of JSON, TLS on both sides", SMALL, tls=True),
        Scenario("http2", "1 KiB of JSON, HTTP/2 on both sides, 4 at once on each connection", SMALL, 4, h2=True),
        Scenario("many", "1 KiB of JSON over 1,000 connections", SMALL, connections=1000, least=10),
        Scenario("steady", "1 KiB of JSON at 400 requests a second", SMALL, rate=400),
        Scenario("documented", "1 KiB of JSON that keeps its document, each with a trace id", SMALL, traced=True),
        Scenario("workers", "1 KiB of JSON, on all processors", SMALL, connections=64),
    )
}
_CONTENDERS: Final[Mapping[str, Callable[[str | None], tuple[Contender, ...]]]] = {
    "documented": documented,
    "workers": crews,
}
"""The contenders of scenarios that have some of their own."""
_TITLES: Final = {"tls": "TLS", "http2": "HTTP/2"}
_WORKERS: Final = "workers"
_STREAMS: Final = "streams"
_FANOUT: Final = "fanout"
_ENGINE: Final = "engine"
_MOST_STREAM_ROUNDS: Final = 3
"""Transfers of gibibytes vary less from round to round, and take long."""


def main() -> int:
    """Measure, print, and save the chosen scenarios."""
    known = [*SCENARIOS, _STREAMS, _FANOUT, _ENGINE]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="wirelint beside bare mitmproxy.")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"{', '.join(known)} (default: all)")
    parser.add_argument("--rounds", type=int, default=6, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=4, help="length of a measurement (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only contenders with this in their name")
    parser.add_argument("--not-fixed", action="store_true", help="let the system choose processors")
    parser.add_argument("--wirelint", metavar="COMMAND", help="use this in place of `wirelint proxy`")
    parser.add_argument("--captures", type=Path, action="append", default=[], help="recordings to run the engine over")
    parser.add_argument("--dry", action="store_true", help="print alone, keep nothing")
    options = parser.parse_args()
    chosen = options.scenarios or known
    if unknown := [name for name in chosen if name not in known]:
        parser.error(f"no such scenario: {', '.join(unknown)}")
    if options.rounds < 1 or options.seconds < 1:
        parser.error("--rounds and --seconds must be positive")

    allow_many_connections()
    try:
        for name in chosen:
            title, text, measured = _measured(name, options)
            where = machine()
            if _pinned(name, options):
                where += "; the proxy on one core, service and clients on another"
            date = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"
            text += f"\n\n{date}. {where}."
            print(f"## {title}\n\n{text}\n", flush=True)
            if not options.dry:
                results.keep(title, text, {**measured, "date": date, "where": where})
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    return 0


def _measured(name: str, options: argparse.Namespace) -> tuple[str, str, dict[str, Any]]:
    """Return a scenario's title, its text, and its figures."""
    fixed = _pinned(name, options)
    cpu = processors()[0] if fixed else None
    some = [each for each in streamers(options.wirelint) if options.only in each.name]
    if name == _ENGINE:
        return "Engine", *engine.measured(options.captures, rounds=options.rounds)
    if name == _STREAMS:
        measured = streams.figures(streams.measure(some, cpu, min(options.rounds, _MOST_STREAM_ROUNDS)))
        return streams.TITLE, streams.table(measured), measured
    if name == _FANOUT:
        measured = fanout.figures(fanout.measure(some, cpu, rounds=options.rounds, seconds=options.seconds))
        return fanout.TITLE, fanout.table(measured), measured
    scenario = SCENARIOS[name]
    known = _CONTENDERS.get(name, contenders)
    all_ = [each for each in known(options.wirelint) if options.only in each.name]
    seconds = max(options.seconds, scenario.least)
    rounds = compare(scenario, all_, rounds=options.rounds, seconds=seconds, fixed=fixed)
    text = results.table(scenario, rounds, seconds)
    return _TITLES.get(name, name.capitalize()), text, results.figures(scenario, rounds, seconds)


def _pinned(name: str, options: argparse.Namespace) -> bool:
    """Return whether the proxy is kept on one core: not if it needs several."""
    return name != _WORKERS and not options.not_fixed and processors() != (None, None)


if __name__ == "__main__":
    sys.exit(main())
