"""Count how a service reports errors, over about an hour."""

from __future__ import annotations

import functools
import re
from typing import Final

from wirelint.core.exchange import Direction, Exchange, Response
from wirelint.core.media import Kind
from wirelint.core.state import Opens, State, Table, moment
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
from wirelint.history.sightings import Sightings
from wirelint.history.visits import Present

PERIOD: Final = 3600.0
"""Seconds after which the counts of a service start again."""

LIMITS: Final = frozenset({400, 403, 429, 503})
"""Statuses that services use for rate limits."""

_MOST_SERVICES: Final = 256
_MOST_CODES: Final = 64
_MOST_KINDS: Final = 32
_MOST_STATUSES: Final = 4
_LONGEST_ACCEPT: Final = 512
_unnamed: Final = re.compile(r"undefined|unspecified|unclassified|uncategori[sz]ed|no[._-]?code", re.IGNORECASE)
_WRITES: Final = frozenset({"PUT", "PATCH", "DELETE"})
_OTHER_FORMS: Final = ("html", "image/", "text/css", "font/", "audio/", "video/")


class Seen:
    """How often something was seen, and the first time: cheap enough for many."""

    __slots__ = ("count", "first")

    def __init__(self, first: Visit) -> None:
        self.count = 1
        self.first = first


class Service:
    """The counts of one service.

    ``answers``: JSON responses. ``errors``: number of statuses from 400. ``lies``: successes with only an error in
    them. ``failed_calls``: finally failed calls of the service, joined by a trace id; ``presumed_failed_calls``: joined
    only by the time.

    The next ones count only errors of plain HTTP (protocols have their own conventions) that no gateway seems to have
    made: ``statuses``: all of them. ``bad_requests``: the 400s; ``meanings``: meaning → 400s with only that meaning.
    ``codes``: machine-readable code and maker → status → errors. ``families``: maker and form of content → errors whose
    callers asked for no other form. ``limits``: status and maker → rate-limit refusals.

    ``writes`` and ``open_writes``: PUT, PATCH and DELETE with credentials, and successful ones that provably had none.
    """

    __slots__ = (
        "answers",
        "bad_requests",
        "codes",
        "errors",
        "failed_calls",
        "families",
        "lies",
        "limits",
        "meanings",
        "open_writes",
        "presumed_failed_calls",
        "statuses",
        "writes",
    )

    def __init__(self) -> None:
        self.answers = 0
        self.errors = 0
        self.lies = Sightings()
        self.failed_calls = Sightings()
        self.presumed_failed_calls = Sightings()
        self.statuses: set[int] = set()
        self.bad_requests = Sightings()
        self.meanings: dict[Meaning, Seen] = {}
        self.codes: dict[tuple[str, str], dict[int, Seen]] = {}
        self.families: dict[tuple[str, str], Seen] = {}
        self.limits: dict[tuple[int, str], Seen] = {}
        self.writes = 0
        self.open_writes = 0

    def add(self, exchange: Exchange, visit: Visit) -> None:
        """Record one more exchange."""
        status, response = visit.status, exchange.response
        if status is None or response is None:
            return
        if visit.method in _WRITES:
            if visit.anonymous and visit.succeeded:
                self.open_writes += 1
            elif not visit.anonymous:
                self.writes += 1
        if response.headers.media_type.kind is Kind.JSON:
            self.answers += 1
            if 200 <= status < 300 and is_lie(exchange):
                self.lies.add(visit)
        if status >= 400 and not gateway_made(exchange):
            self.errors += 1
            if protocol(exchange) is None:
                self._error(exchange, visit, status)

    def _error(self, exchange: Exchange, visit: Visit, status: int) -> None:
        by = maker(exchange)
        if len(self.statuses) < _MOST_KINDS:
            self.statuses.add(status)
        form = asked_form(exchange)
        if form is not None:
            _count(self.families, (by, form), _MOST_KINDS, visit)
        if status == 400:
            self.bad_requests.add(visit)
            about = meanings(exchange)
            if len(about) == 1 and not _is_reference(visit, about):
                _count(self.meanings, next(iter(about)), _MOST_CODES, visit)
        if status in LIMITS and is_limit(exchange):
            _count(self.limits, (status, by), _MOST_KINDS, visit)
        code = bound_code(exchange)
        if code is not None and (len(self.codes) < _MOST_CODES or (code, by) in self.codes):
            _count(self.codes.setdefault((code, by), {}), status, _MOST_STATUSES, visit)


