"""How a service speaks of errors, all in all: tallies of about an hour."""

from __future__ import annotations

from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.media import Kind
from wirelint.core.state import State, Table, moment
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Visit
from wirelint.evidence.families import family
from wirelint.evidence.protocols import protocol
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning
from wirelint.history.tally import Tally
from wirelint.history.visits import visit_of

PERIOD: Final = 3600.0
"""Seconds after which the tallies of a service begin anew."""

_MOST_SERVICES: Final = 512
_MOST_CODES: Final = 128
_MOST_STATUSES: Final = 16
_LONGEST_CODE: Final = 64
_WRITES: Final = frozenset({"PUT", "PATCH", "DELETE"})


class Service:
    """What was seen of one service.

    ``answers``: JSON responses. ``statuses``: errors by status. ``lies``: successes that held an error. ``meanings``:
    status and meaning → errors whose words had that one meaning. ``codes``: machine-readable code → status → errors.
    ``families``: form of content → errors. ``writes`` and ``open_writes``: PUT, PATCH and DELETE that carried
    credentials, and those that provably carried none and succeeded. Plain HTTP alone is counted: protocols with
    conventions of their own are not.
    """

    __slots__ = ("answers", "codes", "families", "lies", "meanings", "open_writes", "since", "statuses", "writes")

    def __init__(self, since: float) -> None:
        self.since = since
        self.answers = 0
        self.statuses: dict[int, Tally] = {}
        self.lies = Tally()
        self.meanings: dict[tuple[int, Meaning], Tally] = {}
        self.codes: dict[str, dict[int, Tally]] = {}
        self.families: dict[str, Tally] = {}
        self.writes = 0
        self.open_writes = Tally()

    def add(self, exchange: Exchange, visit: Visit) -> None:
        """Take in one more exchange."""
        status, response = visit.status, exchange.response
        if status is None or response is None:
            return
        if response.media_type.kind is Kind.JSON:
            self.answers += 1
        if visit.method in _WRITES:
            if visit.stranger and visit.succeeded:
                self.open_writes.add(visit)
            elif not visit.stranger:
                self.writes += 1
        if status < 400 and (visit.verdict is Verdict.OK or visit.verdict is Verdict.UNKNOWN):
            return
        if protocol(exchange) is not None:
            return
        if status < 400:
            self.lies.add(visit)
        else:
            self._error(exchange, visit, status)

    def _error(self, exchange: Exchange, visit: Visit, status: int) -> None:
        _tally(self.statuses, status, _MOST_STATUSES, visit)
        form = family(exchange)
        if form is not None:
            _tally(self.families, form, _MOST_STATUSES, visit)
        about = meanings(exchange)
        if len(about) == 1:
            _tally(self.meanings, (status, next(iter(about))), _MOST_CODES, visit)
        for code in said(exchange).codes[:1]:
            if len(code) <= _LONGEST_CODE and (code in self.codes or len(self.codes) < _MOST_CODES):
                _tally(self.codes.setdefault(code, {}), status, _MOST_STATUSES, visit)


def _tally[K](tallies: dict[K, Tally], key: K, most: int, visit: Visit) -> None:
    tally = tallies.get(key)
    if tally is None:
        if len(tallies) >= most:
            return
        tally = tallies[key] = Tally()
    tally.add(visit)


class Services:
    """Services by name."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._services: Table[str, Service] = Table(_MOST_SERVICES, PERIOD)

    def of(self, exchange: Exchange) -> Service:
        """What was seen of the service of an exchange before; an empty one where it was never seen."""
        now = moment(exchange)
        return self._current(exchange.service, now) or Service(now)

    def note(self, exchange: Exchange, verdict: Verdict) -> None:
        """Add an exchange to its service."""
        now = moment(exchange)
        service = self._current(exchange.service, now) or Service(now)
        self._services.keep(exchange.service, service, now)
        service.add(exchange, visit_of(exchange, self._state, verdict))

    def _current(self, name: str, now: float) -> Service | None:
        service = self._services.get(name, now)
        return None if service is None or now - service.since > PERIOD else service

    def __len__(self) -> int:
        return len(self._services)
