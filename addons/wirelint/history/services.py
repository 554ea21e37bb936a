"""How a service speaks of errors, all in all: tallies of about an hour."""

from __future__ import annotations

from typing import Final

from wirelint.core.exchange import Direction, Exchange
from wirelint.core.media import Kind
from wirelint.core.state import State, Table, moment
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Visit
from wirelint.core.when import ALWAYS
from wirelint.evidence.envelope import JSON_KEYS, Grade, envelope
from wirelint.evidence.families import HTML, family
from wirelint.evidence.machine_codes import machine_code
from wirelint.evidence.makers import gateway_made, maker
from wirelint.evidence.protocols import protocol
from wirelint.evidence.requests import is_call_for_data, is_subresource
from wirelint.evidence.said import meanings
from wirelint.evidence.texts import Meaning
from wirelint.history.hops import Traces, failed
from wirelint.history.tally import Tally
from wirelint.history.visits import visit_of

PERIOD: Final = 3600.0
"""Seconds after which the tallies of a service begin anew."""

LIMITS: Final = frozenset({400, 403, 429, 503})
"""Statuses by which services tell of rate limits."""

_MOST_SERVICES: Final = 256
_MOST_CODES: Final = 64
_MOST_KINDS: Final = 32
_MOST_STATUSES: Final = 4
_WRITES: Final = frozenset({"PUT", "PATCH", "DELETE"})
_OTHER_FORMS: Final = ("html", "image/", "text/css", "font/", "audio/", "video/")


class Seen:
    """How often something was seen, and the first time: what can be afforded for each of many."""

    __slots__ = ("count", "first")

    def __init__(self, first: Visit) -> None:
        self.count = 1
        self.first = first


class Service:
    """What was seen of one service.

    ``answers``: JSON responses. ``errors``: how many statuses of 400 and above there were. ``lies``: successes that
    hold nothing but an error. ``failed_calls``: calls of the service that failed for good, joined to it by a trace id;
    ``presumed_failed_calls``: by nothing but the time.

    What follows is about errors of plain HTTP alone (protocols have conventions of their own), and only about those
    that no gateway seems to have made: ``statuses``: by status. ``meanings``: status and meaning → errors whose words
    had that one meaning. ``codes``: machine-readable code and maker → status → errors. ``families``: maker and form of
    content → errors whose callers had asked for no other form. ``limits``: status and maker → refusals for a rate.

    ``writes`` and ``open_writes``: PUT, PATCH and DELETE that carried credentials, and those that provably carried none
    and succeeded.
    """

    __slots__ = (
        "answers",
        "codes",
        "errors",
        "failed_calls",
        "families",
        "lies",
        "limits",
        "meanings",
        "open_writes",
        "presumed_failed_calls",
        "since",
        "statuses",
        "writes",
    )

    def __init__(self, since: float) -> None:
        self.since = since
        self.answers = 0
        self.errors = 0
        self.lies = Tally()
        self.failed_calls = Tally()
        self.presumed_failed_calls = Tally()
        self.statuses: dict[int, Tally] = {}
        self.meanings: dict[tuple[int, Meaning], Tally] = {}
        self.codes: dict[tuple[str, str], dict[int, Seen]] = {}
        self.families: dict[tuple[str, str], Tally] = {}
        self.limits: dict[tuple[int, str], Tally] = {}
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
        if 200 <= status < 300:
            if is_lie(exchange):
                self.lies.add(visit)
        elif status >= 400 and not gateway_made(exchange):
            self.errors += 1
            if protocol(exchange) is None:
                self._error(exchange, visit, status)

    def _error(self, exchange: Exchange, visit: Visit, status: int) -> None:
        _tally(self.statuses, status, _MOST_KINDS, visit)
        form = asked_form(exchange)
        if form is not None:
            _tally(self.families, (maker(exchange), form), _MOST_KINDS, visit)
        about = meanings(exchange)
        if len(about) == 1 and not _is_reference(visit, about):
            _tally(self.meanings, (status, next(iter(about))), _MOST_CODES, visit)
        if is_limit(exchange):
            _tally(self.limits, (status, maker(exchange)), _MOST_KINDS, visit)
        code = bound_code(exchange)
        if code is not None:
            self._code((code, maker(exchange)), visit, status)

    def _code(self, key: tuple[str, str], visit: Visit, status: int) -> None:
        statuses = self.codes.get(key)
        if statuses is None:
            if len(self.codes) >= _MOST_CODES:
                return
            statuses = self.codes[key] = {}
        seen = statuses.get(status)
        if seen is not None:
            seen.count += 1
        elif len(statuses) < _MOST_STATUSES:
            statuses[status] = Seen(visit)


