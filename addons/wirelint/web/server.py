"""The server: it uses its own threads, never the proxy's event loop, and no client can block it."""

from __future__ import annotations

import contextlib
import logging
import math
import socket
import socketserver
import threading
import time
from collections.abc import Iterable
from http.server import ThreadingHTTPServer
from typing import Any, Final

from wirelint.web.access import Access, Serves
from wirelint.web.handler import Handler
from wirelint.web.names import Names
from wirelint.web.site import Site

_log = logging.getLogger(__name__)

_MOST_CONNECTIONS: Final = 32
_MOST_STREAMS: Final = 8
_LONGEST_LIFE: Final = 20.0
_GRACE: Final = 0.5


class WebServer:
    """Serves ``/metrics``, ``/healthz``, ``/readyz``, the live page and its API, or a part of these.

    :param site: the resources.
    :param host: address to listen on.
    :param port: port to listen on; 0 for any free one.
    :param hosts: further allowed names in the Host field; see ``names``.
    :param serves: which resources.
    :param token: token of the page, None without; see ``access``.
    """

    def __init__(  # noqa: PLR0913 - what may be set, by name
        self,
        site: Site,
        *,
        host: str = "127.0.0.1",
        port: int = 9464,
        hosts: Iterable[str] = (),
        serves: Serves = Serves(),  # noqa: B008 - frozen
        token: str | None = None,
    ) -> None:
        self._site = site
        self._host = host.strip("[]")
        self._port = port
        self._access = Access(Names(self._host, hosts), serves, token)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> str:
        """Start to listen.

        :returns: its address, without a trailing slash.
        :raises OSError: the address is not available; the text says which and why.
        """
        try:
            self._server = server = _Server(self._host, self._port, self._site, self._access)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise OSError(
                getattr(error, "errno", None), f"cannot listen on {self._host}:{self._port}: {why}"
            ) from error
        self._thread = threading.Thread(target=server.serve_forever, args=(0.2,), name="wirelint-web", daemon=True)
        self._thread.start()
        name = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self._host, self._host)  # noqa: S104 - compared
        return f"http://{f'[{name}]' if ':' in name else name}:{server.server_address[1]}"

    def stop(self) -> None:
        """Stop, and close all connections. Calling this again changes nothing."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server is not None and thread is not None:
            server.ending.set()
            server.shutdown()
            server.server_close()
            server.cut(older_than=0.0)
            thread.join(2.0)


class _Server(ThreadingHTTPServer):
    """Gives each connection a thread and a short lifetime.

    A connection older than ``_LONGEST_LIFE`` is closed, however busy it is, except for a few streams of events. If
    there are too many, the oldest makes room for the newest, so that silent clients cannot lock others out.
    """

    daemon_threads = True
    allow_reuse_port = False
    request_queue_size = 64

    def __init__(self, host: str, port: int, site: Site, access: Access) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.site = site
        self.access = access
        self._open: dict[socket.socket, float] = {}
        self._streams: set[socket.socket] = set()
        self._guard = threading.Lock()
        self.ending = threading.Event()
        super().__init__((host, port), Handler)

    def server_bind(self) -> None:
        """Bind, without a look-up of the own name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Accept a connection."""
        now = time.monotonic()
        with self._guard:
            count = len(self._open)
            oldest = min(self._open, key=self._open.__getitem__) if count >= _MOST_CONNECTIONS else None
            taken = oldest is None or (count < 2 * _MOST_CONNECTIONS and now - self._open[oldest] >= _GRACE)
            if taken:
                self._open[request] = now
                if oldest is not None:
                    self._open[oldest] = math.inf  # it is closing, so the next one to close is another
        if not taken:
            super().shutdown_request(request)
            return
        if oldest is not None:
            _cut(oldest)
        threading.Thread(
            target=self.process_request_thread, args=(request, client_address), name="wirelint-web", daemon=True
        ).start()

    def stream(self, connection: socket.socket) -> bool:
        """Let a connection live on for events; return whether there is room for another one."""
        with self._guard:
            if len(self._streams) >= _MOST_STREAMS:
                return False
            self._open.pop(connection, None)
            self._streams.add(connection)
        return True

    def shutdown_request(self, request: Any) -> None:
        """Forget a finished connection."""
        with self._guard:
            self._open.pop(request, None)
            self._streams.discard(request)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Close old connections; ``serve_forever`` calls this regularly."""
        self.cut(older_than=_LONGEST_LIFE)

    def cut(self, older_than: float) -> None:
        """Close connections that are older than this many seconds."""
        limit = time.monotonic() - older_than
        with self._guard:
            stale = [connection for connection, since in self._open.items() if since <= limit]
            if self.ending.is_set():
                stale += self._streams
        for connection in stale:
            _cut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - as the base class calls it
        """Log at debug level only: the handler reports internal faults, and a client that disconnects is no event."""
        _log.debug("wirelint: a connection to the web server failed", exc_info=True)


def _cut(connection: socket.socket) -> None:
    # Its thread may be blocked on it; this wakes the thread, which closes it.
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
