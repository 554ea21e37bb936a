"""A proxy of ours between sockets that misbehave on demand."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import support
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Finding, Severity, Side
from wirelint.core.verdict import Verdict
from wirelint.settings.sampling import Sampler
from wirelint.sources.mitm.master import Running, run
from wirelint.sources.mitm.settings import ProxySettings, ServiceSpec
from wirelint.sources.stats import Stats

HOST = support.HOST
Behaviour = Callable[["Peer"], None]


class Peer:
    """The service's end of one connection; ``head`` is the request's head as it came."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.head = b""
        self.rest = b""

    def read_head(self) -> bool:
        while b"\r\n\r\n" not in self.rest:
            data = self.sock.recv(65536)
            if not data:
                return False
            self.rest += data
        self.head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        return True

    def read_body(self, size: int) -> bytes:
        while len(self.rest) < size:
            data = self.sock.recv(65536)
            if not data:
                break
            self.rest += data
        body, self.rest = self.rest[:size], self.rest[size:]
        return body

    def read_until(self, mark: bytes) -> bytes:
        while mark not in self.rest:
            data = self.sock.recv(65536)
            if not data:
                break
            self.rest += data
        found, sep, self.rest = self.rest.partition(mark)
        return found + sep

    def wait(self) -> None:
        """Say nothing until the other side leaves."""
        self.sock.recv(1)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    @property
    def path(self) -> str:
        return self.head.split(b" ", 2)[1].decode("latin-1")


class Service:
    """A raw server: each request is answered by the behaviour filed under its path."""

    def __init__(self, context: ssl.SSLContext | None = None, *, host: str = HOST, port: int = 0) -> None:
        self.behaviours: dict[str, Behaviour] = {}
        self.heads: dict[str, bytes] = {}
        self.notes: dict[str, Any] = {}
        self._context = context
        self._listener = socket.create_server((host, port), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def on(self, path: str, behaviour: Behaviour | bytes) -> None:
        if isinstance(behaviour, bytes):
            answer = behaviour
            self.behaviours[path] = lambda peer: peer.send(answer)
        else:
            self.behaviours[path] = behaviour

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError, IndexError):
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_side=True)
            self._open.add(sock)
            peer = Peer(sock)
            while peer.read_head():
                self.heads[peer.path] = peer.head
                self.behaviours[peer.path.partition("?")[0]](peer)
        with contextlib.suppress(OSError):
            sock.close()
        self._open.discard(sock)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


class Proxy:
    """Our headless master in a thread, with a consumer that collects."""

    def __init__(
        self,
        *services: ServiceSpec,
        confdir: Path,
        consume: Callable[[Exchange], Sequence[Finding]] | None = None,
        options: Mapping[str, Any] | None = None,
        sampler: Sampler | None = None,
        **settings: Any,
    ) -> None:
        self.exchanges: list[Exchange] = []
        self.stats = Stats()
        self.faults: list[str] = []
        self.hung: list[str] = []
        self.error: BaseException | None = None
        self._inner = consume
        self._sampler = sampler
        self._ready = threading.Event()
        self.running: Running | None = None
        self.stopped = threading.Event()
        settings.setdefault("grace", 1.0)
        self._settings = ProxySettings(
            services=services, options={"confdir": str(confdir), **(options or {})}, **settings
        )
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait(20)
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            run(
                self._settings,
                self._consume,
                on_ready=self._begin,
                on_stop=self.stopped.set,
                stats=self.stats,
                on_fault=self.faults.append,
                on_hung=self.hung.append,
                sampler=self._sampler,
            )
        except BaseException as error:  # noqa: BLE001
            self.error = error
        self._ready.set()

    def _begin(self, running: Running) -> None:
        self.running = running
        self._ready.set()

    def _consume(self, exchange: Exchange) -> Sequence[Finding]:
        self.exchanges.append(exchange)
        return self._inner(exchange) if self._inner is not None else ()

    def port(self, name: str | None = None) -> int:
        assert self.running is not None
        return next(each.port for each in self.running.listeners if name is None or each.name == name)

    def exchange(self, path: str, timeout: float = 10.0) -> Exchange:
        """Return the exchange for a path, once it was audited."""

        def found() -> list[Exchange]:
            return [e for e in list(self.exchanges) if e.request.target == path]

        support.wait_until(lambda: bool(found()), f"the exchange of {path}", timeout)
        return found()[0]

    def stop(self) -> None:
        if self.running is not None and self._thread.is_alive():
            self.running.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()


def connect(port: int, timeout: float = 10.0) -> socket.socket:
    sock = socket.create_connection((HOST, port), timeout=timeout)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def read_all(sock: socket.socket) -> bytes:
    """Everything until the peer closes, however it does."""
    data = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while piece := sock.recv(65536):
            data += piece
    return bytes(data)


def read_until(sock: socket.socket, mark: bytes) -> bytes:
    """Everything up to and beyond ``mark``, or until the peer closes."""
    data = bytearray()
    while mark not in data:
        piece = sock.recv(65536)
        if not piece:
            break
        data += piece
    return bytes(data)


def talk(port: int, request: bytes) -> bytes:
    """Send a request with ``Connection: close`` and read until the end."""
    with connect(port) as sock:
        sock.sendall(request)
        return read_all(sock)


def get(path: str, *fields: str) -> bytes:
    """Return a request that asks for the connection to be closed."""
    lines = [f"GET {path} HTTP/1.1", "Host: example.test", "Connection: close", *fields, "", ""]
    return "\r\n".join(lines).encode()


def resident() -> int:
    """This process's resident memory in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def finding(exchange: Exchange, severity: Severity) -> Finding:
    """Something found on an exchange."""
    return Finding(
        rule="some-pattern",
        severity=severity,
        confidence=Confidence.STRONG,
        side=Side.SERVER,
        service=exchange.service,
        direction=exchange.direction,
        method=exchange.request.method,
        route="/",
        status=exchange.status,
        verdict=Verdict.SERVER_ERROR,
        suggested_status=500,
        message="it is not fine",
        evidence="",
        fingerprint="0" * 16,
        exchange_id=exchange.id,
        trace_id=None,
        timestamp=exchange.timestamp,
        origin=None,
    )
