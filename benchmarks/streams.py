"""Measure streams: delays of events, and memory growth by a gibibyte in each direction."""

from __future__ import annotations

import socket
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.contenders import WIRELINT, Contender, Service
from benchmarks.processes import HOST, BenchmarkError
from benchmarks.results import tally
from benchmarks.rounds import interleaved, settled

TITLE: Final = "Streams"
_MIB: Final = 1024 * 1024
_GIB: Final = 1024 * _MIB
_EVENTS: Final = 200
_RESPONSES: Final = 3
_END: Final = b"\r\n\r\n"


class _Service:
    """Sends an event on request; sends and receives a gibibyte."""

    def __init__(self) -> None:
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self.turn = threading.Semaphore(0)
        self.sent = 0.0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept no more connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with peer:
            head, rest = _until(peer, _END)
            if b"/events " in head:
                self._events(peer)
            elif b"/down " in head:
                peer.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % _GIB)
                piece = bytes(_MIB)
                for _ in range(_GIB // _MIB):
                    peer.sendall(piece)
            elif b"/up " in head:
                left = _GIB - len(rest)
                room = bytearray(_MIB)
                while left and (count := peer.recv_into(room)):
                    left -= count
                peer.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    def _events(self, peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(_EVENTS):
            self.turn.acquire(timeout=30)
            event = b"data: %08d\n\n" % number
            self.sent = time.perf_counter()
            peer.sendall(b"%x\r\n%s\r\n" % (len(event), event))
        peer.sendall(b"0\r\n\r\n")


class Taken(NamedTuple):
    """One contender in one round: delays of events in milliseconds; seconds for a gibibyte; octets of growth.

    ``growth`` is the increase of maximum resident memory by both transfers, None if unknown. ``counted`` are the
    proxy's own counts.
    """

    late: Sequence[float]
    down: float
    up: float
    growth: int | None
    counted: Counter[str]


def measure(contenders: Sequence[Contender], cpu: int | None, rounds: int) -> dict[str, list[Taken]]:
    """Run the scenario, and return the results by contender.

    :param cpu: the processor of the proxy; None for any.
    :raises BenchmarkError: a proxy does not start, or does not forward the whole gibibyte.
    """
    done: dict[str, list[Taken]] = {each.name: [] for each in contenders}
    service = _Service()
    try:
        with tempfile.TemporaryDirectory(prefix="wirelint-bench-") as folder:
            for contender in interleaved(TITLE.lower(), contenders, rounds):
                done[contender.name].append(_measure(contender, service, Path(folder), cpu))
    finally:
        service.close()
    return done


def figures(taken: dict[str, list[Taken]]) -> dict[str, Any]:
    """Return medians over the rounds, by contender: milliseconds, seconds, and MiB of growth."""
    return {
        "rounds": len(next(iter(taken.values()))),
        "audited": {
            "responses": _RESPONSES * len(taken.get(WIRELINT, ())),
            **{
                name: sum(each.counted[name] for each in taken.get(WIRELINT, ()))
                for name in ("exchanges", "findings", "skipped", "dropped")
            },
        },
        "contenders": {
            name: {
                "late_p50": _median([statistics.median(each.late) for each in rounds]),
                "late_p99": _median([sorted(each.late)[int(len(each.late) * 0.99)] for each in rounds]),
                "down": _median([each.down for each in rounds]),
                "up": _median([each.up for each in rounds]),
                "growth": _median([each.growth / _MIB for each in rounds if each.growth is not None]),
            }
            for name, rounds in taken.items()
        },
    }


def table(measured: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    what = f"{_EVENTS} server-sent events, each sent when the one before had arrived; then 1 GiB in each direction"
    lines = [
        f"{what}; medians of {measured['rounds']} rounds.",
        "",
        "| | event late by, median ms | p99 ms | 1 GiB down, s | up, s | memory grew by, MiB |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, each in measured["contenders"].items():
        growth = "" if each["growth"] is None else f"{each['growth']:.1f}"
        late = f"{each['late_p50']:.2f} | {each['late_p99']:.2f}"
        lines.append(f"| {name} | {late} | {each['down']:.1f} | {each['up']:.1f} | {growth} |")
    return "\n".join([*lines, "", tally(measured["audited"])])


def _median(values: Sequence[float]) -> float | None:
    return round(statistics.median(values), 3) if values else None


def _measure(contender: Contender, service: _Service, folder: Path, cpu: int | None) -> Taken:
    running = contender.prepare(Service(service.port), folder, cpu)
    with running.server or nullcontext() as server:
        late = list(_events(running.port, service))
        before = server.usage() if server is not None else None
        down, up = _download(running.port), _upload(running.port)
        after = server.usage() if server is not None else None
        counted = settled(running)
    growth = None if before is None or after is None else after.resident - before.resident
    return Taken(late, down, up, growth, counted)


def _events(port: int, service: _Service) -> Iterator[float]:
    """Return the milliseconds from sending to arrival of each event."""
    with _asked(port, b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n") as client:
        _, rest = _until(client, _END)
        for number in range(_EVENTS):
            service.turn.release()
            mark = b"%08d\n\n\r\n" % number
            while mark not in rest:
                rest = rest[-32:] + client.recv(65536)
            yield (time.perf_counter() - service.sent) * 1e3


def _download(port: int) -> float:
    begun = time.perf_counter()
    room = bytearray(_MIB)
    got = 0
    with _asked(port, b"GET /down HTTP/1.1\r\nHost: a\r\n\r\n") as client:
        while count := client.recv_into(room):
            got += count
    if got < _GIB:
        raise BenchmarkError(f"of a gibibyte only {got} octets came")
    return time.perf_counter() - begun


def _upload(port: int) -> float:
    begun = time.perf_counter()
    piece = bytes(_MIB)
    with _asked(port, b"PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % _GIB) as client:
        for _ in range(_GIB // _MIB):
            client.sendall(piece)
        head, _ = _until(client, _END)
    if b" 204 " not in head:
        raise BenchmarkError("a gibibyte was not taken")
    return time.perf_counter() - begun


@contextmanager
def _asked(port: int, request: bytes) -> Iterator[socket.socket]:
    with socket.create_connection((HOST, port), timeout=60) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(request)
        yield client


def _until(peer: socket.socket, mark: bytes) -> tuple[bytes, bytes]:
    """Return the octets before a mark, and those after it."""
    data = b""
    while mark not in data:
        piece = peer.recv(65536)
        if not piece:
            break
        data += piece
    before, _, behind = data.partition(mark)
    return before, behind
