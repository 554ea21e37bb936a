"""Answer clients that close their side of the connection after a request."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from mitmproxy.connection import ConnectionState
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._base import HttpEvent
from mitmproxy.proxy.layers.http._events import ResponseData, ResponseHeaders

from wirelint.sources.mitm.patches.patch import Commands, Patch, Replace

PATCH: Final = Patch(
    reason="mitmproxy takes it for a client that left, and such clients (nc -N) get nothing. They close their side with"
    " the end of the request; those that do it later gave up. They get the response if it begins within some seconds,"
    " and all of it",
    replaces=(
        "mitmproxy.proxy.layers.http._http1.Http1Connection.wait",
        "mitmproxy.proxy.layers.http._http1.Http1Connection.mark_done",
        "mitmproxy.proxy.layers.http._http1.Http1Server.send",
    ),
    test="tests/sources/mitm/test_sloppy_services.py::test_a_client_that_half_closes_gets_its_answer",
    option="wirelint_compat",
)
PATIENCE: Final = 5.0
"""Seconds without an octet of a response, after which a half-closed client counts as gone."""
AT_ONCE: Final = 0.1
"""Seconds after the end of a request within which a client closes its side because it has no more to send."""
_WAITING: Final = "wirelint_half_closed"


def apply(replace: Replace) -> None:
    """Apply the change."""
    replace(_http1.Http1Connection, "wait", _wait)
    replace(_http1.Http1Connection, "mark_done", _mark_done)
    replace(_http1.Http1Server, "send", _send)


def _wait(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def wait(self: _http1.Http1Connection, event: events.Event) -> Commands:
        if isinstance(event, events.Wakeup):
            if vars(self).get(_WAITING) is event.command:
                yield from original(self, events.ConnectionClosed(self.conn))
        elif isinstance(event, events.ConnectionClosed) and _has_no_more_to_send(self):
            command = vars(self)[_WAITING] = commands.RequestWakeup(PATIENCE)
            yield command
        else:
            yield from original(self, event)

    return wait


def _has_no_more_to_send(connection: _http1.Http1Connection) -> bool:
    ended = connection.request.timestamp_end if connection.request is not None else None
    half_closed = connection.conn.state is ConnectionState.CAN_WRITE
    return half_closed and (ended is None or time.time() - ended < AT_ONCE)


def _send(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def send(self: _http1.Http1Server, event: HttpEvent) -> Commands:
        if _WAITING in vars(self) and isinstance(event, (ResponseHeaders, ResponseData)):
            vars(self)[_WAITING] = None  # a client that left resets the connection now
        return original(self, event)

    return send


def _mark_done(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def mark_done(self: _http1.Http1Connection, *, request: bool = False, response: bool = False) -> Commands:
        yield from original(self, request=request, response=response)
        if _WAITING in vars(self) and self.state == self.read_headers:
            yield commands.CloseConnection(self.conn)
            self.state = self.done

    return mark_done
