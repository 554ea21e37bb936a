"""Measure what an open page costs the traffic: ``python -m benchmarks.open_page``.

As many requests as possible pass through one proxy, every other one with a finding, by turns with no page and with one
open. The page follows the events and lists the latest exchanges at each, as the view of exchanges does. See
``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import datetime
import http.client
import statistics
import sys
import tempfile
import threading
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import results
from benchmarks.load import Scenario, Seen, load
from benchmarks.machine import machine
from benchmarks.origin import MIXED, origin
from benchmarks.processes import HOST, BenchmarkError, Server, allow_many_connections, beside_python, free_port
from benchmarks.rounds import processors

TITLE: Final = "Open page"
_PAGE_FIELDS: Final = {"Accept-Encoding": "gzip"}


class Turn(NamedTuple):
    """A period of traffic, and the events that the page got in it."""

    seen: Seen
    events: int


class Page:
    """Reads what an open page reads, until it is closed.

    :param port: of the page.
    """

    def __init__(self, port: int) -> None:
        self.events = 0
        self._port = port
        self._connection = http.client.HTTPConnection(HOST, port, timeout=10)
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        self._connection.request("GET", "/api/events")
        stream = self._connection.getresponse()
        while not self._closing.is_set():
            if stream.readline().startswith(b"data: "):
                self.events += 1
                self._list()

    def _list(self) -> None:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=10)
        connection.request("GET", "/api/exchanges?limit=100", headers=_PAGE_FIELDS)
        connection.getresponse().read()
        connection.close()

    def close(self) -> None:
        """Stop reading; the next event, half a second later at most, ends it."""
        self._closing.set()
        self._reader.join(10)
        self._connection.close()


def measure(rounds: int, seconds: float, *, fixed: bool) -> list[tuple[Turn, Turn]]:
    """Return pairs of turns, without a page and with one.

    :param seconds: length of a turn.
    :raises BenchmarkError: something does not start, or fails.
    """
    proxy_cpu, other_cpu = processors() if fixed else (None, None)
    scenario = Scenario("open page", "", MIXED)
    with tempfile.TemporaryDirectory(prefix="wirelint-bench-") as name:
        folder = Path(name)
        with origin(folder, free_port(), other_cpu) as service:
            port, page = free_port(), free_port()
            target = f"shop=http://{HOST}:{service.port}@{port}"
            command = [beside_python("wirelint"), "proxy", target, "--metrics-port", str(page)]
            with Server("wirelint", command, port=port, folder=folder, cpu=proxy_cpu):

                def turn(*, opened: bool) -> Turn:
                    tab = Page(page) if opened else None
                    seen = load(scenario, port, seconds, other_cpu)
                    if tab is not None:
                        tab.close()
                    return Turn(seen, 0 if tab is None else tab.events)

                turn(opened=True)  # warms up
                pairs = []
                for number in range(rounds):
                    first = turn(opened=bool(number % 2))
                    second = turn(opened=not number % 2)
                    pairs.append((second, first) if number % 2 else (first, second))
                return pairs


def report(pairs: list[tuple[Turn, Turn]]) -> str:
    """Return the figures as Markdown: medians, and the median of the ratios pair by pair."""
    events = sum(opened.events for _, opened in pairs)
    lines = [
        f"{len(pairs)} pairs of turns; an open page got {events / len(pairs):.0f} events in each.",
        "",
        "| | no page | page open | ratio |",
        "|---|--:|--:|--:|",
    ]
    for name, attribute in (("requests/s", "rate"), ("p50 ms", "p50"), ("p99 ms", "p99")):
        figures = [[getattr(turn.seen, attribute) for turn in pair] for pair in pairs]
        without, opened = (statistics.median(pair[place] for pair in figures) for place in (0, 1))
        ratio = statistics.median(two / one for one, two in figures)
        lines.append(f"| {name} | {without:.1f} | {opened:.1f} | {ratio:.3f} |")
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and save the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.open_page", description="An open page beside traffic.")
    parser.add_argument("--rounds", type=int, default=10, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=3, help="length of a turn (default: %(default)s)")
    parser.add_argument("--not-fixed", action="store_true", help="let the system choose processors")
    parser.add_argument("--dry", action="store_true", help="print alone, do not write RESULTS.md")
    options = parser.parse_args()
    allow_many_connections()
    try:
        pairs = measure(options.rounds, options.seconds, fixed=not options.not_fixed)
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    text = f"{report(pairs)}\n\n{datetime.datetime.now(datetime.UTC):%Y-%m-%d}. {machine()}."
    print(text)
    if not options.dry:
        results.keep(TITLE, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
