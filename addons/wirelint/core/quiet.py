"""Whether an exchange tells anything that was not told a moment ago.

Most traffic is the same requests, answered by success again and again. Rules that look back can conclude nothing from
one more of those, and it would add nothing to what is remembered: so it is passed over.
"""

from __future__ import annotations

from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.methods import SAFE
from wirelint.core.verdict import Verdict

_LASTS: Final = 5.0
_MOST: Final = 4096


class Quiet:
    """Knows the requests that were answered by success, and services where nothing else happened since.

    A request is the same if it has the same fields, octet for octet: so it is from one client, with one credential,
    and in no trace. An answer is the same if it has the same status and length.
    """

    __slots__ = ("_noted", "_stirs")

    def __init__(self) -> None:
        self._noted: dict[int, tuple[int, float]] = {}
        self._stirs: dict[str, int] = {}

    def holds(self, exchange: Exchange) -> bool:
        """Whether the same was noted within five seconds, and nothing but successes of the service since.

        Where it was not, and the exchange is of that kind, it is noted from now on.
        """
        response = exchange.response
        request = exchange.request
        if response is None or not 200 <= response.status < 300 or request.method not in SAFE:
            return False
        if exchange.failure is not None or not request.body.empty:
            return False
        stir = self._stirs.get(exchange.service, 0)
        asked = (exchange.service, exchange.client, request.method, request.target, request.headers)
        key = hash((asked, response.status, response.body.size))
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