def _count[K](counts: dict[K, Seen], key: K, most: int, visit: Visit) -> None:
    seen = counts.get(key)
    if seen is not None:
        seen.count += 1
    elif len(counts) < most:
        counts[key] = Seen(visit)


_UNSEEN: Final = Service()


def is_lie(exchange: Exchange) -> bool:
    """Return whether a success of plain HTTP has only an error, as JSON."""
    response = exchange.response
    if response is None or response.status in (204, 207) or response.headers.media_type.kind is not Kind.JSON:
        return False
    if not _names_error(response):
        return False
    found = envelope(exchange)
    return found is not None and found.grade is Grade.STRONG and protocol(exchange) is None


def _names_error(response: Response) -> bool:
    """Return whether content is an object with a member that may report an error, which is rare."""
    names = response.body.names
    return names is not None and not JSON_KEYS.isdisjoint(names)


def is_limit(exchange: Exchange) -> bool:
    """Return whether an error reports too many requests, and nothing else."""
    about = meanings(exchange)
    if exchange.status == 429:
        return Meaning.QUOTA not in about
    return exchange.status in LIMITS and about == {Meaning.RATE}


def bound_code(exchange: Exchange) -> str | None:
    """Return the machine-readable name of an error that should always have one status.

    A missing thing has several: 404 if it is the target, and 400 or 422 if the content refers to it. A code that says
    that there is none names no error.
    """
    code = machine_code(exchange)
    if code is not None and _unnamed.search(code) is not None:
        return None
    if code is None or exchange.status not in (400, 422) or exchange.request.method not in ("POST", "PUT", "PATCH"):
        return code
    return None if Meaning.NOT_FOUND in meanings(exchange) else code


def asked_form(exchange: Exchange) -> str | None:
    """Return the form of an error if the service could choose it; None if the caller asked for one other than JSON.

    Browsers also say what they load: a script, a picture, a page.
    """
    if is_subresource(exchange):
        return None
    if not _is_open((exchange.request.headers.get("accept") or "*/*")[:_LONGEST_ACCEPT]):
        return None
    form = family(exchange)
    # A client that names no form and requests a possible page also gets an error page.
    return None if form == HTML and not is_call_for_data(exchange) else form


@functools.lru_cache(maxsize=1024)
def _is_open(accept: str) -> bool:
    """Return whether Accept includes JSON, and names no other form."""
    accept = accept.lower()
    return "json" in accept or ("*/*" in accept and not any(form in accept for form in _OTHER_FORMS))


def _is_reference(visit: Visit, about: frozenset[Meaning]) -> bool:
    """Return whether an error may be about something that the content of the request refers to."""
    return visit.method == "POST" and Meaning.NOT_FOUND in about


class Services:
    """Services by name."""

    wants = ALWAYS
    view = Present

    def __init__(self, state: State) -> None:
        self._traces = state.recall(Traces)
        self._services: Table[str, Service] = Table(_MOST_SERVICES, PERIOD)
        self._last_failure = float("-inf")

    def of(self, exchange: Exchange) -> Service:
        """Return the service of an exchange as seen before; an empty one if never seen."""
        return self._services.get(exchange.service, moment(exchange)) or _UNSEEN

    def may_lie_again(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether a success may have an error, and the service sent errors as successes before."""
        response = exchange.response
        return response is not None and _names_error(response) and self.of(exchange).lies.count > 0

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Add an exchange to its service."""
        service = self._services.get(visit.service, visit.ended)
        if service is None:
            service = Service()
            self._services.keep(visit.service, service, visit.ended)  # and never renewed: all counts start again
        service.add(exchange, visit)
        # Few exchanges have a failure during them; looking for the calls of only those is cheap.
        if visit.started <= self._last_failure and visit.direction is Direction.INBOUND:
            self._calls(exchange, service)
        if (visit.status is None or visit.status >= 500) and failed(visit):
            self._last_failure = max(self._last_failure, visit.ended)

    def _calls(self, exchange: Exchange, service: Service) -> None:
        hops = self._traces.hops(exchange)
        if hops is None or hops.late is not None:
            return
        for call in hops.final_failures():
            (service.failed_calls if hops.certain else service.presumed_failed_calls).add(call)

    def __len__(self) -> int:
        return len(self._services)


def may_lie_again(state: State) -> Opens:
    """Return ``Services.may_lie_again`` as a gate."""
    return state.recall(Services).may_lie_again
