"""Frame content of unknown length that arrives over HTTP/2 and leaves over HTTP/1.1 (RFC 9112 §6.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._base import HttpEvent
from mitmproxy.proxy.layers.http._events import RequestHeaders

from wirelint.sources.mitm.patches.patch import Commands, Patch, Replace

PATCH: Final = Patch(
    reason="mitmproxy writes such content behind the head without any framing, and the service takes it for the next"
    " request; it is sent in chunks",
    replaces=("mitmproxy.proxy.layers.http._http1.Http1Client.send",),
    test="tests/sources/mitm/test_http2.py::test_content_without_length_to_an_old_service",
    option="wirelint_compat",
)


def apply(replace: Replace) -> None:
    """Apply the change."""
    replace(_http1.Http1Client, "send", _frame)


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
