"""The record of an exchange in flight: plain values, so that nothing is computed on the path of the traffic."""

from __future__ import annotations

import time
from typing import Final

from mitmproxy import connection, http

from wirelint.core.exchange import Direction, Failure
from wirelint.sources import heads
from wirelint.sources.heads import Fields
from wirelint.sources.mitm.patches.http1_safe_framing import received

HELD_LIMIT: Final = 64 * 1024 * 1024
"""Most octets of bodies held at a time, over all exchanges in flight or waiting for their audit."""

CONTENT_LIMIT: Final = 256 * 1024
"""Most octets taken of a body that mitmproxy buffers."""


class Pool:
    """The room for captured octets, shared by all exchanges, so that their number does not matter."""

    __slots__ = ("free", "size")

    def __init__(self, size: int = HELD_LIMIT) -> None:
        self.size = size
        self.free = size


class Tee:
    """Forwards a body unchanged and keeps its first octets.

    mitmproxy calls it with each piece and once with ``b""`` at the end. It must never raise and must return its
    argument: otherwise mitmproxy assumes a crash of its own, and the client waits forever.
    """

    __slots__ = ("at", "buffer", "final", "limit", "message", "pool", "size")

    def __init__(self, message: http.MessageData, limit: int, pool: Pool) -> None:
        self.message = message
        self.limit = limit
        self.pool = pool
        self.buffer = bytearray()
        self.size = 0
        self.final: bytes | None = None
        self.at = 0.0

    def __call__(self, data: bytes) -> bytes:
        """Record a piece of the body and return it."""
        try:
            if data:
                size = self.size
                self.size = size + len(data)
                self.at = time.time()
                if size < self.limit:
                    self._keep(data, self.limit - size)
                if self.final is not None:
                    self._unsettle()
            elif self.size == len(self.buffer):
                # A small complete body: other add-ons, flow files and screens expect it after a buffered body.
                # HTTP/2 may send an empty frame mid-stream, so this is not always the last call.
                self.final = self.message.content = bytes(self.buffer)
        except Exception:  # noqa: BLE001, S110 - see above; counting must not be what fails
            pass
        return data

    def _keep(self, data: bytes, room: int) -> None:
        pool = self.pool
        room = max(0, min(room, pool.free))
        piece = data if len(data) <= room else data[:room]
        # After a missing piece, the rest would not be a prefix any more.
        if len(self.buffer) + len(data) == self.size:
            self.buffer += piece
            pool.free -= len(piece)

    def _unsettle(self) -> None:
        self.final = self.message.content = None

    def close(self) -> int:
        """Keep nothing from now on; return the number of octets held until now."""
        held = len(self.buffer)
        self.limit = 0
        self.buffer = bytearray()
        return held


class Octets:
    """Content of a message: ``raw`` is None if it passed unseen, ``complete`` is False for a prefix."""

    __slots__ = ("complete", "raw", "size")

    def __init__(self, raw: bytes | None, size: int | None, *, complete: bool) -> None:
        self.raw = raw
        self.size = size
        self.complete = complete


class Record:
    """One recorded exchange. Fields are the octets on the wire, times are Unix seconds."""

    __slots__ = (
        "answered",
        "authority",
        "client",
        "client_id",
        "connection",
        "direction",
        "ended",
        "failure",
        "first_byte",
        "held",
        "hung",
        "id",
        "method",
        "path",
        "reason",
        "request_body",
        "request_ended",
        "request_fields",
        "request_tee",
        "request_version",
        "response_body",
        "response_fields",
        "response_tee",
        "response_version",
        "scheme",
        "service",
        "started",
        "status",
        "trailers",
    )

    def __init__(self, flow: http.HTTPFlow, service: str, direction: Direction) -> None:
        data = flow.request.data
        peer = flow.client_conn.peername
        self.id = flow.id
        self.client = peer[0] if peer else ""
        self.client_id = flow.client_conn.id
        self.connection: connection.Client | None = None
        self.service = service
        self.direction = direction
        self.method = data.method
        self.path = data.path
        self.scheme = data.scheme
        self.authority = data.authority or _host(data.headers.fields) or _address(data)
        self.request_version = data.http_version
        self.request_fields: Fields = received(flow.request)
        self.request_tee: Tee | None = None
        self.request_body: Octets | None = None
        self.request_ended = False
        self.started = data.timestamp_start
        self.answered = False
        self.status = 0
        self.reason = b""
        self.response_version = b""
        self.response_fields: Fields = ()
        self.response_tee: Tee | None = None
        self.response_body: Octets | None = None
        self.trailers: Fields | None = None
        self.first_byte: float | None = None
        self.ended: float | None = None
        self.failure: Failure | None = None
        self.hung = False
        self.held = 0

    def answer(self, response: http.Response) -> None:
        """Record the head of the response."""
        data = response.data
        self.answered = True
        self.status = data.status_code
        self.reason = data.reason
        self.response_version = data.http_version
        self.response_fields = received(response)
        self.first_byte = data.timestamp_start

    def finish(self, flow: http.HTTPFlow, failure: Failure | None) -> None:
        """Record the bodies, and how the exchange ended."""
        request, response = flow.request.data, flow.response
        self.connection = None
        self.failure = failure
        self.request_ended = request.timestamp_end is not None
        self.request_body = self._body(self.request_tee, request.content, whole=self.request_ended)
        if self.answered and response is not None:
            data = response.data
            # A truncated response has no end; other add-ons may still have set one.
            whole = failure is None
            self.response_body = self._body(self.response_tee, data.content, whole=whole)
            if whole:
                self.trailers = data.trailers.fields if data.trailers is not None else ()
        if failure is None and response is not None:
            self.ended = response.data.timestamp_end
        elif flow.error is not None:
            self.ended = flow.error.timestamp

    def weigh(self, pool: Pool) -> bool:
        """Take room for the heads, too: mitmproxy does not limit their size.

        :returns: False if one of them is too large to audit; then no room is taken.
        """
        request = heads.octets(self.request_fields, len(self.path))
        response = heads.octets(self.response_fields, len(self.reason))
        trailers = heads.octets(self.trailers) if self.trailers else 0
        if request is None or response is None or trailers is None:
            return False
        octets = request + response + trailers
        self.held += octets
        pool.free -= octets
        return True

    def release(self, pool: Pool) -> None:
        """Release the room of its octets, which may be gone afterwards."""
        for tee in (self.request_tee, self.response_tee):
            if tee is not None:
                self.held += tee.close()
        pool.free += self.held
        self.held = 0

    def _body(self, tee: Tee | None, content: bytes | None, *, whole: bool) -> Octets:
        if tee is None or not (tee.size or tee.final is not None):
            # mitmproxy buffered the body, or there was none: the tee was never called.
            if content is None:
                return Octets(None, None, complete=False)
            fits = len(content) <= CONTENT_LIMIT
            return Octets(content if fits else content[:CONTENT_LIMIT], len(content), complete=whole and fits)
        raw = tee.final if tee.final is not None else bytes(tee.buffer)
        self.held += tee.close()
        if not raw and tee.size:
            return Octets(None, tee.size, complete=False)
        return Octets(raw, tee.size if whole else None, complete=whole and len(raw) == tee.size)


def _host(fields: Fields) -> bytes:
    for name, value in fields:
        if len(name) == 4 and name.lower() == b"host":
            return value
    return b""


def _address(data: http.RequestData) -> bytes:
    return f"{data.host}:{data.port}".encode("utf-8", "surrogateescape") if data.host else b""
