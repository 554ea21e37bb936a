"""Handle one connection: read one request, check it, answer it, close."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import logging
import socket
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, BinaryIO, Final, Protocol
from urllib.parse import parse_qs

from wirelint.web.access import Access
from wirelint.web.answer import Answer, problem
from wirelint.web.site import EVENTS, Site

_log = logging.getLogger(__name__)

_MOST_HEAD_BYTES: Final = 32 * 1024
_MOST_DISCARDED_BYTES: Final = 64 * 1024
_LEAST_GZIPPED_BYTES: Final = 1400
_EVENTS_EVERY: Final = 0.5
_BEATS: Final = 30
_COMPRESSIBLE: Final = ("text/", "application/json", "application/openmetrics-text", "image/svg+xml")
_SECURITY: Final = (
    (
        "Content-Security-Policy",
        (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
            " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
            " require-trusted-types-for 'script'; trusted-types 'none'"
        ),
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


class HasSite(Protocol):
    """The part of the server that a connection uses."""

    site: Site
    access: Access
    ending: threading.Event

    def stream(self, connection: socket.socket) -> bool:
        """Let a connection live on for events; return whether there is room for another one."""


class _Head:
    """A stream that limits the lines read to a request's head."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = _MOST_HEAD_BYTES
        self.read = stream.read
        self.close = stream.close

    def readline(self, limit: int = -1) -> bytes:
        """Return a line, or the rest of the allowance.

        :raises LineTooLong: the allowance is used up; the base class sends 431.
        """
        if self._left <= 0:
            raise http.client.LineTooLong("head")
        line = self._stream.readline(min(limit, self._left) if limit >= 0 else self._left)
        self._left -= len(line)
        return line


class Handler(BaseHTTPRequestHandler):
    """Answers requests from the server's site."""

    protocol_version = "HTTP/1.1"
    timeout = 5.0

    def setup(self) -> None:
        """Prepare the streams."""
        super().setup()
        self.rfile: Any = _Head(self.rfile)

    def handle(self) -> None:
        """Serve one request. Threads are few, and reconnecting costs little beside the proxy itself."""
        self.close_connection = True
        with contextlib.suppress(ConnectionError, TimeoutError, ValueError):
            self.handle_one_request()

    def do_GET(self) -> None:
        """Answer a GET."""
        answer = self._find()
        if answer is EVENTS and self.command == "GET":
            self._stream()
        else:
            self._reply(answer)

    def do_HEAD(self) -> None:
        """Answer a HEAD."""
        self.do_GET()

    def do_POST(self) -> None:
        """Change what is shown."""
        self._discard()
        self._reply(self._find(post=True))

    def _stream(self) -> None:
        """Send events until the client or the server leaves."""
        server: HasSite = self.server  # type: ignore[assignment]  # the only one that makes handlers
        if not server.stream(self.connection):
            self._reply(problem(503, "too many pages are open", ("Retry-After", "5")))
            return
        since = self.headers.get("Last-Event-ID") or parse_qs(self.path.partition("?")[2]).get("since", ["0"])[-1]
        self._head(200, EVENTS.type, dict(EVENTS.fields))
        quiet = 0
        for event in server.site.events(int(since) if since.isascii() and since.isdigit() else 0):
            quiet = 0 if event else quiet + 1
            if event or quiet % _BEATS == 0:
                self.wfile.write(event or b": nothing new\n\n")
            if server.ending.wait(_EVENTS_EVERY):
                return

    def _discard(self) -> None:
        """Read the content: closing the connection with unread content would destroy the response."""
        length = self.headers.get("Content-Length", "")
        if length.isascii() and length.isdigit():
            self.rfile.read(min(int(length[:10]), _MOST_DISCARDED_BYTES))

    def _refuse(self) -> None:
        """Answer 405, or the status for another fault of the request."""
        self._discard()
        answer = self._find()
        if answer.status not in (400, 401, 403, 404, 421):
            answer = problem(405, "not a method of this", ("Allow", self._allowed()))
        self._reply(answer)

    def _allowed(self) -> str:
        server: HasSite = self.server  # type: ignore[assignment]  # likewise
        return server.site.methods(self.path.partition("?")[0])

    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = _refuse  # noqa: N815 - so it asks

    def _find(self, *, post: bool = False) -> Answer:
        place: HasSite = self.server  # type: ignore[assignment]  # the only one that makes handlers
        fields = {name.lower(): value for name, value in self.headers.items()}
        hosts = self.headers.get_all("Host", [])
        if len(hosts) > 1 or (not hosts and self.request_version == "HTTP/1.1") or not self.path.startswith("/"):
            return problem(400, "one Host field and a path are needed")
        path, _, query = self.path.partition("?")
        refused = place.access.refuse(path, query, fields)
        if refused is not None:
            return refused
        try:
            answer = place.site.post(path, fields) if post else place.site.get(path, query, fields)
        except Exception as error:  # noqa: BLE001 - a fault of ours must be reported by an honest status
            _log.warning("wirelint: fault in the web server (%s)", type(error).__name__)
            _log.debug("wirelint: fault in the web server", exc_info=error)
            return problem(500, "a fault of wirelint's own")
        tag = dict(answer.fields).get("ETag")
        if answer.status == 200 and tag is not None and tag in fields.get("if-none-match", ""):
            return Answer(304, "", b"", answer.fields)
        return answer

    def _reply(self, answer: Answer) -> None:
        content = answer.content
        fields = dict(answer.fields)
        if len(content) >= _LEAST_GZIPPED_BYTES and answer.type.startswith(_COMPRESSIBLE):
            fields["Vary"] = f"{fields['Vary']}, Accept-Encoding" if "Vary" in fields else "Accept-Encoding"
            if _accepts_gzip(self.headers.get("Accept-Encoding", "")):
                content = gzip.compress(content, compresslevel=4, mtime=0)
                fields["Content-Encoding"] = "gzip"
                if "ETag" in fields:
                    fields["ETag"] = f"W/{fields['ETag']}"
        if answer.status != HTTPStatus.NOT_MODIFIED:
            fields = {"Content-Length": str(len(content)), **fields}
        self._head(answer.status, answer.type, fields)
        if self.command != "HEAD":
            self.wfile.write(content)

    def _head(self, status: int, kind: str, fields: Mapping[str, str]) -> None:
        self.request_version = self.protocol_version  # before a request is read it is 0.9, which has no status line
        self.send_response(status)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", kind)
        for name, value in (*fields.items(), *_SECURITY, ("Connection", "close")):
            self.send_header(name, value)
        self.end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Send the base class's error for a request, without quoting the request."""
        if not hasattr(self, "headers"):
            self.headers = http.client.HTTPMessage()
        self._reply(problem(code, HTTPStatus(code).phrase.lower()))

    def version_string(self) -> str:
        """Return the value of the Server field."""
        return "wirelint"

    def log_message(self, *_: Any) -> None:
        """Log nothing: request lines to this server may contain anything."""


def _accepts_gzip(field: str) -> bool:
    """Return whether an Accept-Encoding field (RFC 9110 section 12.5.3) allows gzip."""
    for item in field.lower().split(","):
        coding, *parameters = (part.strip() for part in item.split(";"))
        if coding in ("gzip", "*"):
            weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
            return weight.strip("0.") != ""
    return False
