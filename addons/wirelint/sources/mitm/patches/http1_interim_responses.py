"""Forward interim responses (RFC 9110 §15.2) of HTTP/1.1 services.

Between HTTP/2 ends, mitmproxy drops them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mitmproxy import http
from mitmproxy.net.http import http1
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import ErrorCode, ResponseProtocolError

from wirelint.sources.mitm.patches.patch import Commands, Patch, Replace

PATCH: Final = Patch(
    reason="mitmproxy takes the first interim response for the final one; it is passed on, and the final one awaited",
    replaces=("mitmproxy.proxy.layers.http._http1.Http1Client.read_headers",),
    upstream="https://github.com/mitmproxy/mitmproxy/issues/2229",
    test="tests/sources/mitm/test_traffic.py::test_interim_responses_pass",
    option="wirelint_compat",
)
_STATUS_LINE: Final = len(b"HTTP/1.1 200 ")


def apply(replace: Replace) -> None:
    """Apply the change."""
    replace(_http1.Http1Client, "read_headers", _read_headers)


def beginning(client: _http1.Http1Client) -> bytes:
    """Return the first octets of a response. Otherwise each piece would copy the whole head again."""
    return bytes(client.buf._data[:_STATUS_LINE])  # noqa: SLF001 - h11 has no other way to look at them


def _read_headers(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def read_headers(self: _http1.Http1Client, event: events.ConnectionEvent) -> Commands:
        if (
            self.request
            and self.stream_id is not None
            and isinstance(event, events.DataReceived)
            and _is_interim(beginning(self))
        ):
            return _pass_interim(self, self.request, self.stream_id, event)
        return original(self, event)

    return read_headers


def _is_interim(data: bytes) -> bool:
    """Return whether a status line begins with 1xx; 101 is final as far as HTTP is concerned (RFC 9110 §15.2.2)."""
    # Three digits: others, such as 1000, are final, if wrong.
    whole = len(data) == _STATUS_LINE and not data[12:].isdigit()
    return whole and data[:7] == b"HTTP/1." and data[9:10] == b"1" and data[9:12] != b"101"


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
    # HTTP/1.0 has no interim responses (RFC 9110 §15.2), and HTTP/2 would need frames in place of text.
    if request.http_version == "HTTP/1.1":
        yield commands.SendData(client.context.client, http1.assemble_response_head(response))
    if client.buf:
        yield from client.read_headers(events.DataReceived(event.connection, b""))
