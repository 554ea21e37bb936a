"""Routes, replies and the HTTP/1.1 server of the demo's services, without dependencies."""

from __future__ import annotations

import json
import re
import socketserver
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar, override
from urllib.parse import parse_qs, unquote, urlsplit

JSON = "application/json"
PROBLEM = "application/problem+json"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_MOST_CONTENT = 65_536
_IDLE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a route sees it."""

    method: str
    path: str
    query: dict[str, str]
    fields: dict[str, str]
    content: bytes
    captured: dict[str, str]

    def json(self) -> Any:
        """Return the content as JSON.

        :raises ValueError: it is not JSON.
        """
        return json.loads(self.content)

    @property
    def credential(self) -> str | None:
        """Return the credential in the Authorization field, whatever its scheme."""
        return self.fields.get("authorization", "").partition(" ")[2] or None


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply.

    :param announced: a Content-Length that differs from the content: the connection closes at the end of the content.
    :param pieces: content that follows in chunks.
    """

    status: int
    content: bytes = b""
    media: str | None = None
    fields: dict[str, str] = field(default_factory=dict)
    announced: int | None = None
    pieces: Iterable[bytes] | None = None


def as_json(status: int, value: Any, media: str = JSON, **fields: str) -> Reply:
    """Return a JSON reply; the names of ``fields`` have underscores for hyphens."""
    content = json.dumps(value, separators=(",", ":")).encode()
    return Reply(status, content, media, {name.replace("_", "-"): text for name, text in fields.items()})


def problem(status: int, title: str, detail: str, *, declared: int | None = None, **fields: str) -> Reply:
    """Return a problem document (RFC 9457); ``declared`` is a wrong value for its status member."""
    value = {"type": "about:blank", "title": title, "status": declared or status, "detail": detail}
    return as_json(status, value, PROBLEM, **fields)


def as_text(status: int, text: str, media: str = "text/plain; charset=utf-8") -> Reply:
    """Return a text reply."""
    return Reply(status, text.encode(), media)


Route = Callable[[Call], Reply]


def _not_found(call: Call) -> Reply:
    return as_json(404, {"error": f"no such path: {call.path}"})


def _wrong_method(_: Call, allowed: list[str]) -> Reply:
    return as_json(405, {"error": "method not allowed"}, Allow=", ".join(allowed))


def _crashed(_: Call, error: Exception) -> Reply:
    print(f"demo: unexpected {error!r}", file=sys.stderr)
    return as_json(500, {"error": "internal error"})


@dataclass(slots=True)
class App:
    """A service: its routes, and its replies if none fits or one fails.

    :param name: also the value of its Server field.
    """

    name: str
    not_found: Route = _not_found
    wrong_method: Callable[[Call, list[str]], Reply] = _wrong_method
    crashed: Callable[[Call, Exception], Reply] = _crashed
    routes: list[tuple[str, re.Pattern[str], Route]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.route("GET /health")(lambda _: as_json(200, {"service": self.name, "up": True}))

    def route(self, pattern: str) -> Callable[[Route], Route]:
        """Register a route, such as ``GET /users/{name}``."""
        method, _, path = pattern.partition(" ")
        expression = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))

        def register(route: Route) -> Route:
            self.routes.append((method, expression, route))
            return route

        return register

    def answer(self, method: str, target: str, fields: dict[str, str], content: bytes) -> Reply:
        """Return the reply to a request."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        allowed = []
        for known, expression, route in self.routes:
            if (match := expression.fullmatch(path)) is None:
                continue
            if known == method:
                call = Call(method, path, query, fields, content, match.groupdict())
                try:
                    return route(call)
                except Exception as error:  # noqa: BLE001 - as every web framework does
                    return self.crashed(call, error)
            allowed.append(known)
        call = Call(method, path, query, fields, content, {})
        return self.wrong_method(call, allowed) if allowed else self.not_found(call)


class Server(socketserver.ThreadingTCPServer):
    """Serves one app, with a thread per connection.

    :param host: the address to listen on.
    :param port: the port; 0 for any free one, which ``port`` then returns.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, app: App, host: str = "127.0.0.1", port: int = 0) -> None:
        handler = type("Handler", (_DemoHandler,), {"app": app, "server_version": app.name})
        super().__init__((host, port), handler)

    @property
    def port(self) -> int:
        """Return the port on which it listens."""
        return int(self.server_address[1])

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):  # clients may disconnect at any time
            super().handle_error(request, client_address)


class _DemoHandler(BaseHTTPRequestHandler):
    app: ClassVar[App]
    protocol_version = "HTTP/1.1"
    sys_version = ""
    timeout = _IDLE_SECONDS
    wbufsize = -1  # one write, and one packet, for most replies
    disable_nagle_algorithm = True

    def serve(self) -> None:
        """Answer the request whose head has been read."""
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not length.isdecimal() or int(length) > _MOST_CONTENT:
            self.close_connection = True
            self._send(as_json(413, {"error": "content that is not announced, or too long"}))
            return
        content = self.rfile.read(int(length))
        fields = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.app.answer(self.command, self.path, fields, content))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        if reply.media is not None:
            self.send_header("Content-Type", reply.media)
        for name, value in reply.fields.items():
            self.send_header(name, value)
        if reply.pieces is not None:
            self.send_header("Transfer-Encoding", "chunked")
        elif reply.status not in {204, 304}:
            self.send_header("Content-Length", str(reply.announced or len(reply.content)))
        if reply.announced or self.close_connection:
            self.close_connection = True
            if not reply.announced:  # an aborted one gives no warning
                self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        for piece in reply.pieces or ():
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n" if reply.pieces is not None else reply.content)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the terminal belongs to wirelint."""


for _method in _METHODS:
    setattr(_DemoHandler, f"do_{_method}", _DemoHandler.serve)
