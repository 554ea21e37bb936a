"""Backends that fail like real ones, and the client with which a service calls them.

They run in the process of the service that calls them, each on its own loopback port. So the service has real
connections that are refused, time out, are reset or do not speak HTTP.
"""

from __future__ import annotations

import http.client
import socket
import socketserver
import threading
import time
from dataclasses import dataclass
from typing import override

_PATIENCE_SECONDS = 0.3
_WHOLE = 4096
_ROWS = b"sku,sold\n" + b"".join(b"tea-%d,%d\n" % (n, n * 7) for n in range(60))


class BackendError(Exception):
    """A call to a backend failed; ``str()`` is the text of an HTTP client library."""


class BackendTimeoutError(BackendError):
    """The backend did not answer in time."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer of a backend: its content, and the announced length."""

    content: bytes
    announced: int


class Backends:
    """``steady`` answers, ``slow`` does not, ``dead`` refuses, ``garbled`` sends no HTTP, ``broken`` ends early."""

    def __init__(self) -> None:
        self._ports = {name: _listen(handler) for name, handler in _HANDLERS.items()}
        self._dead = socket.socket()
        self._dead.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        self._ports["dead"] = self._dead.getsockname()[1]

    def fetch(self, name: str, *, known_as: str) -> Fetched:
        """Call a backend.

        :param name: a name listed in the class.
        :param known_as: the host and port in error texts.
        :raises BackendError: with the text of the client library.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self._ports[name], timeout=_PATIENCE_SECONDS)
        try:
            connection.request("GET", "/")
            response = connection.getresponse()
            return Fetched(_read(response), int(response.headers.get("Content-Length", "0")))
        except ConnectionRefusedError as error:
            raise BackendError(f"connect ECONNREFUSED {known_as}") from error
        except TimeoutError as error:
            raise BackendTimeoutError("upstream request timeout") from error
        except (http.client.HTTPException, OSError) as error:
            raise BackendError(f"invalid answer from {known_as}") from error
        finally:
            connection.close()


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read()
    except http.client.IncompleteRead as cut:
        return cut.partial


class _Steady(socketserver.StreamRequestHandler):
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"degrees": 7}'

    @override
    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        self.wfile.write(self.answer)


class _Garbled(_Steady):
    answer = b"\x15\x03\x01\x00\x02\x02\x46"  # a TLS alert: an HTTPS port that was called in the clear


class _Broken(_Steady):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (_WHOLE, _ROWS)


class _Slow(_Steady):
    @override
    def handle(self) -> None:
        time.sleep(_PATIENCE_SECONDS * 3)


_HANDLERS: dict[str, type[_Steady]] = {"steady": _Steady, "slow": _Slow, "garbled": _Garbled, "broken": _Broken}


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Log nothing: a caller that times out closes its end."""


def _listen(handler: type[_Steady]) -> int:
    listener = _Listener(("127.0.0.1", 0), handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    return int(listener.server_address[1])
