"""Long-lived and long: how late events arrive, and what a gibibyte in each direction does to memory."""

from __future__ import annotations

import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.contenders import Contender
from benchmarks.processes import HOST

TITLE: Final = "Streams"
_MIB: Final = 1024 * 1024
_GIB: Final = 1024 * _MIB
_EVENTS: Final = 200
_END: Final = b"\r\n\r\n"


class _Service:
    """Sends an event whenever it is told to; sends and takes a gibibyte."""

    def __init__(self) -> None:
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self.turn = threading.Semaphore(0)
        self.sent = 0.0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
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


class _Figures(NamedTuple):
    """Milliseconds by which events were late; seconds for a gibibyte; growth of memory in MiB, where it is known."""

    name: str
    late: Sequence[float]
    down: float
    up: float
    growth: float | None


def report(contenders: Sequence[Contender], cpus: tuple[int | None, int | None]) -> str:
    """Measure, and tell as Markdown. Bare mitmdump holds bodies back and in memory: it is left out."""
    service = _Service()
    try:
        with tempfile.TemporaryDirectory(prefix="wirelint-bench-") as folder:
            figures = [_measure(each, service, Path(folder), cpus[0]) for each in contenders]
    finally:
        service.close()
    lines = [
        f"{_EVENTS} server-sent events, each sent when the one before had arrived; then 1 GiB in each direction.",
        "",
        "| | event late by, median ms | p99 ms | 1 GiB down, s | up, s | memory grew by, MiB |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for each in figures:
        ordered = sorted(each.late)
        p99 = ordered[int(len(ordered) * 0.99)]
        growth = "" if each.growth is None else f"{each.growth:.1f}"
        median = statistics.median(ordered)
        lines.append(f"| {each.name} | {median:.2f} | {p99:.2f} | {each.down:.1f} | {each.up:.1f} | {growth} |")
    return "\n".join(lines)


def _measure(contender: Contender, service: _Service, folder: Path, cpu: int | None) -> _Figures:
    running = contender.prepare(service.port, folder, cpu)
    with running.server or nullcontext() as server:
        late = list(_events(running.port, service))
        before = server.usage() if server is not None else None
        down, up = _download(running.port), _upload(running.port)
        after = server.usage() if server is not None else None
    growth = None if before is None or after is None else (after.resident - before.resident) / _MIB
    return _Figures(contender.name, late, down, up, growth)


def _events(port: int, service: _Service) -> Iterator[float]:
    """Milliseconds from sending to arrival, event by event."""
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
    with _asked(port, b"GET /down HTTP/1.1\r\nHost: a\r\n\r\n") as client:
        while client.recv_into(room):
            pass
    return time.perf_counter() - begun


def _upload(port: int) -> float:
    begun = time.perf_counter()
    piece = bytes(_MIB)
    with _asked(port, b"PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % _GIB) as client:
        for _ in range(_GIB // _MIB):
            client.sendall(piece)
        _until(client, _END)
    return time.perf_counter() - begun


@contextmanager
def _asked(port: int, request: bytes) -> Iterator[socket.socket]:
    with socket.create_connection((HOST, port), timeout=60) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(request)
        yield client


def _until(peer: socket.socket, mark: bytes) -> tuple[bytes, bytes]:
    """What came before a mark, and what has come behind it."""
    data = b""
    while mark not in data:
        piece = peer.recv(65536)
        if not piece:
            break
        data += piece
    before, _, behind = data.partition(mark)
    return before, behind
