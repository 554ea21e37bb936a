"""Contrast of inputs: remember which inputs an operation answers, and which always get a 500.

A 500 alone never shows whose fault it is. If the same operation answers inputs of another kind (a number in place of a
text, a member that is present or absent, an object in place of a list) and the service continues to answer, the input
is the cause. ``history.suspects`` compares them.

Failures are rare. So an answered request is kept unparsed until there is a failure to compare it with, or no room.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote

import msgspec

from wirelint.core.body import EMPTY, Body
from wirelint.core.exchange import Exchange, Request
from wirelint.core.media import Kind, MediaType
from wirelint.core.state import WINDOW, Opens, State, Table
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Step, Visit
from wirelint.core.when import ALWAYS
from wirelint.evidence.inputs import LIST, NONE, NULL, NUMBER, OBJECT, RAW, TEXT, inputs, inputs_of, kind_of_text
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.requests import malformation
from wirelint.evidence.wording import wording
from wirelint.history.paths import Place, place_of
from wirelint.history.suspects import BY_CONTENT, FailedOperation, KnownService, Operation, Sample, Where
from wirelint.history.visits import Present

_MOST_OPERATIONS: Final = 2048
_MOST_SERVICES: Final = 256
_MOST_UNREAD: Final = 16
_MOST_OCTETS: Final = 2 * 1024 * 1024
_LONGEST: Final = 4096
_OVERHEAD: Final = 1024
"""Approximate size of an answered request without its target and content, in bytes."""
_LONGEST_TAIL: Final = 512
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_CHECKED: Final = frozenset({400, 422})
_UNDERSTOOD: Final = frozenset({200, 201, 202, 204, 400, 422})
_NO_MATTER: Final = frozenset({401, 403, 405, 407, 408, 429, 501, 502, 503, 504})
_NOT_COMPARED: Final = frozenset({"OPTIONS", "TRACE", "HEAD"})
_UNUSUAL: Final = frozenset({LIST, NUMBER, TEXT, NULL, RAW})
_NAMING: Final = frozenset({"x-amz-target", "soapaction"})
# Protocols that send errors under 500, or that do not name the operation in the path.
_EXEMPT: Final = frozenset(
    {Protocol.JSON_RPC, Protocol.XML_RPC, Protocol.SOAP, Protocol.GRPC, Protocol.GRAPHQL, Protocol.BATCH, Protocol.BULK}
)
_OK: Final = Verdict.OK


Beside = tuple[int, str, bool]
"""A group of requests to sibling paths: the number of the path above, the method, and whether they had credentials."""


class AnsweredRequest(msgspec.Struct, frozen=True, eq=False, gc=False):
    """An answered request, unparsed.

    :ivar number: its position among the exchanges of its service.
    """

    visit: Visit
    place: Place
    target: str
    content: bytes
    media: MediaType
    number: int

    def sample(self, method: str) -> Sample | None:
        """Parse the request; None if it cannot be compared.

        :param method: the method of the request.
        """
        body = Body(self.content, media=self.media) if self.content else EMPTY
        put_in = inputs_of(method, self.target, body, form=self.media.kind is Kind.FORM)
        return None if put_in is None else Sample(self.visit, put_in, _tail(self.target), self.number)


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
        self._contents: Table[Beside, dict[int, Visit]] = Table(_MOST_OPERATIONS)
        self._services: Table[str, KnownService] = Table(_MOST_SERVICES)
        self._failing: Table[Beside, bool] = Table(_MOST_OPERATIONS)
        self._unread: dict[Beside, list[AnsweredRequest]] = {}
        self._octets = 0

    def waits(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether an exchange may prove something."""
        service = self._services.get(visit.service, visit.ended)
        return service is not None and len(service.waiting) > 0

    def proofs(self, exchange: Exchange) -> Iterator[OperationProof]:
        """Yield the earlier failures that an exchange proves to be caused by their inputs."""
        visit = self._state.visit(exchange)
        service = self._services.get(exchange.service, visit.ended)
        for suspect in () if service is None else service.suspects(exchange, visit.request):
            if suspect.is_proven:
                fault, answered = suspect.failure.sample.visit, suspect.answered
                story = (answered.step("answered"), fault.step(f"another {suspect.differs}"))
                yield OperationProof(fault, answered, suspect.differs, story)

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record an exchange."""
        status, request = visit.status, exchange.request
        if status is None:
            return
        service = self._services.ensure(visit.service, KnownService, visit.ended)
        service.number += 1
        if service.waiting:
            service.wait(exchange, visit.request)
        if status >= 500 and visit.request is not None:
            service.lapse(visit.request)
        place, method = place_of(exchange), request.method
        if status not in _NO_MATTER and method not in _NOT_COMPARED:
            if status >= 500:
                if _may_be_input(exchange, visit):
                    self._note_failure(service, exchange, visit, place)
            elif (visit.verdict is _OK and status < 300) or _may_be_checked(status, request):
                self._note_answer(service, exchange, visit, place)
        service.see(place.path, failed=status >= 500)
        if status < 400 and method in _WRITES:
            service.writes.append((service.number, Where(exchange)))

    def _note_answer(self, service: KnownService, exchange: Exchange, visit: Visit, place: Place) -> None:
        """Record an answered request: unparsed, unless one to a sibling path failed."""
        request = exchange.request
        body, target = request.body, request.target
        if (not body.empty or "query=" in target) and _is_exempt(exchange):
            return
        beside = (place.above or place.path, request.method, visit.credential is not None)
        failing = len(self._failing) > 0 and self._failing.get(beside, visit.ended) is not None
        if not failing and _can_wait(request):
            self._put_off(beside, AnsweredRequest(visit, place, target, body.raw or b"", body.media, service.number))
            return
        put_in = inputs(exchange)
        if put_in is None:
            return
        self._read(beside, visit.ended)
        if failing:
            self._failing.keep(beside, True, visit.ended)
        self._answers(service, beside, place, Sample(visit, put_in, _tail(target), service.number))

    def _put_off(self, beside: Beside, answer: AnsweredRequest) -> None:
        """Keep a request unparsed, and parse others if there are too many."""
        answers, now = self._unread.get(beside), answer.visit.ended
        if answers is not None and (len(answers) >= _MOST_UNREAD or abs(now - answers[-1].visit.ended) > WINDOW):
            self._read(beside, now)
            answers = None
        if answers is None:
            answers = self._unread[beside] = []
        answers.append(answer)
        self._octets += _OVERHEAD + len(answer.target) + len(answer.content)
        while self._octets > _MOST_OCTETS:
            self._read(next(iter(self._unread)), now)

    def _read(self, beside: Beside, now: float) -> None:
        """Parse the requests of a group, unless they are too old to be compared."""
        answers = self._unread.pop(beside, None)
        if answers is None:
            return
        self._octets -= sum([_OVERHEAD + len(each.target) + len(each.content) for each in answers])
        if abs(now - answers[-1].visit.ended) > WINDOW:
            return
        service = self._services.get(answers[-1].visit.service, now)
        for answer in answers:
            sample = answer.sample(beside[1])
            if sample is not None and service is not None:
                self._answers(service, beside, answer.place, sample)

    def _answers(self, service: KnownService, beside: Beside, place: Place, good: Sample) -> None:
        """Record an answered input, and suspect those that failed before."""
        (_, method, known), visit, put_in = beside, good.visit, good.put_in
        succeeded = visit.status is not None and visit.status < 300
        for by_id in (False, True) if succeeded else (True,):
            if (by_id and not place.above) or not (succeeded or visit.status == 404):
                continue
            key = _key(place, method, put_in.operation, known=known, by_id=by_id)
            operation = self._operations.ensure(key, Operation, visit.ended)
            before = operation.good
            operation.add_good(good, by_id=by_id)
            if operation.bad:
                service.compare_answer(good, operation, before, by_id=by_id)
        if put_in.container != NONE and visit.status in _UNDERSTOOD:
            contents: dict[int, Visit] = self._contents.ensure((place.path, method, known), dict, visit.ended)
            contents.setdefault(put_in.container, visit)

    def _note_failure(self, service: KnownService, exchange: Exchange, visit: Visit, place: Place) -> None:
        """Suspect the input of a failure if another one was answered before."""
        method, known, now = exchange.request.method, visit.credential is not None, visit.ended
        put_in, words = inputs(exchange), wording(exchange)
        if put_in is None or _is_exempt(exchange):
            return
        beside = (place.above or place.path, method, known)
        self._read(beside, now)
        self._failing.keep(beside, True, now)
        outage = service.is_outage(place.path)
        sample = Sample(visit, put_in, _tail(exchange.request.target), service.number)
        failure = FailedOperation(sample, Where(exchange), 0 if words is None else words.words)
        for by_id in (False, True) if place.above else (False,):
            key = _key(place, method, put_in.operation, known=known, by_id=by_id)
            operation = self._operations.ensure(key, Operation, now)
            if outage:
                continue
            service.compare_failure(failure, operation, by_id=by_id)
            if known and not by_id and not operation.good:  # a known caller may do everything that anonymous ones may
                self._read((place.above or place.path, method, False), now)
                key = _key(place, method, put_in.operation, known=False, by_id=False)
                anonymous = self._operations.get(key, now)
                if anonymous is not None:
                    service.compare_failure(failure, anonymous, by_id=False)
            operation.add_bad(failure)
        if outage or put_in.container not in _UNUSUAL:
            return
        contents = self._contents.get((place.path, method, known), now) or {}
        if put_in.container not in contents and OBJECT in contents:
            service.suspect(failure, contents[OBJECT], BY_CONTENT)

    def __len__(self) -> int:
        return len(self._operations) + len(self._services) + len(self._unread)


def may_clear_up(state: State) -> Opens:
    """Return ``Operations.waits`` as a gate."""
    return state.recall(Operations).waits


def _may_be_checked(status: int, request: Request) -> bool:
    """Return whether an error may depend on the id or on the content of a request."""
    return status == 404 or (status in _CHECKED and not request.body.empty)


def _is_exempt(exchange: Exchange) -> bool:
    """Return whether an exchange belongs to a protocol of calls.

    Some services answer plain requests, such as forms, in the shape of JSON-RPC: only the request tells.
    """
    spoken = protocol(exchange)
    if spoken is not Protocol.JSON_RPC:
        return spoken in _EXEMPT
    asked = exchange.request.body
    return "method" in (asked.names or ()) or bool(asked.elements)


def _can_wait(request: Request) -> bool:
    """Return whether a request can be kept unparsed: it is short and complete, and no field names an operation."""
    body, raw = request.body, request.body.raw
    if raw is None or len(raw) + len(request.target) > _LONGEST or not _NAMING.isdisjoint(request.headers.index):
        return False
    if not raw:
        return body.empty
    return not body.coding and body.complete and body.media.kind is request.headers.media_type.kind


def _key(place: Place, method: str, name: int, *, known: bool, by_id: bool) -> int:
    """Return the number of an operation, or of all operations on sibling paths."""
    return hash((place.above if by_id else place.path, by_id, name, method, known))


def _tail(target: str) -> int:
    last = target.partition("?")[0].rstrip("/").rpartition("/")[2][:_LONGEST_TAIL]
    return kind_of_text(unquote(last) if "%" in last else last)


def _may_be_input(exchange: Exchange, visit: Visit) -> bool:
    """Return whether a failure may be caused by its input, and was not found so already."""
    if visit.status != 500 or visit.verdict is not Verdict.SERVER_ERROR or malformation(exchange) is not None:
        return False
    words = wording(exchange)
    return words is not None and not words.upstream
