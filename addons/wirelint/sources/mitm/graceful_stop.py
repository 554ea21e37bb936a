"""Shut down gracefully: send ``Connection: close``, stop listening, then wait for exchanges in flight."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final

from mitmproxy import http

from wirelint.sources.mitm.listen_sockets import ListenSocket, refuse_new

_QUIET: Final = 0.5
"""Seconds without a new request after which nobody is taken to be on the way here."""
_SETTLED: Final = 0.1
"""Seconds that a handshake under way gets, and then a connection that was taken last to say something."""
_POLL: Final = 0.02
_SWITCHING: Final = 101


class GracefulStop:
    """The addon that waits for the last exchange.

    While it takes leave, responses bear ``Connection: close`` (RFC 9112 §9.6), so that no client is about to send its
    next request when its connection goes. HTTP/2 has no such field.
    """

    name = "wirelint_leave"

    def __init__(self, in_flight: Callable[[], int]) -> None:
        """:param in_flight: tells how many exchanges are going on."""
        self._in_flight = in_flight
        self._latest = 0.0
        self._leaving = False

    def begin(self) -> None:
        """Ask clients to come no more."""
        self._leaving = True

    async def quiet(self, seconds: float) -> None:
        """Return when no new requests come any more, or after ``seconds``."""
        end = time.monotonic() + seconds
        while time.monotonic() < min(end, self._latest + _QUIET):  # noqa: ASYNC110 - hooks are no place to signal from
            await asyncio.sleep(_POLL)

    async def close(self, doors: Iterable[ListenSocket]) -> None:
        """Return when the clients that waited at the listeners were let in, and the listeners can close."""
        refuse_new(doors)
        await asyncio.sleep(_SETTLED)

    async def over(self) -> None:
        """Return when nothing is going on any more. Call it when nobody is listened to."""
        await asyncio.sleep(_SETTLED)
        while self._in_flight():  # noqa: ASYNC110 - likewise
            await asyncio.sleep(_POLL)

    def requestheaders(self, flow: http.HTTPFlow) -> None:  # noqa: ARG002 - as hooks are called
        """An exchange begins."""
        self._latest = time.monotonic()

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """The head of a response has come."""
        if not self._leaving or flow.response is None or flow.response.status_code == _SWITCHING:
            return
        request, response = flow.request, flow.response
        if request.data.http_version == b"HTTP/1.1" and not _closes(request) and not _closes(response):
            options = response.headers.get("connection", "")
            kept = "" if options.lower() == "keep-alive" else options
            response.headers["Connection"] = f"{kept}, close" if kept else "close"


def _closes(message: http.Message) -> bool:
    return "close" in message.headers.get("connection", "").lower()
