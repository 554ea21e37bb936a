"""Measure whether a scrape of ten thousand series delays the traffic: ``python -m benchmarks.scrape_delay``.

The proxy runs in front of many services, and requests on new routes fill its metrics up to the limit. Then light
traffic flows, by turns without scrapes and with one after the other. See ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import http.client
import itertools
import re
import statistics
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import results
from benchmarks.load import Scenario, Seen, load
from benchmarks.machine import machine
from benchmarks.origin import FAILING, SMALL, origin
from benchmarks.processes import HOST, BenchmarkError, Server, allow_many_connections, free_port
from benchmarks.rounds import processors

TITLE: Final = "Scrapes"
GOAL: Final = 0.020
"""Limit of the event-loop lag at the 99th percentile, in seconds."""

_SERVICES: Final = 40
_WORDS: Final = ("bread", "cloud", "dance", "earth", "field", "glass", "house", "juice", "knife", "lemon")
_ACCEPT: Final = {
    "Accept": "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
    "Accept-Encoding": "gzip",
}
"""The format that Prometheus requests."""

_dropped: Final = re.compile(rb"^wirelint_dropped_total\{[^}]*\} ([\d.e+]+)", re.MULTILINE)


class Scrape(NamedTuple):
    """One scrape: its begin and end in seconds of the monotonic clock, and its octets."""

    begun: float
    ended: float
    size: int


class Turn(NamedTuple):
    """A period of traffic, and the scrapes in it."""

    begun: float
    ended: float
    seen: Seen
    scrapes: Sequence[Scrape]


class Delays(NamedTuple):
    """The times of measurement, in order, and the lag of the loop; both in seconds."""

    due: Sequence[float]
    late: Sequence[float]

    def within(self, spans: Iterable[tuple[float, float]]) -> list[float]:
        """Return the delays of callbacks due in any of these spans, sorted."""
        parts = (self.late[bisect_left(self.due, begun) : bisect_left(self.due, ended)] for begun, ended in spans)
        return sorted(itertools.chain.from_iterable(parts))


class Measured(NamedTuple):
    """The results; ``dropped`` counts exchanges that were not audited."""

    series: int
    calm: Sequence[Turn]
    busy: Sequence[Turn]
    delays: Delays
    dropped: int


def _get(port: int, path: str, fields: dict[str, str]) -> bytes:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", path, headers=fields)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise BenchmarkError(f"{path} answers with {answer.status}")
        return content
    finally:
        connection.close()


def fill(ports: Sequence[int], metrics: int) -> int:
    """Request route after route of every service until the limit is reached.

    :param metrics: the port of ``/metrics``.
    :returns: the number of series in the end.
    :raises BenchmarkError: the proxy does not answer as it should.
    """
    there = 0
    connections = [http.client.HTTPConnection(HOST, port, timeout=10) for port in ports]
    try:
        for words in itertools.product(_WORDS, repeat=2):
            for connection in connections:
                connection.request("GET", FAILING + "/".join(words))
                connection.getresponse().read()
            if words[1] == _WORDS[-1]:
                time.sleep(0.5)  # waiting exchanges are audited when there is time
                lines = _get(metrics, "/metrics", {}).splitlines()
                now = sum(not line.startswith(b"#") for line in lines)
                if now == there:
                    break
                there = now
    finally:
        for connection in connections:
            connection.close()
    return there


def scraping(metrics: int, every: float, stop: threading.Event, done: list[Scrape]) -> None:
    """Scrape until stopped, with this many seconds from start to start."""
    while not stop.is_set():
        begun = time.monotonic()
        size = len(_get(metrics, "/metrics", _ACCEPT))
        ended = time.monotonic()
        done.append(Scrape(begun, ended, size))
        stop.wait(max(0.0, begun + every - ended))


def turn(traffic: Callable[[], Seen], metrics: int, every: float | None) -> Turn:
    """Run one turn; without scrapes if ``every`` is None."""
    stop, scrapes = threading.Event(), list[Scrape]()
    worker = threading.Thread(target=scraping, args=(metrics, every, stop, scrapes)) if every else None
    begun = time.monotonic()
    if worker:
        worker.start()
    try:
        seen = traffic()
    finally:
        stop.set()
        if worker:
            worker.join()
    return Turn(begun, time.monotonic(), seen, scrapes)


def measure(rounds: int, seconds: float, every: float, rate: int, *, fixed: bool) -> Measured:
    """Run everything.

    :param seconds: length of a turn.
    :param every: seconds from scrape to scrape.
    :param rate: requests per second of the traffic.
    :raises BenchmarkError: something does not start, or fails.
    """
    proxy_cpu, other_cpu = processors() if fixed else (None, None)
    scenario = Scenario("scrapes", "", SMALL, connections=8, rate=rate)
    with tempfile.TemporaryDirectory(prefix="wirelint-bench-") as name:
        folder = Path(name)
        log = folder / "delays"
        with origin(folder, free_port(), other_cpu) as service:
            ports, metrics = [free_port() for _ in range(_SERVICES)], free_port()
            targets = [f"s{at}=http://{HOST}:{service.port}@{port}" for at, port in enumerate(ports)]
            command = [sys.executable, "-m", "benchmarks.watched", str(log), "proxy", *targets]
            command += ["--metrics-port", str(metrics)]
            with Server("wirelint", command, port=ports[-1], folder=folder, cpu=proxy_cpu):
                series = fill(ports, metrics)
                traffic = functools.partial(load, scenario, ports[0], seconds, other_cpu)
                calm, busy = list[Turn](), list[Turn]()
                for _ in range(rounds):
                    calm.append(turn(traffic, metrics, None))
                    busy.append(turn(traffic, metrics, every))
                dropped = sum(map(float, _dropped.findall(_get(metrics, "/metrics", {}))))
        rows = [tuple(map(float, line.split())) for line in log.read_text(encoding="utf-8").splitlines()]
        return Measured(series, calm, busy, Delays([row[0] for row in rows], [row[1] for row in rows]), int(dropped))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of sorted ``values`` is; 0 for none."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def report(taken: Measured) -> str:
    """Return the figures as Markdown."""
    scrapes = [scrape for each in taken.busy for scrape in each.scrapes]
    during = taken.delays.within((each.begun, each.ended) for each in scrapes)
    took = 1000 * statistics.median(each.ended - each.begun for each in scrapes)
    end = "met" if percentile(during, 0.99) < GOAL else "missed"
    calm, busy = (taken.delays.within((each.begun, each.ended) for each in turns) for turns in (taken.calm, taken.busy))
    lines = [
        f"{taken.series} series, all that the limit of 10,000 lets in.",
        f"{taken.calm[0].seen.rate:.0f} requests a second meanwhile, {taken.dropped} exchanges not audited.",
        f"{len(scrapes)} scrapes of {scrapes[0].size // 1024} KiB, each {took:.0f} ms in the median.",
        "",
        "| | loop late, p50 ms | p99 ms | most ms | request p50 ms | p99 ms | most ms |",
        "|---|--:|--:|--:|--:|--:|--:|",
        _row("without scrapes", calm, taken.calm),
        _row("with scrapes", busy, taken.busy),
        _row("while one goes on", during, ()),
        "",
        f"Goal: the loop late by less than {1000 * GOAL:.0f} ms at p99 while a scrape goes on; {end}.",
    ]
    return "\n".join(lines)


def _row(name: str, late: Sequence[float], turns: Sequence[Turn]) -> str:
    cells = [f"{1000 * value:.1f}" for value in (percentile(late, 0.5), percentile(late, 0.99), late[-1])]
    if turns:
        seen = [each.seen for each in turns]
        middle = (statistics.median(each.p50 for each in seen), statistics.median(each.p99 for each in seen))
        cells += [f"{value:.1f}" for value in (*middle, max(each.most for each in seen))]
    else:
        cells += ["", "", ""]
    return f"| {name} | {' | '.join(cells)} |"


def main() -> int:
    """Measure, print, and save the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scrape_delay", description="Scrapes beside traffic.")
    parser.add_argument("--rounds", type=int, default=4, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=5, help="length of a turn (default: %(default)s)")
    parser.add_argument("--every", type=float, default=0.15, help="seconds between scrapes (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=100, help="requests a second (default: %(default)s)")
    parser.add_argument("--not-fixed", action="store_true", help="let the system choose processors")
    parser.add_argument("--dry", action="store_true", help="print alone, do not write RESULTS.md")
    options = parser.parse_args()
    allow_many_connections()
    try:
        taken = measure(options.rounds, options.seconds, options.every, options.rate, fixed=not options.not_fixed)
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    text = f"{report(taken)}\n\n{datetime.datetime.now(datetime.UTC):%Y-%m-%d}. {machine()}."
    print(text)
    if not options.dry:
        results.keep(TITLE, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
