"""Remember single paths: the methods tried on each, and whether it exists.

Shared by the contrast of methods (``methods``) and the state of the service around an exchange.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.once import once
from wirelint.core.verdict import Verdict, presumed
from wirelint.core.visit import Visit
from wirelint.evidence.failing import holds_error
from wirelint.evidence.wording import Wording, wording
from wirelint.history.visits import resource_at

_MOST_TRIED: Final = 12
_MOST_STATUSES: Final = 8
_MOST_READ: Final = 4
_FACE: Final = 64
_NOT_HANDLED: Final = frozenset({400, 401, 403, 404, 500})
_CLIENT_ERRORS: Final = frozenset({400, 404, 409, 422})
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_id: Final = re.compile(r"\d|%|[0-9a-f]{8}")


class Place(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Numbers for a path and for the path above it (0 for none), and whether the path seems to end in an id."""

    path: int
    above: int
    like_id: bool

    def is_unrelated(self, other: Place) -> bool:
        """Return whether the words for another path can be the service's words for unknown paths.

        Paths beside, above and below this one may have something in common with it. Words at the top level do not.
        """
        if not self.above and not other.above:
            return self.path != other.path and not other.like_id
        return self.above != other.above and self.path not in (other.path, other.above) and self.above != other.path


class Attempt(NamedTuple):
    """One exchange that may be faulty, kept until a later one proves or clears it.

    :ivar answered: the exchange that shows that the path exists; None if unknown.
    :ivar number: position among all recorded exchanges.
    """

    visit: Visit
    method: str
    place: Place
    wording: Wording | None
    number: int
    answered: Visit | None


class Tried(msgspec.Struct, eq=False, gc=False):
    """The answers to one method on one path.

    ``statuses``: each once. ``worked``: the latest two successes. ``refused``: the latest 405 since. ``words``: the
    words of the latest error.
    """

    statuses: tuple[int, ...] = ()
    worked: tuple[Visit, ...] = ()
    refused: Visit | None = None
    last: Visit | None = None
    words: int | None = None

    @property
    def handled(self) -> bool:
        """Return whether an answer shows that there is a handler for the method."""
        return not _NOT_HANDLED.issuperset(self.statuses)

    def add(self, exchange: Exchange, visit: Visit, *, good: bool) -> None:
        """Record one more answer."""
        status = visit.status or 0
        if status not in self.statuses and len(self.statuses) < _MOST_STATUSES:
            self.statuses = (*self.statuses, status)
        self.last = visit
        if good:
            self.worked = (*self.worked[-1:], visit)
            self.refused = None
        elif status == 405:
            self.refused = visit
        elif status in _CLIENT_ERRORS:
            words = wording(exchange)
            if words is not None and words.length and not words.no_route:
                self.words = words.words


class Path(msgspec.Struct, eq=False, gc=False):
    """The state of one path.

    ``alive``: the latest exchange that shows that the resource exists (``guessed``: it is not a success); ``gone``:
    that it does not, and ``gone_at`` its number. ``posted``: the latest successful POST. ``written``: number of the
    last successful PUT or POST. ``guarded``: an anonymous GET got 401 or 403. ``read``: the latest successful GETs,
    by target and credential. ``face``: a number for the content of the latest GET. ``waiting``: refusals that one
    more GET proves to be wrong. ``puzzling``: an answered unknown method, with a number for its content. ``head``: a
    failed HEAD. ``failing``: a change that met a 500 where no resource was known to exist.
    """

    tried: dict[str, Tried] = {}
    alive: Visit | None = None
    guessed: bool = False
    gone: Visit | None = None
    gone_at: int = -1
    posted: Visit | None = None
    written: int = -1
    guarded: bool = False
    read: dict[tuple[int, bytes | None], Visit] = {}
    face: int | None = None
    waiting: tuple[Attempt, ...] = ()
    puzzling: tuple[int | None, Attempt] | None = None
    head: Attempt | None = None
    failing: Attempt | None = None

    @property
    def shown(self) -> Visit | None:
        """Return the exchange that shows that the resource exists now."""
        return self.alive if self.gone is None else None

    def attempts(self, method: str) -> Tried:
        """Return the answers to a method, for adding to them."""
        tried = self.tried.get(method)
        if tried is None:
            if len(self.tried) >= _MOST_TRIED:
                del self.tried[next(iter(self.tried))]
            tried = self.tried[method] = Tried()
        return tried

    def show(self, visit: Visit, *, guessed: bool = False) -> None:
        """Record that the resource exists."""
        self.alive, self.gone, self.guessed, self.failing = visit, None, guessed, None

    def lose(self, visit: Visit, number: int) -> None:
        """Record that the resource does not exist."""
        self.alive, self.gone, self.gone_at, self.failing = None, visit, number, None

    def doubt(self, method: str) -> None:
        """Record a request without an answer: after a write it is unknown whether the resource exists."""
        if method in _WRITES:
            self.alive = self.gone = None

    def see(self, exchange: Exchange, visit: Visit) -> None:
        """Record a successful GET, which decides open cases."""
        self.waiting, self.head, self.puzzling = (), None, None
        self.face = face(exchange)
        key = (visit.target, visit.credential)
        if key not in self.read and len(self.read) >= _MOST_READ:
            del self.read[next(iter(self.read))]
        self.read[key] = visit


@once
def place_of(exchange: Exchange) -> Place:
    """Return the place of an exchange."""
    service, authority = exchange.service, exchange.request.authority
    path = exchange.request.path.rstrip("/")
    above, _, last = path.rpartition("/")
    above_number = resource_at(service, authority, above) if above else 0
    return Place(resource_at(service, authority, path), above_number, _id.search(last) is not None)


@once
def is_good(exchange: Exchange) -> bool:
    """Return whether a response is a success, by its status and by its content."""
    status = exchange.status
    if status is None or exchange.failure is not None or not (200 <= status < 300 or status == 304):
        return False
    return presumed(exchange) is Verdict.OK and not holds_error(exchange)


def face(exchange: Exchange) -> int | None:
    """Return a number for a response's content, from its length, its start and its end; None for none."""
    response = exchange.response
    raw = None if response is None else response.body.raw
    if not raw or response is None or not response.body.complete:
        return None
    return hash((len(raw), raw[:_FACE], raw[-_FACE:]))


def may_as_much(seer: Visit, other: Visit) -> bool:
    """Return whether the sender of another request may see at least as much as one caller.

    404 is a correct answer to a caller that may not know that the resource exists (RFC 9110 §15.5.5).
    """
    if seer.tenant != other.tenant:
        return False
    return seer.anonymous or (seer.credential == other.credential and seer.anonymous is other.anonymous)
