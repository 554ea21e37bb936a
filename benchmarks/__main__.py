"""``python -m benchmarks``: wirelint beside bare mitmproxy; see ``benchmarks/README.md``."""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks import engine, results, streams
from benchmarks.contenders import WIRELINT, contenders
from benchmarks.load import Scenario
from benchmarks.machine import machine
from benchmarks.origin import LARGE, MIXED, SMALL
from benchmarks.processes import BenchmarkError, allow_many_connections
from benchmarks.rounds import compare, processors

SCENARIOS: Final[Mapping[str, Scenario]] = {
    each.name: each
    for each in (
        Scenario("small", "Small JSON: 1 KiB, nothing wrong with it", SMALL),
        Scenario("large", "Large JSON: 64 KiB, nothing wrong with it", LARGE),
        Scenario("errors", "Error-heavy: every other response has something to be found", MIXED),
        Scenario("steady", "Steady: small JSON at a rate that all can carry", SMALL, connections=8, rate=400),
        Scenario("many", "Many: small JSON over 1,000 connections", SMALL, connections=1000),
    )
}


def main() -> int:
    """Measure, print, and keep what was asked for."""
    known = [*SCENARIOS, streams.TITLE.lower()]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="wirelint beside bare mitmproxy.")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"{', '.join(known)} (default: small)")
    parser.add_argument("--all", action="store_true", help="all scenarios")
    parser.add_argument("--rounds", type=int, default=6, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=4, help="length of a measurement (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only contenders with this in their name")
    parser.add_argument("--not-fixed", action="store_true", help="let the system choose processors")
    parser.add_argument("--wirelint", metavar="COMMAND", help="use this in place of `wirelint proxy`")
    parser.add_argument("--captures", type=Path, action="append", default=[], help="recordings to run the engine over")
    parser.add_argument("--dry", action="store_true", help="print alone, do not write RESULTS.md")
    options = parser.parse_args()
    chosen = known if options.all else options.scenarios or ["small"]
    if unknown := [name for name in chosen if name not in known]:
        parser.error(f"no such scenario: {', '.join(unknown)}")
    if options.rounds < 1 or options.seconds < 1:
        parser.error("--rounds and --seconds must be positive")

    allow_many_connections()
    fixed = not options.not_fixed
    where = machine() + (
        "; the proxy on one core, nginx and wrk on another" if fixed and processors() != (None, None) else ""
    )
    stamp = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}. {where}."

    def keep(title: str, text: str) -> None:
        print(f"## {title}\n\n{text}\n", flush=True)
        if not options.dry:
            results.keep(title, f"{text}\n\n{stamp}")

    try:
        taking_part = [each for each in contenders(options.wirelint) if options.only in each.name]
        for name in chosen:
            if name not in SCENARIOS:
                able = [each for each in taking_part if each.name in {"direct", WIRELINT}]
                keep(streams.TITLE, streams.report(able, processors() if fixed else (None, None)))
                continue
            scenario = SCENARIOS[name]
            rounds = compare(scenario, taking_part, rounds=options.rounds, seconds=options.seconds, fixed=fixed)
            keep(name.capitalize(), results.table(scenario, rounds, options.seconds))
        keep("Engine", engine.report(engine.captures_in(options.captures)))
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    print(stamp)
    return 0


if __name__ == "__main__":
    sys.exit(main())
