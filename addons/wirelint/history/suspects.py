"""Contrast of inputs: compare inputs that an operation answers with inputs that get a 500.

``history.operations`` keeps what is compared here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.visit import Visit
from wirelint.evidence.inputs import BROKEN, DATE, HEX, NUMBER, ODD, Inputs, inputs
from wirelint.evidence.wording import wording
from wirelint.history.paths import place_of
from wirelint.history.visits import resource_at

_MOST_GOOD: Final = 6
_MOST_BAD: Final = 4
_MOST_WAITING: Final = 16
_MOST_WRITES: Final = 64
_MOST_DIFFERENT: Final = 4
_MOST_SEGMENTS: Final = 12
_NEAR: Final = 6
_LEAST_NEAR: Final = 3
_ENOUGH_UP: Final = 2
_PATIENCE: Final = 12
_MOST_LAPSES: Final = 16
_LONGEST_LAPSE: Final = 32
_MOST_SETS: Final = 32
_MOST_NAMES: Final = 64
_LONGEST_PATH: Final = 1024
_MADE: Final = frozenset({NUMBER, HEX, DATE})
"""Kinds of ids that services generate for single resources."""

BY_KIND: Final = "kind of value"
BY_NAME: Final = "set of names"
BY_CONTENT: Final = "kind of content"
BY_ID: Final = "kind of id"


class Where:
    """A path as a number, with the numbers of all paths above it, which are computed on first use.

    :param exchange: an exchange on that path.
    """

    __slots__ = ("_above", "_authority", "_service", "_text", "path")

    def __init__(self, exchange: Exchange) -> None:
        self.path = place_of(exchange).path
        self._service = exchange.service
        self._authority = exchange.request.authority
        self._text = exchange.request.path
        self._above: tuple[int, ...] | None = None
        if len(self._text) > _LONGEST_PATH:
            _ = self.above

    @property
    def above(self) -> tuple[int, ...]:
        """Return the numbers of the paths above, the nearest last."""
        above = self._above
        if above is None:
            segments = self._text.rstrip("/").split("/")[: _MOST_SEGMENTS + 1]
            paths = ["/".join(segments[:length]) for length in range(2, len(segments))]
            above = self._above = tuple([resource_at(self._service, self._authority, path) for path in paths])
            self._text = ""
        return above

    def is_kin(self, other: Where) -> bool:
        """Return whether a write to another path may change this one: above, below, or beside it."""
        if other.path == self.path:
            return False
        beside = len(self.above) > 1 and self.above[-1:] == other.above[-1:]
        return beside or other.path in self.above or self.path in other.above


class Sample(NamedTuple):
    """One exchange of an operation, and its position among those of its service; ``tail``: kind of its path's end."""

    visit: Visit
    put_in: Inputs
    tail: int
    number: int


class FailedOperation(NamedTuple):
    """A 500: its input, its path, and a number for its text."""

    sample: Sample
    where: Where
    words: int


class Suspect(NamedTuple):
    """A 500 that its input may have caused, until the service answers other requests.

    :ivar since: number of the exchange that raised the suspicion.
    :ivar up: answers below 500 on other paths since, and successes on its own; ``down``: failures on other paths with
        the same words.
    """

    since: int
    failure: FailedOperation
    answered: Visit
    differs: str
    up: int
    down: int

    @property
    def is_proven(self) -> bool:
        """Return whether the service works."""
        return self.up >= _ENOUGH_UP and self.up > self.down

    def after(self, exchange: Exchange) -> Suspect | None:
        """Return the suspect after an exchange; None if the exchange clears it."""
        status = exchange.status
        if status is None:
            return self
        if place_of(exchange).path == self.failure.where.path:
            put_in = inputs(exchange) if status < 500 else None
            if put_in is not None and put_in.exact == self.failure.sample.put_in.exact:
                return None
            return self._replace(up=self.up + 1) if status < 400 else self
        if status < 500:
            return self._replace(up=self.up + 1)
        words = wording(exchange)
        same = words is not None and words.words == self.failure.words
        return self._replace(down=self.down + 1) if same else self


