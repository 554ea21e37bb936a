"""Ignore empty lines before a message, and refuse heads and lines without end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._base import ReceiveHttp

from wirelint.sources.mitm.patches.patch import Commands, Patch, Replace

PATCH: Final = Patch(
    reason="mitmproxy takes an empty line before a message for a head and waits for ever; it is ignored (RFC 9112"
    " section 2.2). And it holds heads, chunk extensions and trailers of any size: from 1 MiB they are refused, with"
    " 431 or 502. A client that sends more than 16 MiB behind a request that is not answered yet is disconnected",
    replaces=(
        "mitmproxy.proxy.layers.http._http1.Http1Server.read_headers",
        "mitmproxy.proxy.layers.http._http1.Http1Client.read_headers",
        "mitmproxy.proxy.layers.http._http1.Http1Connection.read_body",
        "mitmproxy.proxy.layers.http._http1.Http1Connection.wait",
    ),
    test="tests/sources/mitm/test_sloppy_services.py::test_empty_lines_before_a_message",
    option="wirelint_compat",
)
HEAD_LIMIT: Final = 1024 * 1024
"""Most octets of a head, or of a line between chunks, that has no end yet."""
PIPELINED_LIMIT: Final = 16 * 1024 * 1024
"""Most octets of further requests that wait for the answer to the first."""


def apply(replace: Replace) -> None:
    """Apply the change."""
    replace(_http1.Http1Server, "read_headers", _read_request)
    replace(_http1.Http1Client, "read_headers", _read_response)
    replace(_http1.Http1Connection, "read_body", _read_body)
    replace(_http1.Http1Connection, "wait", _wait)


def _read_request(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def read_headers(self: _http1.Http1Server, event: events.ConnectionEvent) -> Commands:
        if isinstance(event, events.DataReceived):
            _skip_empty_lines(self)
            if not self.buf:
                return
        yield from original(self, event)
        if self.state == self.read_headers and len(self.buf) > HEAD_LIMIT:
            self.buf.maybe_extract_at_most(len(self.buf))
            self.state = self.done
            yield commands.SendData(self.conn, _http1.make_error_response(431, "the head of the request is too large"))
            yield commands.CloseConnection(self.conn)

    return read_headers


def _read_response(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def read_headers(self: _http1.Http1Client, event: events.ConnectionEvent) -> Commands:
        if isinstance(event, events.DataReceived) and self.request:
            _skip_empty_lines(self)
            if not self.buf:
                return
        yield from original(self, event)
        if self.state == self.read_headers and len(self.buf) > HEAD_LIMIT:
            yield from _refuse(self, "Cannot parse HTTP response: the head is too large")

    return read_headers


def _read_body(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def read_body(self: _http1.Http1Connection, event: events.Event) -> Commands:
        yield from original(self, event)
        # A reader leaves only lines without an end behind, and content that it has no use for.
        if self.state == self.read_body and len(self.buf) > HEAD_LIMIT:
            yield from _refuse(self, "HTTP/1 protocol error: a line between chunks is too large")

    return read_body


def _wait(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def wait(self: _http1.Http1Connection, event: events.Event) -> Commands:
        if len(self.buf) > PIPELINED_LIMIT:
            return _refuse(self, "Client disconnected.")
        return original(self, event)

    return wait


def _skip_empty_lines(connection: _http1.Http1Connection) -> None:
    while connection.buf._data[:2] == b"\r\n":  # noqa: SLF001 - h11 has no other way to look at them
        connection.buf.maybe_extract_at_most(2)


def _refuse(connection: _http1.Http1Connection, message: str) -> Commands:
    connection.buf.maybe_extract_at_most(len(connection.buf))
    connection.state = connection.done
    yield commands.CloseConnection(connection.conn)
    kind = connection.ReceiveProtocolError
    if connection.stream_id is not None:
        yield ReceiveHttp(kind(connection.stream_id, message, code=kind.code))
