"""Measure fan-out: many concurrent streams of server-sent events, with an event for all of them regularly."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, nullcontext
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.contenders import STREAMING, WIRELINT, Contender, Service
from benchmarks.processes import HOST, BenchmarkError, free_port
from benchmarks.results import tally
from benchmarks.rounds import interleaved, settled

TITLE: Final = "Fan-out"
STREAMS: Final = 300
"""Number of concurrent streams."""

_EVERY_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 30.0
_MIB: Final = 1024 * 1024
_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_ASKED: Final = b"GET /events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n"


class Taken(NamedTuple):
    """One contender in one round: delays of events in milliseconds, by stream and event.

    ``cpu`` is microseconds of the proxy per forwarded event, ``resident`` is in octets; both None if unknown.
    ``counted`` are the proxy's own counts.
    """

    late: Sequence[float]
    cpu: float | None
    resident: int | None
    counted: Counter[str]


class _Source(asyncio.Protocol):
    """One stream at the service."""

    def __init__(self, streams: set[asyncio.Transport]) -> None:
        self._streams = streams

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - whatever is asked
        # The first event makes proxies that wait for content forward the head.
        self._transport.write(_HEAD + _chunk(-1))
        self._streams.add(self._transport)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - clients leave
        self._streams.discard(self._transport)


class _Reader(asyncio.Protocol):
    """One stream at its client: counts down the expected events."""

    def __init__(self, board: _Board) -> None:
        self._board = board
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self.transport = transport
        transport.write(_ASKED)

    def data_received(self, data: bytes) -> None:
        self._rest += data
        arrived = self._rest.count(b"\n\n")
        self._rest = self._rest[self._rest.rfind(b"\n\n") + 2 :] if arrived else self._rest
        for _ in range(arrived):
            self._board.arrival()


class _Board:
    """The current event: when it was sent, its delays, and how many streams still wait for it."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self._sent = 0.0
        self._waiting = 0
        self._all = asyncio.Event()

    def departure(self) -> None:
        """Record that an event is sent to all."""
        self._sent = time.perf_counter()
        self._waiting = STREAMS
        self._all.clear()

    def arrival(self) -> None:
        """Record that one stream received it."""
        self.late.append((time.perf_counter() - self._sent) * 1e3)
        self._waiting -= 1
        if self._waiting == 0:
            self._all.set()

    async def everyone(self) -> None:
        """Wait until all streams received it.

        :raises BenchmarkError: some never get it.
        """
        try:
            await asyncio.wait_for(self._all.wait(), _PATIENCE_SECONDS)
        except TimeoutError as error:
            raise BenchmarkError(f"{self._waiting} of {STREAMS} streams did not get an event") from error


def measure(contenders: Sequence[Contender], cpu: int | None, *, rounds: int, seconds: float) -> dict[str, list[Taken]]:
    """Run the scenario, and return the results by contender.

    :param cpu: the processor of the proxy; None for any.
    :param seconds: duration of the events.
    :raises BenchmarkError: a proxy does not start, or an event gets lost.
    """
    done: dict[str, list[Taken]] = {each.name: [] for each in contenders}
    with tempfile.TemporaryDirectory(prefix="wirelint-bench-") as folder:
        for contender in interleaved(TITLE.lower(), contenders, rounds):
            done[contender.name].append(asyncio.run(_measure(contender, Path(folder), cpu, seconds)))
    return done


def figures(taken: dict[str, list[Taken]]) -> dict[str, Any]:
    """Return medians over the rounds, by contender: milliseconds, microseconds, and MiB."""
    ours = taken.get(WIRELINT, ())
    measured = {
        name: {
            "late_p50": _median([statistics.median(each.late) for each in rounds]),
            "late_p99": _median([sorted(each.late)[int(len(each.late) * 0.99)] for each in rounds]),
            "cpu": _median([each.cpu for each in rounds if each.cpu is not None]),
            "resident": _median([each.resident / _MIB for each in rounds if each.resident is not None]),
        }
        for name, rounds in taken.items()
    }
    return {
        "rounds": len(next(iter(taken.values()))),
        "audited": {
            "responses": STREAMS * len(ours),
            **{
                name: sum(each.counted[name] for each in ours)
                for name in ("exchanges", "findings", "skipped", "dropped")
            },
        },
        "contenders": measured,
    }


def table(measured: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    stock = measured["contenders"].get(STREAMING)
    what = f"{STREAMS} streams of server-sent events at once, an event for all of them every {_EVERY_SECONDS:g} s"
    lines = [
        f"{what}; medians of {measured['rounds']} rounds.",
        "",
        "| | event late by, median ms | p99 ms | ratio | CPU µs/event | ratio | peak MiB |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, each in measured["contenders"].items():
        cells = [f"{each['late_p50']:.1f}", f"{each['late_p99']:.1f}", _ratio(each, stock, "late_p99")]
        cells += ["" if each["cpu"] is None else f"{each['cpu']:.0f}", _ratio(each, stock, "cpu")]
        cells += ["" if each["resident"] is None else f"{each['resident']:.0f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", tally(measured["audited"])])


def _ratio(each: dict[str, float | None], stock: dict[str, float | None] | None, figure: str) -> str:
    value, base = each[figure], stock and stock[figure]
    return f"{value / base:.2f}" if value is not None and base else ""


def _median(values: Sequence[float]) -> float | None:
    return round(statistics.median(values), 3) if values else None


def _chunk(number: int) -> bytes:
    event = b'data: {"at": %d}\n\n' % number
    return b"%x\r\n%s\r\n" % (len(event), event)


async def _measure(contender: Contender, folder: Path, cpu: int | None, seconds: float) -> Taken:
    loop = asyncio.get_running_loop()
    streams: set[asyncio.Transport] = set()
    service = Service(free_port())
    listening = await loop.create_server(lambda: _Source(streams), HOST, service.port, backlog=STREAMS)
    running = contender.prepare(service, folder, cpu)
    with running.server or nullcontext() as server:
        board = _Board()
        board.departure()
        async with AsyncExitStack() as stack:
            for _ in range(STREAMS):
                transport, _reader = await loop.create_connection(lambda: _Reader(board), HOST, running.port)
                stack.callback(transport.close)
            await board.everyone()
            board.late.clear()
            before = server.usage() if server is not None else None
            for number in range(max(1, round(seconds / _EVERY_SECONDS))):
                await asyncio.sleep(_EVERY_SECONDS)
                event = _chunk(number)
                board.departure()
                for stream in tuple(streams):
                    stream.write(event)
                await board.everyone()
            after = server.usage() if server is not None else None
            for stream in tuple(streams):
                stream.write(b"0\r\n\r\n")
            await asyncio.sleep(_EVERY_SECONDS)
        listening.close()
        counted = settled(running)
    if before is None or after is None:
        return Taken(board.late, None, None, counted)
    return Taken(board.late, (after.cpu - before.cpu) / len(board.late) * 1e6, after.resident, counted)
