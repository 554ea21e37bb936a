"""Leave ``Expect: 100-continue`` to the service (RFC 9110 §10.1.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mitmproxy import http
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http import HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import RequestHeaders, ResponseHeaders

from wirelint.sources.mitm.patches.patch import Commands, Patch, Replace

PATCH: Final = Patch(
    reason="mitmproxy answers 100 by itself and removes the field, so a service that refuses a request by its head"
    " receives the content as well. The field is forwarded, and the client gets the service's own 100, 417 or 413."
    " Between HTTP/2 ends, where mitmproxy drops interim responses, it answers as before",
    replaces=(
        "mitmproxy.proxy.layers.http.HttpStream.state_wait_for_request_headers",
        "mitmproxy.proxy.layers.http.HttpStream.start_request_stream",
    ),
    test="tests/sources/mitm/test_traffic.py::test_a_service_refuses_what_a_client_announces",
    option="wirelint_compat",
)
_HELD: Final = "wirelint_expects"


def apply(replace: Replace) -> None:
    """Apply the change."""
    replace(HttpStream, "state_wait_for_request_headers", _wait_for_request_headers)
    replace(HttpStream, "start_request_stream", _start_request_stream)


def _wait_for_request_headers(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def state_wait_for_request_headers(self: HttpStream, event: RequestHeaders) -> Commands:
        running = original(self, event)
        reply = None
        while True:
            try:
                command = running.send(reply)
            except StopIteration:
                return
            if _is_own_answer(command) and _can_wait(self, event):
                vars(self)[_HELD] = (command, self.flow.request.data.headers.fields)
                reply = None
            else:
                reply = yield command

    return state_wait_for_request_headers


def _start_request_stream(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def start_request_stream(self: HttpStream) -> Commands:
        held = vars(self).pop(_HELD, None)
        running = original(self)
        reply = None
        while True:
            try:
                command = running.send(reply)
            except StopIteration:
                return
            if held is not None and isinstance(command, SendHttp) and isinstance(command.event, RequestHeaders):
                answer, fields = held
                if self.context.server.alpn == b"h2":
                    yield answer
                else:
                    self.flow.request.data.headers = http.Headers(fields)
                held = None
            reply = yield command

    return start_request_stream


def _is_own_answer(command: commands.Command) -> bool:
    return (
        isinstance(command, SendHttp)
        and isinstance(command.event, ResponseHeaders)
        and command.event.response.status_code == 100
    )


def _can_wait(stream: HttpStream, event: RequestHeaders) -> bool:
    """Return whether the head is forwarded before the content, to a client that can receive an interim response."""
    request = stream.flow.request
    return bool(request.stream) and not event.end_stream and request.http_version == "HTTP/1.1"
