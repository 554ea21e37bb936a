"""Translate between heads of HTTP/1.1 and HTTP/2 without faults (RFC 9113 §8.2 and §8.3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from mitmproxy import http
from mitmproxy.proxy import events
from mitmproxy.proxy.layers import http as http_layer
from mitmproxy.proxy.layers.http import _http2
from mitmproxy.proxy.layers.http._events import RequestTrailers, ResponseTrailers

from wirelint.sources.mitm.patches.http1_safe_framing import is_token
from wirelint.sources.mitm.patches.patch import Commands, Patch, Replace

PATCH: Final = Patch(
    reason="mitmproxy writes names of HTTP/1.1 trailers in upper case to HTTP/2 clients, which end the connection; they"
    " are folded. And it writes a method or path with a space into a request line, which forges another one; such"
    " requests are refused",
    replaces=(
        "mitmproxy.proxy.layers.http._http2.Http2Connection._handle_event",
        "mitmproxy.proxy.layers.http.validate_request",
    ),
    test="tests/sources/mitm/test_http2.py::test_no_request_line_is_forged",
    option="wirelint_compat",
)
_SPACE: Final = re.compile(rb"[\x00-\x20\x7f]")
_OF_HTTP1: Final = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"))


def apply(replace: Replace) -> None:
    """Apply the change."""
    replace(_http2.Http2Connection, "_handle_event", _handle_event)
    replace(http_layer, "validate_request", _validate_request)


def _handle_event(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def handle_event(self: _http2.Http2Connection, event: events.Event) -> Commands:
        if isinstance(event, (RequestTrailers, ResponseTrailers)):
            event = type(event)(event.stream_id, _folded(event.trailers))
        return original(self, event)

    return handle_event


def _folded(trailers: http.Headers) -> http.Headers:
    fields = ((name.lower(), value) for name, value in trailers.fields)
    return http.Headers([each for each in fields if each[0] not in _OF_HTTP1])


def _validate_request(original: Callable[..., str | None]) -> Callable[..., str | None]:
    def validate_request(mode: Any, request: http.Request, validate_inbound_headers: bool) -> str | None:
        if validate_inbound_headers and (request.is_http2 or request.is_http3):
            data = request.data
            if not is_token(data.method) or _SPACE.search(data.path) or _SPACE.search(data.authority):
                return "Received invalid request line from client, refusing to prevent request smuggling attacks."
        return original(mode, request, validate_inbound_headers)

    return validate_request
