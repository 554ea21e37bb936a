"""Forward trailers of chunked HTTP/1.1 messages (RFC 9112 §7.1.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import h11
from h11._readers import ChunkedReader
from h11._receivebuffer import ReceiveBuffer
from mitmproxy import http
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._base import HttpEvent, ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    RequestEndOfMessage,
    RequestTrailers,
    ResponseEndOfMessage,
    ResponseTrailers,
)

from wirelint.sources.mitm.patches.patch import Commands, Patch, Replace

PATCH: Final = Patch(
    reason="mitmproxy raises at trailers, and the client waits for ever; they are passed on behind the last chunk",
    replaces=(
        "mitmproxy.proxy.layers.http._http1.make_body_reader",
        "mitmproxy.proxy.layers.http._http1.Http1Connection.read_body",
        "mitmproxy.proxy.layers.http._http1.Http1Server.send",
        "mitmproxy.proxy.layers.http._http1.Http1Client.send",
    ),
    upstream="https://github.com/mitmproxy/mitmproxy/issues/2474",
    test="tests/sources/mitm/test_traffic.py::test_chunks_stay_chunks_with_trailers",
    option="wirelint_compat",
)
_END: Final = b"0\r\n%s\r\n"


def apply(replace: Replace) -> None:
    """Apply the change."""
    replace(_http1, "make_body_reader", _make_body_reader)
    replace(_http1.Http1Connection, "read_body", _read_body)
    replace(_http1.Http1Server, "send", lambda send: _send(send, ResponseTrailers, ResponseEndOfMessage))
    replace(_http1.Http1Client, "send", lambda send: _send(send, RequestTrailers, RequestEndOfMessage))


class TrailerReader(ChunkedReader):
    """Reads a chunked body, and keeps its trailers in place of reporting them as an error."""

    trailers: http.Headers | None = None

    def __call__(self, buffer: ReceiveBuffer) -> h11.Data | h11.EndOfMessage | None:
        """Return the next piece of the body, its end, or None until more arrives."""
        event = super().__call__(buffer)
        if isinstance(event, h11.EndOfMessage) and event.headers:
            self.trailers = http.Headers(event.headers.raw_items())
            return h11.EndOfMessage()
        return event


def _make_body_reader(original: Callable[[int | None], Any]) -> Callable[[int | None], Any]:
    def make_body_reader(expected_size: int | None) -> Any:
        return TrailerReader() if expected_size is None else original(expected_size)

    return make_body_reader


def _read_body(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def read_body(self: _http1.Http1Connection, event: events.Event) -> Commands:
        reader = self.body_reader
        commanded = original(self, event)
        return _with_trailers(reader, commanded) if isinstance(reader, TrailerReader) else commanded

    return read_body


def _with_trailers(reader: TrailerReader, commanded: Commands) -> Commands:
    # No layer below waits for a reply, so commands can be forwarded singly.
    for command in commanded:
        if reader.trailers is not None and isinstance(command, ReceiveHttp):
            end = command.event
            kind = RequestTrailers if isinstance(end, RequestEndOfMessage) else ResponseTrailers
            if isinstance(end, (RequestEndOfMessage, ResponseEndOfMessage)):
                trailers, reader.trailers = reader.trailers, None
                yield ReceiveHttp(kind(end.stream_id, trailers))
        yield command


def _send(original: Callable[..., Commands], trailers: type, end: type) -> Callable[..., Commands]:
    def send(self: Any, event: HttpEvent) -> Commands:
        if isinstance(event, trailers):
            return _hold_back(self, event)
        if isinstance(event, end) and self.__dict__.get("wirelint_trailers") is not None:
            return _send_end(self)
        return original(self, event)

    return send


def _hold_back(connection: Any, event: Any) -> Commands:
    """Hold trailers back until the last chunk. Without chunks, HTTP/1.1 has no place for them."""
    request = isinstance(connection, _http1.Http1Client)
    message = connection.request if request else connection.response
    if "chunked" in message.headers.get("transfer-encoding", "").lower():
        connection.wirelint_trailers = event.trailers
    yield from ()


def _send_end(connection: Any) -> Commands:
    trailers = connection.__dict__.pop("wirelint_trailers")
    request = isinstance(connection, _http1.Http1Client)
    yield commands.SendData(connection.conn, _END % bytes(trailers))
    yield from connection.mark_done(request=request, response=not request)
