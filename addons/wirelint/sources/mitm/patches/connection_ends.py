"""Report responses that end by a reset, pass the reset on, and close each connection that is given up."""

from __future__ import annotations

import asyncio
import socket
import struct
import weakref
from collections.abc import Callable, Coroutine
from typing import Any, Final

from h11._readers import Http10Reader
from mitmproxy.connection import Connection
from mitmproxy.net.http import http1
from mitmproxy.proxy import commands, events, server
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._base import HttpEvent, ReceiveHttp
from mitmproxy.proxy.layers.http._events import ErrorCode, ResponseProtocolError

from wirelint.sources.mitm.patches.patch import Commands, Patch, Replace

PATCH: Final = Patch(
    reason="content without a length ends with its connection, and mitmproxy takes a reset for such an end: the client"
    " gets half of the content as if it were all. The reset is reported, and passed on to the client. And a connection"
    " that mitmproxy gives up while its events are handled stays open for ever; it is closed",
    replaces=(
        "mitmproxy.proxy.server.ConnectionHandler.handle_connection",
        "mitmproxy.proxy.layers.http._http1.Http1Connection.read_body",
        "mitmproxy.proxy.layers.http._http1.Http1Server.send",
    ),
    test="tests/sources/mitm/test_sloppy_services.py::test_a_reset_is_no_end",
    option="wirelint_compat",
)
_MESSAGE: Final = "HTTP/1 protocol error: peer reset the connection without sending complete message body"


def apply(replace: Replace) -> None:
    """Apply the change."""
    replace(server.ConnectionHandler, "handle_connection", _handle_connection)
    replace(_http1.Http1Connection, "read_body", _read_body)
    replace(_http1.Http1Server, "send", _send)


def _handle_connection(original: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Coroutine[Any, Any, None]]:
    async def handle_connection(self: server.ConnectionHandler, connection: Connection) -> None:
        known = self.transports.get(connection)
        # Weak, because screens keep connections with their flows.
        if known is not None and isinstance(known.reader, asyncio.StreamReader):
            vars(connection)["wirelint_reader"] = weakref.ref(known.reader)
            vars(connection)["wirelint_writer"] = weakref.ref(known.writer)
        try:
            await original(self, connection)
        finally:
            left = self.transports.pop(connection, None)
            if left is not None and left.writer is not None:
                left.writer.close()

    return handle_connection


def _read_body(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def read_body(self: _http1.Http1Connection, event: events.Event) -> Commands:
        ended = isinstance(event, events.ConnectionClosed) and isinstance(self.body_reader, Http10Reader)
        return _report(self) if ended and _was_reset(self.conn) else original(self, event)

    return read_body


def _was_reset(conn: Connection) -> bool:
    reader = vars(conn).get("wirelint_reader", _nothing)()
    return reader is not None and isinstance(reader.exception(), OSError)


def _report(connection: _http1.Http1Connection) -> Commands:
    connection.state = connection.done
    yield commands.CloseConnection(connection.conn)
    if connection.stream_id is not None:
        yield ReceiveHttp(ResponseProtocolError(connection.stream_id, _MESSAGE, ErrorCode.GENERIC_SERVER_ERROR))


def _send(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def send(self: _http1.Http1Server, event: HttpEvent) -> Commands:
        if isinstance(event, ResponseProtocolError) and _has_no_end(self):
            _close_by_reset(self.conn)
        return original(self, event)

    return send


def _has_no_end(connection: _http1.Http1Server) -> bool:
    request, response = connection.request, connection.response
    return request is not None and response is not None and http1.expected_http_body_size(request, response) == -1


def _close_by_reset(conn: Connection) -> None:
    """Let the client see that the content is not complete: only the way of closing can say that here."""
    writer = vars(conn).get("wirelint_writer", _nothing)()
    sock = writer.get_extra_info("socket") if writer is not None else None
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _nothing() -> None:
    return None
