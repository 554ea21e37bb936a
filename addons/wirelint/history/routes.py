"""Remember the answers of routes: to anonymous clients, to authenticated ones, and the methods that work."""

from __future__ import annotations

from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.state import State, Table
from wirelint.core.visit import Visit
from wirelint.core.when import When
from wirelint.evidence.makers import maker
from wirelint.history.sightings import Sightings
from wirelint.history.visits import Present

_MOST_ROUTES: Final = 4096
_MOST_SERVICES: Final = 512
_MOST_KINDS: Final = 16
_MOST_CREDENTIALS: Final = 8
_PERIOD: Final = 3600.0

REFUSALS: Final = frozenset({401, 403, 404})
"""Statuses that refuse a caller, openly or by hiding the resource."""


class Route:
    """The answers of one path template of a service.

    ``worked``: method → the latest success. ``open``: method → the latest anonymous success. ``to_anonymous``: method,
    status and maker → anonymous refusals. ``unauthorized``: method and answer → 401s by credential, the latest of each.
    ``admitted``: method → the latest request whose credentials the service evidently checked: it got a success or a
    403. Refusals that are not about the caller are left out.
    """

    __slots__ = ("admitted", "open", "to_anonymous", "unauthorized", "worked")

    def __init__(self) -> None:
        self.worked: dict[str, Visit] = {}
        self.open: dict[str, Visit] = {}
        self.to_anonymous: dict[tuple[str, int, str], Sightings] = {}
        self.unauthorized: dict[tuple[str, int], dict[bytes, Visit]] = {}
        self.admitted: dict[str, Visit] = {}

    def checks(self, method: str) -> bool:
        """Return whether credentials are checked: a caller was refused for them, and no anonymous one succeeded."""
        if method in self.open:
            return False
        return any(place[0] == method for place in self.unauthorized) or any(
            refused == method and status != 404 for refused, status, _ in self.to_anonymous
        )

    def add(self, visit: Visit, made_by: str) -> None:
        """Record one more exchange.

        :param made_by: key of the refusal's maker.
        """
        status = visit.status
        if visit.succeeded:
            self.worked[visit.method] = visit
            if visit.anonymous:
                self.open[visit.method] = visit
            elif visit.credential is not None:
                self.admitted[visit.method] = visit
            return
        if status not in REFUSALS or visit.aside:
            return
        if status == 403 and visit.credential is not None:
            self.admitted[visit.method] = visit
        if visit.anonymous:
            key = (visit.method, status, made_by)
            sightings = self.to_anonymous.get(key)
            if sightings is None and len(self.to_anonymous) < _MOST_KINDS:
                sightings = self.to_anonymous[key] = Sightings()
            if sightings is not None:
                sightings.add(visit)
        elif status == 401 and visit.credential is not None and visit.answer is not None:
            refused = _newest(self.unauthorized, (visit.method, visit.answer), {}, _MOST_KINDS)
            _newest(refused, visit.credential, visit, _MOST_CREDENTIALS)
            refused[visit.credential] = visit


def _newest[K, V](entries: dict[K, V], key: K, value: V, most: int) -> V:
    """Return the value of a key, moved to the end; a missing key gets the given value and evicts the oldest."""
    value = entries.pop(key, value)
    if len(entries) >= most:
        del entries[next(iter(entries))]
    entries[key] = value
    return value


_UNSEEN: Final = Route()


class Routes:
    """Routes by service and path template."""

    wants = When(status="2xx 401 403 404")
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._routes: Table[tuple[str, str], Route] = Table(_MOST_ROUTES, _PERIOD)
        self._services: Table[str, bool] = Table(_MOST_SERVICES, _PERIOD)

    def of(self, exchange: Exchange) -> Route:
        """Return the route of an exchange as seen before; an empty one if never seen."""
        visit = self._state.visit(exchange)
        return self.at(visit.service, visit.route, visit.ended)

    def at(self, service: str, route: str, now: float) -> Route:
        """Return a route as seen before; an empty one if never seen.

        :param route: its path template.
        :param now: seconds of the exchanges' clock.
        """
        return self._routes.get((service, route), now) or _UNSEEN

    def hears_credentials(self, service: str, now: float) -> bool:
        """Return whether any request to a service had credentials: recorders remove all of them.

        :param now: seconds of the exchanges' clock.
        """
        return self._services.get(service, now) is not None

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Add an exchange to its route."""
        if visit.credential is not None:
            self._services.ensure(visit.service, lambda: True, visit.ended)
        if visit.succeeded or (visit.status in REFUSALS and not visit.aside):
            made_by = maker(exchange) if visit.anonymous and not visit.succeeded else ""
            self._routes.ensure((visit.service, visit.route), Route, visit.ended).add(visit, made_by)

    def __len__(self) -> int:
        return len(self._routes) + len(self._services)
