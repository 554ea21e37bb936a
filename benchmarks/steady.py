"""A load at a fixed rate: ``python -m benchmarks.steady PORT RATE SECONDS CONNECTIONS PATH…``.

Requests are due at fixed times, whether or not earlier ones were answered, and each is timed from when it was due. So
if a proxy stalls, all waiting requests count, as with real users. Load that waits for each answer would leave them out
(the "coordinated omission" of many tools).
"""

from __future__ import annotations

import gc
import itertools
import json
import re
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

_HOST: Final = "127.0.0.1"
_LEAD_SECONDS: Final = 0.05
_PATIENCE_SECONDS: Final = 10.0
_END: Final = b"\r\n\r\n"
_length: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)


class Timed(NamedTuple):
    """Latencies in milliseconds in the order of answers, the duration, and the number of requests without an answer."""

    latencies: list[float]
    seconds: float
    broken: int


class _Client:
    """A connection that waits for one answer at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.due = 0.0
        self._connect()

    def _connect(self) -> None:
        self.socket = socket.create_connection((_HOST, self._port), timeout=_PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._got = b""

    def ask(self, request: bytes, due: float) -> None:
        """Send a request that was due at that time."""
        self.due = due
        self._got = b""
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Read received octets; return whether they complete the answer.

        :raises OSError: the connection broke, or the answer has no length.
        """
        piece = self.socket.recv(262144)
        if not piece:
            raise ConnectionResetError
        self._got += piece
        head, end, content = self._got.partition(_END)
        if not end:
            return False
        length = _length.search(head)
        if length is None:
            raise ConnectionAbortedError
        return len(content) >= int(length[1])

    def renew(self) -> None:
        """Connect again."""
        self.socket.close()
        self._connect()


def run(port: int, rate: float, seconds: float, connections: int, paths: Sequence[str]) -> Timed:
    """Request the paths in turn.

    :param rate: requests per second.
    :param connections: most concurrent requests; others wait while the clock runs.
    :raises OSError: no connection to the port is possible.
    """
    requests = itertools.cycle([f"GET {path} HTTP/1.1\r\nHost: {_HOST}:{port}\r\n\r\n".encode() for path in paths])
    clients = [_Client(port) for _ in range(connections)]
    idle = deque(clients)
    busy: dict[socket.socket, _Client] = {}
    waiting: deque[float] = deque()
    latencies: list[float] = []
    total, sent, broken = int(rate * seconds), 0, 0
    begun = time.perf_counter() + _LEAD_SECONDS
    end = begun + seconds + _PATIENCE_SECONDS
    while len(latencies) + broken < total and (now := time.perf_counter()) < end:
        while sent < total and begun + sent / rate <= now:
            waiting.append(begun + sent / rate)
            sent += 1
        while waiting and idle:
            client = idle.popleft()
            try:
                client.ask(next(requests), waiting.popleft())
                busy[client.socket] = client
            except OSError:
                broken += 1
                _renew(client, idle)
        following = begun + sent / rate if sent < total else end
        # In microseconds; epoll would wait for whole milliseconds.
        ready, _, _ = select.select(list(busy), (), (), max(0.0, following - time.perf_counter()))
        for each in ready:
            client = busy[each]
            try:
                if not client.answered():
                    continue
                latencies.append((time.perf_counter() - client.due) * 1e3)
                idle.append(client)
            except OSError:
                broken += 1
                _renew(client, idle)
            del busy[each]
    for client in clients:
        client.socket.close()
    return Timed(latencies, max(seconds, time.perf_counter() - begun), total - len(latencies))


def _renew(client: _Client, idle: deque[_Client]) -> None:
    """Let it connect again; if that fails, its next request fails."""
    with suppress(OSError):
        client.renew()
    idle.append(client)


def main() -> None:
    """Print the results as JSON."""
    port, rate, seconds, connections, *paths = sys.argv[1:]
    gc.disable()
    timed = run(int(port), float(rate), float(seconds), int(connections), paths)
    print(json.dumps(timed._asdict()))


if __name__ == "__main__":
    main()