_UNSEEN: Final = Service(0.0)


def is_lie(exchange: Exchange) -> bool:
    """Whether a success of plain HTTP holds nothing but an error, as JSON."""
    response = exchange.response
    if response is None or response.status in (204, 207) or response.media_type.kind is not Kind.JSON:
        return False
    names = response.body.names
    if names is None or JSON_KEYS.isdisjoint(names):
        return False
    found = envelope(exchange)
    return found is not None and found.grade is Grade.STRONG and protocol(exchange) is None


def is_limit(exchange: Exchange) -> bool:
    """Whether an error tells of too many requests, and of nothing else."""
    about = meanings(exchange)
    if exchange.status == 429:
        return Meaning.QUOTA not in about
    return exchange.status in LIMITS and about == {Meaning.RATE}


def bound_code(exchange: Exchange) -> str | None:
    """The machine-readable name of an error that should always go by one status.

    That something is missing does not: it is 404 where the target is, and 400 or 422 where content refers to it.
    """
    code = machine_code(exchange)
    if code is None or exchange.status not in (400, 422) or exchange.request.method not in ("POST", "PUT", "PATCH"):
        return code
    return None if Meaning.NOT_FOUND in meanings(exchange) else code


def asked_form(exchange: Exchange) -> str | None:
    """The form of an error that the service was free to choose; None where the caller named another than JSON.

    Browsers say besides what they need something for: a script, a picture, a page.
    """
    if is_subresource(exchange):
        return None
    accept = (exchange.request.headers.get("accept") or "*/*").lower()
    if "json" not in accept and ("*/*" not in accept or any(form in accept for form in _OTHER_FORMS)):
        return None
    form = family(exchange)
    # Whoever says nothing of a form, and asks for what may be a page, gets a page of an error, too.
    return None if form == HTML and not is_call_for_data(exchange) else form


def _is_reference(visit: Visit, about: frozenset[Meaning]) -> bool:
    """Whether an error may be about something that the content of the request refers to."""
    return visit.method == "POST" and Meaning.NOT_FOUND in about


def _tally[K](tallies: dict[K, Tally], key: K, most: int, visit: Visit) -> None:
    tally = tallies.get(key)
    if tally is None:
        if len(tallies) >= most:
            return
        tally = tallies[key] = Tally()
    tally.add(visit)


class Services:
    """Services by name."""

    wants = ALWAYS

    def __init__(self, state: State) -> None:
        self._state = state
        self._traces = state.recall(Traces)
        self._services: Table[str, Service] = Table(_MOST_SERVICES, PERIOD)
        self._last_failure = float("-inf")

    def of(self, exchange: Exchange) -> Service:
        """What was seen of the service of an exchange before; an empty one where it was never seen."""
        return self._current(exchange.service, moment(exchange)) or _UNSEEN

    def note(self, exchange: Exchange, verdict: Verdict) -> None:
        """Add an exchange to its service."""
        visit = visit_of(exchange, self._state, verdict)
        now = visit.ended
        service = self._current(exchange.service, now) or Service(now)
        self._services.keep(exchange.service, service, now)
        service.add(exchange, visit)
        # Few exchanges see a failure while they last; to look for the calls of those alone is cheap.
        if visit.direction is Direction.INBOUND and visit.started <= self._last_failure:
            self._calls(exchange, service)
        if failed(visit):
            self._last_failure = max(self._last_failure, visit.ended)

    def _calls(self, exchange: Exchange, service: Service) -> None:
        hops = self._traces.hops(exchange)
        if hops is None or hops.late is not None:
            return
        for call in hops.final_failures():
            (service.failed_calls if hops.certain else service.presumed_failed_calls).add(call)

    def _current(self, name: str, now: float) -> Service | None:
        service = self._services.get(name, now)
        return None if service is None or now - service.since > PERIOD else service

    def __len__(self) -> int:
        return len(self._services)


def has_lied(exchange: Exchange, state: State) -> bool:
    """Whether the service of an exchange answered errors by success before."""
    return state.recall(Services).of(exchange).lies.count > 0