class Operation(msgspec.Struct, eq=False, gc=False):
    """The answers of one operation: the latest samples, and all kinds of input that it ever answered.

    ``kinds``: by name, a bit for each kind of value; ``tails``: the same for ids; ``sets``: numbers for sets of names.
    ``kinds`` and ``sets`` are dropped once there are too many.
    """

    good: tuple[Sample, ...] = ()
    bad: tuple[FailedOperation, ...] = ()
    kinds: dict[int, int] | None = {}
    tails: int = 0
    sets: set[int] | None = set()

    def add_good(self, sample: Sample, *, by_id: bool) -> None:
        """Record an input that was answered.

        :param by_id: compare only the kind of id.
        """
        put_in, good = sample.put_in, self.good
        if good and good[-1].put_in.exact == put_in.exact:
            self.good = (*good[:-1], sample)
            return
        self.good = (*good[1 - _MOST_GOOD :], sample)
        if self.bad:
            self.bad = tuple([bad for bad in self.bad if bad.sample.put_in.exact != put_in.exact])
        if by_id:
            self.tails |= 1 << sample.tail
            return
        if self.sets is not None:
            self.sets.add(_set_of(put_in))
            self.sets = self.sets if len(self.sets) <= _MOST_SETS else None
        if self.kinds is not None and put_in.names:
            for name, (kind, _) in put_in.names.items():
                self.kinds[name] = self.kinds.get(name, 0) | 1 << kind
            self.kinds = self.kinds if len(self.kinds) <= _MOST_NAMES else None

    def add_bad(self, failure: FailedOperation) -> None:
        """Record an input that got a 500."""
        self.bad = (*self.bad[1 - _MOST_BAD :], failure)

    def difference(self, bad: Sample, good: Sample, *, by_id: bool) -> str | None:
        """Return how a failed input differs from an answered one; None if it proves nothing.

        It proves nothing if such an input was ever answered.
        """
        if bad.put_in.exact == good.put_in.exact:
            return None
        if by_id:
            return None if self.tails >> bad.tail & 1 else _by_id(bad, good)
        differs, names = _by_input(bad, good)
        if differs == BY_KIND:
            failed, kinds = bad.put_in.names, self.kinds
            return differs if kinds and any(not kinds.get(name, 0) >> failed[name][0] & 1 for name in names) else None
        if differs is not None and (self.sets is None or _set_of(bad.put_in) in self.sets):
            return None
        return differs


