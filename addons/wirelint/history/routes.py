"""What a route answers: to strangers, to those with credentials, and by which methods it works."""

from __future__ import annotations

from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.state import State, Table, moment
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Visit
from wirelint.history.tally import Tally
from wirelint.history.visits import visit_of

_MOST_ROUTES: Final = 4096
_MOST_KINDS: Final = 16
_MOST_CREDENTIALS: Final = 8
_PERIOD: Final = 3600.0

REFUSALS: Final = frozenset({401, 403, 404})
"""Statuses that refuse a caller, openly or by hiding."""


class Route:
    """What was seen of one path template of a service.

    ``worked``: method → the latest success. ``to_strangers``: method and status of refusals → those that had no
    credentials. ``unauthorized``: method and answer → 401s by the credential sent. ``admitted``: method → the latest
    request whose credentials the service evidently looked at: it got a success or a 403.
    """

    __slots__ = ("admitted", "to_strangers", "unauthorized", "worked")

    def __init__(self) -> None:
        self.worked: dict[str, Visit] = {}
        self.to_strangers: dict[tuple[str, int], Tally] = {}
        self.unauthorized: dict[tuple[str, int], dict[bytes, Visit]] = {}
        self.admitted: dict[str, Visit] = {}

    def add(self, visit: Visit) -> None:
        """Take in one more exchange."""
        status = visit.status
        if visit.succeeded:
            self.worked[visit.method] = visit
        if visit.credential is not None and (visit.succeeded or status == 403):
            self.admitted[visit.method] = visit
        if status not in REFUSALS:
            return
        if visit.stranger:
            key = (visit.method, status)
            tally = self.to_strangers.get(key)
            if tally is None and len(self.to_strangers) < _MOST_KINDS:
                tally = self.to_strangers[key] = Tally()
            if tally is not None:
                tally.add(visit)
        elif status == 401 and visit.credential is not None and visit.answer is not None:
            place = (visit.method, visit.answer)
            if place in self.unauthorized or len(self.unauthorized) < _MOST_KINDS:
                told = self.unauthorized.setdefault(place, {})
                if visit.credential in told or len(told) < _MOST_CREDENTIALS:
                    told[visit.credential] = visit


class Routes:
    """Routes by service and path template."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._routes: Table[tuple[str, str], Route] = Table(_MOST_ROUTES, _PERIOD)

    def of(self, exchange: Exchange) -> Route:
        """What was seen of the route of an exchange before; an empty one where it was never seen."""
        visit = visit_of(exchange, self._state)
        return self._routes.get((visit.service, visit.route), moment(exchange)) or Route()

    def note(self, exchange: Exchange, verdict: Verdict) -> None:
        """Add an exchange to its route."""
        visit = visit_of(exchange, self._state, verdict)
        self._routes.ensure((visit.service, visit.route), Route, visit.ended).add(visit)

    def __len__(self) -> int:
        return len(self._routes)
