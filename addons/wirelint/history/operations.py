"""Contrast of inputs: remember which inputs an operation answers, and which always get a 500.

A 500 alone never shows whose fault it is. If the same operation answers inputs of another kind (a number in place of a
text, a member that is present or absent, an object in place of a list) and the service continues to answer, the input
is the cause.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import unquote

from wirelint.core.exchange import Exchange
from wirelint.core.once import once
from wirelint.core.state import Opens, State, Table
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Step, Visit
from wirelint.core.when import ALWAYS
from wirelint.evidence.inputs import (
    BROKEN,
    DATE,
    HEX,
    LIST,
    NONE,
    NULL,
    NUMBER,
    OBJECT,
    ODD,
    RAW,
    TEXT,
    Inputs,
    inputs,
    kind_of_text,
)
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.requests import malformation
from wirelint.evidence.wording import wording
from wirelint.history.paths import place_of
from wirelint.history.visits import Present, resource_of

_MOST_OPERATIONS: Final = 2048
_MOST_SERVICES: Final = 256
_MOST_GOOD: Final = 6
_MOST_BAD: Final = 4
_MOST_WAITING: Final = 16
_MOST_WRITES: Final = 64
_MOST_DIFFERENT: Final = 4
_MOST_SEGMENTS: Final = 12
_LONGEST_TAIL: Final = 512
_NEAR: Final = 6
_LEAST_NEAR: Final = 3
_ENOUGH_UP: Final = 2
_PATIENCE: Final = 12
_MOST_SETS: Final = 32
_MOST_NAMES: Final = 64
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_CHECKED: Final = frozenset({400, 404, 422})
_NO_MATTER: Final = frozenset({401, 403, 405, 407, 408, 429, 501, 502, 503, 504})
_UNUSUAL: Final = frozenset({LIST, NUMBER, TEXT, NULL, RAW})
_MADE: Final = frozenset({NUMBER, HEX, DATE})
"""Kinds of ids that services generate for single resources."""
# Protocols that send errors under 500, or that do not name the operation in the path.
_EXEMPT: Final = frozenset(
    {Protocol.JSON_RPC, Protocol.XML_RPC, Protocol.SOAP, Protocol.GRPC, Protocol.GRAPHQL, Protocol.BATCH, Protocol.BULK}
)

BY_KIND: Final = "kind of value"
BY_NAME: Final = "set of names"
BY_CONTENT: Final = "kind of content"
BY_ID: Final = "kind of id"


class Where(NamedTuple):
    """A path as a number, with the numbers of all paths above it, the nearest last."""

    path: int
    above: tuple[int, ...]

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
    :ivar up: answers below 500 on other paths since; ``down``: failures there with the same words.
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


class Operation:
    """The answers of one operation: the latest samples, and all kinds of input that it ever answered.

    ``kinds``: by name, a bit for each kind of value; ``tails``: the same for ids; ``sets``: numbers for sets of names.
    ``kinds`` and ``sets`` are dropped once there are too many. ``containers``: kinds of content and the first answer to
    each.
    """

    __slots__ = ("bad", "containers", "good", "kinds", "sets", "tails")

    def __init__(self) -> None:
        self.good: tuple[Sample, ...] = ()
        self.bad: tuple[FailedOperation, ...] = ()
        self.kinds: dict[int, int] | None = {}
        self.tails = 0
        self.sets: set[int] | None = set()
        self.containers: dict[int, Visit] = {}

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
            asked, kinds = bad.put_in.names, self.kinds
            return differs if kinds and any(not kinds.get(name, 0) >> asked[name][0] & 1 for name in names) else None
        if differs is not None and (self.sets is None or _set_of(bad.put_in) in self.sets):
            return None
        return differs


class KnownService:
    """The recent state of one service: latest answers, successful writes, and suspects."""

    __slots__ = ("near", "number", "proven", "waiting", "writes")

    def __init__(self) -> None:
        self.number = 0
        self.proven: tuple[Visit, ...] = ()
        self.near: tuple[tuple[int, bool], ...] = ()
        self.writes: tuple[tuple[int, Where], ...] = ()
        self.waiting: tuple[Suspect, ...] = ()

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

    def wait(self, exchange: Exchange) -> None:
        """Record an exchange for waiting suspects: it clears some and proves others."""
        after = [suspect for each in self.waiting if (suspect := _after(each, exchange)) is not None]
        proven = [suspect.failure.sample.visit for suspect in after if suspect.is_proven]
        self.proven = (*self.proven, *proven)[-_MOST_WAITING:]
        self.waiting = tuple([each for each in after if not each.is_proven and self.number - each.since <= _PATIENCE])

    def suspect(self, suspect: Suspect) -> None:
        """Let a failure wait for the service to answer other requests."""
        visit = suspect.failure.sample.visit
        known = (*self.proven, *[each.failure.sample.visit for each in self.waiting])
        if all(each is not visit for each in known):
            self.waiting = (*self.waiting[1 - _MOST_WAITING :], suspect)


class OperationProof(NamedTuple):
    """A 500 that its input caused: the exchange, an answered input, and their difference."""

    fault: Visit
    answered: Visit
    differs: str
    story: tuple[Step, ...]


class Operations:
    """Operations by service, method, path and name; those of anonymous callers separately."""

    wants = ALWAYS
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._operations: Table[int, Operation] = Table(_MOST_OPERATIONS)
        self._services: Table[str, KnownService] = Table(_MOST_SERVICES)

    def waits(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether an exchange may prove something."""
        service = self._services.get(visit.service, visit.ended)
        return service is not None and len(service.waiting) > 0

    def proofs(self, exchange: Exchange) -> Iterator[OperationProof]:
        """Yield the earlier failures that an exchange proves to be caused by their inputs."""
        service = self._services.get(exchange.service, self._state.visit(exchange).ended)
        for suspect in () if service is None else service.waiting:
            after = _after(suspect, exchange)
            if after is not None and after.is_proven:
                fault, answered = suspect.failure.sample.visit, suspect.answered
                story = (answered.step("answered"), fault.step(f"another {suspect.differs}"))
                yield OperationProof(fault, answered, suspect.differs, story)

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record an exchange."""
        status, method = exchange.status, exchange.request.method
        if status is None:
            return
        service = self._services.ensure(visit.service, KnownService, visit.ended)
        service.number += 1
        if service.waiting:
            service.wait(exchange)
        if status not in _NO_MATTER and method not in ("OPTIONS", "TRACE", "HEAD"):
            self._compare(service, exchange, visit, status)
        path = place_of(exchange).path
        if not service.near or service.near[-1] != (path, status >= 500):
            service.near = (*service.near[1 - _NEAR :], (path, status >= 500))
        if status < 400 and method in _WRITES:
            service.writes = (*service.writes[1 - _MOST_WRITES :], (service.number, where_of(exchange)))

    def _compare(self, service: KnownService, exchange: Exchange, visit: Visit, status: int) -> None:
        good = visit.verdict is Verdict.OK and status < 300
        if status >= 500 and not _may_be_input(exchange, visit):
            return
        if not good and status < 500 and status not in _CHECKED:
            return
        put_in = inputs(exchange)
        if put_in is None or (_may_be_a_call(exchange) and protocol(exchange) in _EXEMPT):
            return
        sample = Sample(visit, put_in, _tail(exchange), service.number)
        known = visit.credential is not None
        if status >= 500:
            words = wording(exchange)
            failure = FailedOperation(sample, where_of(exchange), 0 if words is None else words.words)
            self._fails(service, exchange, failure, known=known)
            return
        if good or status == 404:
            for by_id in (False, True) if good else (True,):
                self._answers(service, exchange, sample, known=known, by_id=by_id)
        if put_in.container != NONE and status in (200, 201, 202, 204, 400, 422):
            key = _key(exchange, 0, known=known, by_id=False)
            self._operations.ensure(~key, Operation, visit.ended).containers.setdefault(put_in.container, visit)

    def _fails(self, service: KnownService, exchange: Exchange, failure: FailedOperation, *, known: bool) -> None:
        """Suspect the input of a failure if another one was answered before."""
        bad = failure.sample
        now, name = bad.visit.ended, bad.put_in.operation
        outage = service.is_outage(failure.where.path)
        for by_id in (False, True) if place_of(exchange).above else (False,):
            operation = self._operations.ensure(_key(exchange, name, known=known, by_id=by_id), Operation, now)
            if outage:
                continue
            _suspect(service, failure, operation, by_id=by_id)
            if known and not by_id and not operation.good:  # a known caller may do everything that anonymous ones may
                anonymous = self._operations.get(_key(exchange, name, known=False, by_id=False), now)
                if anonymous is not None:
                    _suspect(service, failure, anonymous, by_id=False)
            operation.add_bad(failure)
        contents = self._operations.get(~_key(exchange, 0, known=known, by_id=False), now)
        container = bad.put_in.container
        if contents is not None and container in _UNUSUAL and container not in contents.containers and not outage:
            answered = contents.containers.get(OBJECT)
            if answered is not None:
                service.suspect(Suspect(service.number, failure, answered, BY_CONTENT, 0, 0))

    def _answers(self, service: KnownService, exchange: Exchange, good: Sample, *, known: bool, by_id: bool) -> None:
        """Record an answered input, and suspect those that failed before."""
        key = _key(exchange, good.put_in.operation, known=known, by_id=by_id)
        operation = self._operations.ensure(key, Operation, good.visit.ended)
        before = operation.good
        operation.add_good(good, by_id=by_id)
        for failure in operation.bad:
            bad = failure.sample
            differs = operation.difference(bad, good, by_id=by_id)
            # A write in between may have fixed it, unless such an input was answered before as well.
            if differs is not None and (
                service.is_unwritten(failure.where, bad, good) or any(each.number < bad.number for each in before)
            ):
                service.suspect(Suspect(service.number, failure, good.visit, differs, 1, 0))

    def __len__(self) -> int:
        return len(self._operations) + len(self._services)


def may_clear_up(state: State) -> Opens:
    """Return ``Operations.waits`` as a gate."""
    return state.recall(Operations).waits


@once
def where_of(exchange: Exchange) -> Where:
    """Return the path of an exchange with all paths above it."""
    path = exchange.request.path.rstrip("/")
    segments = path.split("/")[: _MOST_SEGMENTS + 1]
    above = ("/".join(segments[:length]) for length in range(2, len(segments)))
    return Where(place_of(exchange).path, tuple([resource_of(exchange, each) for each in above]))


def _key(exchange: Exchange, name: int, *, known: bool, by_id: bool) -> int:
    """Return the number of an operation, or of all operations on sibling paths."""
    place = place_of(exchange)
    return hash((place.above if by_id else place.path, by_id, name, exchange.request.method, known))


def _tail(exchange: Exchange) -> int:
    last = exchange.request.path.rstrip("/").rpartition("/")[2][:_LONGEST_TAIL]
    return kind_of_text(unquote(last) if "%" in last else last)


def _may_be_a_call(exchange: Exchange) -> bool:
    """Return whether an exchange may belong to a protocol that does not name the operation in the path."""
    request = exchange.request
    return not request.body.empty or "query=" in request.target or (exchange.status or 0) >= 500


def _may_be_input(exchange: Exchange, visit: Visit) -> bool:
    """Return whether a failure may be caused by its input, and was not found so already."""
    if visit.status != 500 or visit.verdict is not Verdict.SERVER_ERROR or malformation(exchange) is not None:
        return False
    words = wording(exchange)
    return words is not None and not words.upstream


def _after(suspect: Suspect, exchange: Exchange) -> Suspect | None:
    """Return the suspect after an exchange; None if the exchange clears it."""
    status = exchange.status
    if status is None:
        return suspect
    if place_of(exchange).path == suspect.failure.where.path:
        put_in = inputs(exchange) if status < 500 else None
        cleared = put_in is not None and put_in.exact == suspect.failure.sample.put_in.exact
        return None if cleared else suspect
    if status < 500:
        return suspect._replace(up=suspect.up + 1)
    words = wording(exchange)
    same = words is not None and words.words == suspect.failure.words
    return suspect._replace(down=suspect.down + 1) if same else suspect


def _suspect(service: KnownService, failure: FailedOperation, operation: Operation, *, by_id: bool) -> None:
    """Return a suspect by the latest answer to another input."""
    for good in reversed(operation.good):
        differs = operation.difference(failure.sample, good, by_id=by_id)
        if differs is not None and service.is_unwritten(failure.where, failure.sample, good):
            service.suspect(Suspect(service.number, failure, good.visit, differs, 0, 0))
            return


def _set_of(put_in: Inputs) -> int:
    return hash((put_in.container, frozenset(put_in.names)))


def _by_id(bad: Sample, good: Sample) -> str | None:
    """Return the difference of two ids, all else equal; ids of a kind that services generate do not count."""
    if bad.tail == good.tail or bad.tail in _MADE or bad.put_in.names.keys() != good.put_in.names.keys():
        return None
    return BY_ID if good.tail in _MADE or bad.tail in (BROKEN, ODD) else None


def _by_input(bad: Sample, good: Sample) -> tuple[str | None, Sequence[int]]:
    """Return the difference of two inputs, and names with other kinds; None if too much differs, or only values do."""
    asked, told = bad.put_in.names, good.put_in.names
    different = [name for name in asked.keys() | told.keys() if asked.get(name) != told.get(name)]
    if sum(1 for name in different if (asked.get(name) or told[name])[1]) > _MOST_DIFFERENT:
        return None, ()
    both = [name for name in different if name in asked and name in told]
    if bad.visit.method == "DELETE" and not both:
        return None, ()
    if bad.put_in.container != good.put_in.container:
        return BY_CONTENT, ()
    kinds = [name for name in both if asked[name][0] != told[name][0]]
    if kinds:
        return BY_KIND, kinds
    return BY_NAME if different and not both else None, ()
