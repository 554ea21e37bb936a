"""Shut down gracefully: send ``Connection: close``, stop listening, then wait for exchanges in flight."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final

from mitmproxy import http

from wirelint.sources.mitm.listen_sockets import ListenSocket, refuse_new

_QUIET: Final = 0.5
"""Seconds without a new request after which none is expected any more."""
_SETTLED: Final = 0.1
"""Seconds for a handshake in progress, and then for the first request of the latest connection."""
_POLL: Final = 0.02
_SWITCHING: Final = 101


class GracefulStop:
    """The add-on that waits for the last exchange.

    During shutdown, responses have ``Connection: close`` (RFC 9112 §9.6), so that no client sends a request on a
    connection that is about to close. HTTP/2 has no such field.
    """

    name = "wirelint_leave"

    def __init__(self, in_flight: Callable[[], int]) -> None:
        """Wait for exchanges in flight.

        :param in_flight: returns how many there are.
        """
        self._in_flight = in_flight
        self._latest = 0.0
        self._leaving = False

    def begin(self) -> None:
        """Begin to send ``Connection: close``."""
        self._leaving = True

    async def quiet(self, seconds: float) -> None:
        """Wait until no new requests arrive, at most ``seconds``."""
        end = time.monotonic() + seconds
        while time.monotonic() < min(end, self._latest + _QUIET):  # noqa: ASYNC110 - hooks are no place to signal from
            await asyncio.sleep(_POLL)

    async def close(self, doors: Iterable[ListenSocket]) -> None:
        """Wait until waiting clients are accepted and the listeners can close."""
        refuse_new(doors)
        await asyncio.sleep(_SETTLED)

    async def over(self) -> None:
        """Wait until no exchange is in flight. Call this once the listeners are closed."""
        await asyncio.sleep(_SETTLED)
        while self._in_flight():  # noqa: ASYNC110 - likewise
            await asyncio.sleep(_POLL)

    def requestheaders(self, flow: http.HTTPFlow) -> None:  # noqa: ARG002 - as hooks are called
        """Handle the begin of an exchange."""
        self._latest = time.monotonic()

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Handle the head of a response."""
        if not self._leaving or flow.response is None or flow.response.status_code == _SWITCHING:
            return
        request, response = flow.request, flow.response
        if request.data.http_version == b"HTTP/1.1" and not _closes(request) and not _closes(response):
            options = response.headers.get("connection", "")
            kept = "" if options.lower() == "keep-alive" else options
            response.headers["Connection"] = f"{kept}, close" if kept else "close"


def _closes(message: http.Message) -> bool:
    return "close" in message.headers.get("connection", "").lower()
