"""Skip exchanges that add nothing to those of a moment ago.

Most traffic is the same requests, answered by success again and again. Rules that look back can conclude nothing from
one more of those, and it would add nothing to what is remembered: so it is passed over. Where each request bears the
id of a trace, the trace is all that is new in it.
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
    """Return a number for a request without content, except its trace, and for status and length of its success.

    None for all other exchanges. Two are alike if they have the same fields, octet for octet: so they are from one
    client, with one credential.
    """
    request, response = exchange.request, exchange.response
    if response is None or not 200 <= response.status < 300 or request.method not in SAFE:
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
    """Those of a request's fields that do not belong to its trace."""
    return tuple(name for name in names if name not in TRACING)


class Quiet:
    """Knows the requests that were answered by success, and services where nothing else happened since."""

    __slots__ = ("_noted", "_stirs")

    def __init__(self) -> None:
        self._noted: dict[int, tuple[int, float]] = {}
        self._stirs: dict[str, int] = {}

    def holds(self, exchange: Exchange) -> bool:
        """Return whether one alike was noted within five seconds, and nothing but successes of the service since.

        Where it was not, and the exchange is of that kind, it is noted from now on.
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
        """Take in what was not passed over."""
        status = exchange.status
        if (
            verdict is not Verdict.OK
            or status is None
            or status >= 300
            or exchange.failure is not None
            or exchange.request.method not in SAFE
        ):
            if len(self._stirs) >= _MOST and exchange.service not in self._stirs:
                # What was noted belongs to counts that are gone.
                self._stirs.clear()
                self._noted.clear()
            self._stirs[exchange.service] = self._stirs.get(exchange.service, 0) + 1
