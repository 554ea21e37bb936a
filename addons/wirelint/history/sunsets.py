"""Remember announced ends of resources (RFC 8594)."""

from __future__ import annotations

from typing import Final, NamedTuple

from wirelint.core.exchange import Exchange
from wirelint.core.state import Opens, State, Table
from wirelint.core.visit import Visit
from wirelint.core.when import When
from wirelint.evidence.dates import http_date
from wirelint.history.visits import Present

_MOST: Final = 4096
_MONTH: Final = 30 * 86_400.0
"""Ends are announced long before they come, and with every response."""


class Sunset(NamedTuple):
    """The end that a response announced: in Unix seconds, and as written."""

    visit: Visit
    end: float
    written: str

    def is_about(self, visit: Visit) -> bool:
        """Return whether the announcement is for the exchange's own resource, not only for another one of its route."""
        return self.visit.resource == visit.resource or "{" not in visit.route


class Sunsets:
    """The latest announcement of each route; a success of the same resource without one withdraws it."""

    wants = When(status="2xx 3xx 4xx 5xx")
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._routes: Table[tuple[str, str, str], Sunset] = Table(_MOST, _MONTH)

    def now(self, exchange: Exchange) -> Visit:
        """Return this exchange as a visit."""
        return self._state.visit(exchange)

    def of(self, exchange: Exchange) -> Sunset | None:
        """Return the latest announcement for the route of an exchange, None if there is none."""
        if not len(self._routes):
            return None
        visit = self.now(exchange)
        return self._routes.get(_route(exchange, visit), visit.ended)

    def was_announced(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether an exchange, or an earlier one on its route, announces an end."""
        response = exchange.response
        if response is not None and "sunset" in response.headers:
            return True
        return len(self._routes) > 0 and self._routes.get(_route(exchange, visit), visit.ended) is not None

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record the announcement of a response."""
        response = exchange.response
        if response is None:
            return
        written = response.headers.get("sunset")
        end = None if written is None else http_date(written)
        if written is not None and end is not None:
            self._routes.keep(_route(exchange, visit), Sunset(visit, end, written), visit.ended)
        elif response.status < 300:
            announced = self.of(exchange)
            if announced is not None and visit.succeeded and announced.is_about(visit):
                self._routes.drop(_route(exchange, visit))

    def __len__(self) -> int:
        return len(self._routes)


def _route(exchange: Exchange, visit: Visit) -> tuple[str, str, str]:
    return visit.service, exchange.request.authority, visit.route


def end_was_announced(state: State) -> Opens:
    """Return ``Sunsets.was_announced`` as a gate."""
    return state.recall(Sunsets).was_announced
