"""Refuse responses that are not HTTP as early as possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mitmproxy.proxy import events
from mitmproxy.proxy.layers.http import _http1

from wirelint.sources.mitm.patches.http1_interim_responses import beginning
from wirelint.sources.mitm.patches.patch import Commands, Patch, Replace

PATCH: Final = Patch(
    reason="mitmproxy waits for an empty line as long as the connection stays open, and the client with it. Old"
    " versions of nginx pass such responses on from their upstreams, as HTTP/0.9; they are refused at once",
    replaces=("mitmproxy.proxy.layers.http._http1.Http1Client.read_headers",),
    test="tests/sources/mitm/test_failures.py::test_no_response",
    option="wirelint_compat",
)


def apply(replace: Replace) -> None:
    """Apply the change."""
    replace(_http1.Http1Client, "read_headers", _read_headers)


def _read_headers(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def read_headers(self: _http1.Http1Client, event: events.ConnectionEvent) -> Commands:
        received = self.request and self.stream_id is not None and isinstance(event, events.DataReceived)
        if received and _is_foreign(beginning(self)):
            self.buf += b"\r\n\r\n"  # mitmproxy refuses a head only when it ends
        return original(self, event)

    return read_headers


def _is_foreign(data: bytes) -> bool:
    """Return whether these octets cannot begin a status line; empty lines before one are ignored."""
    return not b"HTTP/".startswith(data[:9].lstrip(b"\r\n")[:5])
