"""Lets valid HTTP/1.1 pass that mitmproxy chokes on. The one place where its code is changed at run time.

- Trailers of chunked messages (RFC 9112 §7.1.2): mitmproxy raises, and the client waits for ever (its issue 2474).
- Interim responses (RFC 9110 §15.2): mitmproxy takes the first for the final response (its issue 2229).
- Requests that come by HTTP/2 without a length and go on by HTTP/1.1: mitmproxy writes their content behind the head
  without any framing, where the service takes it for the next request. They are sent in chunks (RFC 9112 §6.3).
- Answers that are no HTTP at all and have no empty line in them: mitmproxy waits for one for as long as the connection
  stays open, and the client with it. Old versions of nginx pass such answers on from their upstreams, as HTTP/0.9.

Left alone: ``Expect: 100-continue``. mitmproxy answers it by itself and takes the field out of the request, as RFC
9110 §10.1.1 allows an intermediary that wants the content at once; a service that would have refused the request by
its head alone receives the content as well. Interim responses between HTTP/2 ends are swallowed by mitmproxy.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from typing import Any, Final

import h11
from h11._readers import ChunkedReader
from h11._receivebuffer import ReceiveBuffer
from mitmproxy import http, version
from mitmproxy.net.http import http1
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._base import HttpEvent, ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestEndOfMessage,
    RequestHeaders,
    RequestTrailers,
    ResponseEndOfMessage,
    ResponseProtocolError,
    ResponseTrailers,
)

from wirelint.sources.mitm.dispatch import tested

_log: Final = logging.getLogger(__name__)

Commands = Generator[commands.Command, Any, None]
_originals: dict[tuple[Any, str], Any] = {}
_STATUS_LINE: Final = len(b"HTTP/1.1 200")
_END: Final = b"0\r\n%s\r\n"


def switch(*, on: bool) -> None:
    """Put the changes in place or take them back. With an untested mitmproxy they stay out, with a warning."""
    if on and not tested():
        _log.warning("wirelint: wirelint_compat is off, mitmproxy %s was not tested with it", version.VERSION)
        return
    if on and not _originals:
        server, client = _http1.Http1Server, _http1.Http1Client
        _replace(_http1, "make_body_reader", _make_body_reader(_http1.make_body_reader))
        _replace(_http1.Http1Connection, "read_body", _read_body(_http1.Http1Connection.read_body))
        _replace(server, "send", _send(server.send, ResponseTrailers, ResponseEndOfMessage))
        _replace(client, "send", _frame(_send(client.send, RequestTrailers, RequestEndOfMessage)))
        _replace(client, "read_headers", _read_headers(client.read_headers))
    elif not on:
        while _originals:
            (owner, name), original = _originals.popitem()
            setattr(owner, name, original)


def _replace(owner: Any, name: str, value: Any) -> None:
    _originals[owner, name] = vars(owner)[name]
    setattr(owner, name, value)


class TrailerReader(ChunkedReader):
    """Reads a chunked body, and puts its trailers aside in place of reporting them."""

    trailers: http.Headers | None = None

    def __call__(self, buffer: ReceiveBuffer) -> h11.Data | h11.EndOfMessage | None:
        """The next piece of the body, its end, or None until more has come."""
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
    # Nothing below waits for a reply, so commands may be passed on one by one.
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


def _frame(send: Callable[..., Commands]) -> Callable[..., Commands]:
    def framed(self: _http1.Http1Client, event: HttpEvent) -> Commands:
        if isinstance(event, RequestHeaders) and not event.end_stream:
            request = event.request
            if (request.is_http2 or request.is_http3) and "content-length" not in request.headers:
                request = request.copy()
                request.headers["Transfer-Encoding"] = "chunked"
                event = RequestHeaders(event.stream_id, request, end_stream=False)
        return send(self, event)

    return framed


def _hold_back(connection: Any, event: Any) -> Commands:
    """Trailers go out with the last chunk. Where there are no chunks, HTTP/1.1 has no place for them."""
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


def _read_headers(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def read_headers(self: _http1.Http1Client, event: events.ConnectionEvent) -> Commands:
        if self.request and self.stream_id is not None and isinstance(event, events.DataReceived):
            data = bytes(self.buf._data[:_STATUS_LINE])  # noqa: SLF001 - all of it would cost more with each piece
            if _is_interim(data):
                return _pass_interim(self, self.request, self.stream_id, event)
            if _is_foreign(data):
                self.buf += b"\r\n\r\n"  # a head that ends is a head that can be refused
        return original(self, event)

    return read_headers


def _is_interim(data: bytes) -> bool:
    """Whether a status line begins with 1xx; 101 is final as far as HTTP is concerned (RFC 9110 §15.2.2)."""
    return data[:7] == b"HTTP/1." and data[9:10] == b"1" and len(data) > 11 and data[9:12] != b"101"


def _is_foreign(data: bytes) -> bool:
    """Whether what has come can be no status line, whatever follows; empty lines before one are overlooked."""
    return not b"HTTP/".startswith(data[:9].lstrip(b"\r\n")[:5])


def _pass_interim(
    client: _http1.Http1Client, request: http.Request, stream_id: int, event: events.DataReceived
) -> Commands:
    lines = client.buf.maybe_extract_lines()
    if not lines:
        return
    try:
        response = http1.read_response_head([bytes(line) for line in lines])
    except ValueError as error:
        yield commands.CloseConnection(client.conn)
        message = f"Cannot parse HTTP response: {error}"
        yield ReceiveHttp(ResponseProtocolError(stream_id, message, ErrorCode.GENERIC_SERVER_ERROR))
        return
    # HTTP/1.0 knows no interim responses (RFC 9110 §15.2), and HTTP/2 would need frames in place of text.
    if request.http_version == "HTTP/1.1":
        yield commands.SendData(client.context.client, http1.assemble_response_head(response))
    if client.buf:
        yield from client.read_headers(events.DataReceived(event.connection, b""))