class KnownService:
    """The recent state of one service: latest answers, failed requests, successful writes, and suspects."""

    __slots__ = ("lapses", "near", "number", "proven", "waiting", "writes")

    def __init__(self) -> None:
        self.number = 0
        self.lapses: dict[int, int] = {}  # latest failed requests, with their numbers
        self.proven: tuple[Visit, ...] = ()
        self.near: deque[tuple[int, bool]] = deque(maxlen=_NEAR)
        self.writes: deque[tuple[int, Where]] = deque(maxlen=_MOST_WRITES)
        self.waiting: tuple[Suspect, ...] = ()

    def see(self, path: int, *, failed: bool) -> None:
        """Record an answer; consecutive answers on one path count once."""
        latest, near = (path, failed), self.near
        if not near or near[-1] != latest:
            near.append(latest)

    def lapse(self, request: int) -> None:
        """Record a request that failed.

        :param request: number of method, target and content.
        """
        self.lapses[request] = self.number
        if len(self.lapses) > _MOST_LAPSES:
            del self.lapses[next(iter(self.lapses))]

    def suspects(self, exchange: Exchange, request: int | None) -> tuple[Suspect, ...]:
        """Return the suspects after an exchange.

        If the same request failed shortly before, there was an outage, which clears the suspects of that time.

        :param request: number of method, target and content.
        """
        status, waiting = exchange.status, self.waiting
        if waiting and self.lapses and request is not None and status is not None and status < 500:
            failed = self.lapses.get(request)
            if failed is not None and self.number - failed <= _LONGEST_LAPSE:
                waiting = tuple([each for each in waiting if each.failure.sample.number < failed - _NEAR])
        return tuple([suspect for each in waiting if (suspect := each.after(exchange)) is not None])

    def is_unwritten(self, where: Where, one: Sample, other: Sample) -> bool:
        """Return whether no related path was written between two exchanges."""
        since, until = sorted((one.number, other.number))
        if len(self.writes) >= _MOST_WRITES and self.writes[0][0] > since:
            return False
        return not any(since < number < until and where.is_kin(written) for number, written in self.writes)

    def is_outage(self, path: int) -> bool:
        """Return whether most of the latest answers on other paths were failures."""
        latest = {other: failed for other, failed in self.near if other != path}
        return len(latest) >= _LEAST_NEAR and 2 * sum(latest.values()) > len(latest)

    def wait(self, exchange: Exchange, request: int | None) -> None:
        """Record an exchange for waiting suspects: it clears some and proves others.

        :param request: number of method, target and content.
        """
        after = self.suspects(exchange, request)
        proven = [suspect.failure.sample.visit for suspect in after if suspect.is_proven]
        self.proven = (*self.proven, *proven)[-_MOST_WAITING:]
        self.waiting = tuple([each for each in after if not each.is_proven and self.number - each.since <= _PATIENCE])

    def suspect(self, failure: FailedOperation, answered: Visit, differs: str, *, up: int = 0) -> None:
        """Let a failure wait for the service to answer other requests."""
        visit = failure.sample.visit
        known = (*self.proven, *[each.failure.sample.visit for each in self.waiting])
        if all(each is not visit for each in known):
            suspect = Suspect(self.number, failure, answered, differs, up, 0)
            self.waiting = (*self.waiting[1 - _MOST_WAITING :], suspect)

    def compare_failure(self, failure: FailedOperation, operation: Operation, *, by_id: bool) -> None:
        """Suspect the input of a failure, by the latest answer to another one."""
        for good in reversed(operation.good):
            differs = operation.difference(failure.sample, good, by_id=by_id)
            if differs is not None and self.is_unwritten(failure.where, failure.sample, good):
                self.suspect(failure, good.visit, differs)
                return

    def compare_answer(self, good: Sample, operation: Operation, before: Sequence[Sample], *, by_id: bool) -> None:
        """Suspect the inputs that failed before, by an answer to another one.

        :param before: earlier answers.
        """
        for failure in operation.bad:
            bad = failure.sample
            differs = operation.difference(bad, good, by_id=by_id)
            # A write in between may have fixed it, unless such an input was answered before as well.
            if differs is not None and (
                self.is_unwritten(failure.where, bad, good) or any(each.number < bad.number for each in before)
            ):
                self.suspect(failure, good.visit, differs, up=1)


def _set_of(put_in: Inputs) -> int:
    return hash((put_in.container, frozenset(put_in.names)))


def _by_id(bad: Sample, good: Sample) -> str | None:
    """Return the difference of two ids, all else equal; ids of a kind that services generate do not count."""
    if bad.tail == good.tail or bad.tail in _MADE or bad.put_in.names.keys() != good.put_in.names.keys():
        return None
    return BY_ID if good.tail in _MADE or bad.tail in (BROKEN, ODD) else None


def _by_input(bad: Sample, good: Sample) -> tuple[str | None, Sequence[int]]:
    """Return the difference of two inputs, and names with other kinds; None if too much differs, or only values do."""
    failed, worked = bad.put_in.names, good.put_in.names
    different = [name for name in failed.keys() | worked.keys() if failed.get(name) != worked.get(name)]
    if sum(1 for name in different if (failed.get(name) or worked[name])[1]) > _MOST_DIFFERENT:
        return None, ()
    both = [name for name in different if name in failed and name in worked]
    if bad.visit.method == "DELETE" and not both:
        return None, ()
    if bad.put_in.container != good.put_in.container:
        return BY_CONTENT, ()
    kinds = [name for name in both if failed[name][0] != worked[name][0]]
    if kinds:
        return BY_KIND, kinds
    return BY_NAME if different and not both else None, ()
