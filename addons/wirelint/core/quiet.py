"""Skip exchanges that add nothing to those of a moment ago.

Most traffic is the same requests with the same success. Rules over several exchanges learn nothing from one more of
those, and neither do the memories: so it is skipped. If each request has a trace id, only the trace is new in it.
"""

from __future__ import annotations

import functools
from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.methods import SAFE
from wirelint.core.once import once
from wirelint.core.trace import TRACING
from wirelint.core.verdict import Verdict

_LASTS: Final = 5.0
_MOST: Final = 4096
_MOST_NAMES: Final = 64


@once
def likeness(exchange: Exchange) -> int | None:
    """Return a number for a request without content, ignoring its trace, and for status and length of its success.

    None for all other exchanges. Two are alike if they have the same fields, octet for octet: then they come from one
    client, with one credential.
    """
    request, response = exchange.request, exchange.response
    # Each HEAD is compared with the latest GET of its resource.
    if response is None or not 200 <= response.status < 300 or request.method not in SAFE or request.method == "HEAD":
        return None
    index = request.headers.index
    if exchange.failure is not None or not request.body.empty or len(index) > _MOST_NAMES:
        return None
    names = _lasting(tuple(index))
    asked = (exchange.service, exchange.client, exchange.direction, request.method, request.http_version)
    where = (request.authority, request.target)
    return hash((asked, where, names, *map(index.get, names), response.status, response.body.size))


@functools.lru_cache(maxsize=_MOST)
def _lasting(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return a request's fields that do not belong to its trace."""
    return tuple(name for name in names if name not in TRACING)


class Quiet:
    """Recent successful requests, and services where nothing else happened since."""

    __slots__ = ("_noted", "_stirs")

    def __init__(self) -> None:
        self._noted: dict[int, tuple[int, float]] = {}
        self._stirs: dict[str, int] = {}

    def holds(self, exchange: Exchange) -> bool:
        """Return whether a like exchange was recorded within five seconds, and only successes of the service since.

        If not, and the exchange is of that kind, record it.
        """
        key = likeness(exchange)
        if key is None:
            return False
        stir = self._stirs.get(exchange.service, 0)
        noted = self._noted.get(key)
        if noted is not None and noted[0] == stir and 0 <= exchange.started - noted[1] < _LASTS:
            return True
        if len(self._noted) >= _MOST:
            self._noted.clear()
        self._noted[key] = (stir, exchange.started)
        return False

    def note(self, exchange: Exchange, verdict: Verdict) -> None:
        """Record an exchange that was not skipped."""
        status = exchange.status
        if (
            verdict is not Verdict.OK
            or status is None
            or status >= 300
            or exchange.failure is not None
            or exchange.request.method not in SAFE
            or exchange.request.method == "HEAD"
            or (exchange.response is not None and "allow" in exchange.response.headers.index)
        ):
            if len(self._stirs) >= _MOST and exchange.service not in self._stirs:
                # The recorded entries refer to dropped counts.
                self._stirs.clear()
                self._noted.clear()
            self._stirs[exchange.service] = self._stirs.get(exchange.service, 0) + 1
