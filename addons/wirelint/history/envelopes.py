"""Learn how a service marks success in its content.

Many services always answer 200 and mark success in a member of their own: ``result`` is «success», or free text;
``resultCode`` is 0, or another number. No word list has all of these. A member marks success if answers of different
shapes, of one route or of three, have it with the same value that means success. An answer with free text or another
number there, and without data, is an error.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.json_parts import first_of, value_of
from wirelint.core.once import once
from wirelint.core.state import Latest, Opens, State, Table
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Visit
from wirelint.core.when import When
from wirelint.evidence import texts
from wirelint.evidence.envelope import Grade, envelope
from wirelint.evidence.envelope_words import FAILED, FINE, is_identity
from wirelint.evidence.protocols import IN_CONTENT, protocol
from wirelint.history.visits import Present

_MOST_ROUTES: Final = 1024
_MOST_SERVICES: Final = 256
_MOST_MEMBERS: Final = 12
_MOST_SHAPES: Final = 4
_MOST_LEARNED: Final = 8
_MOST_KEPT: Final = 256
_PERIOD: Final = 3600.0
_LOOKED_AT: Final = 16
_LONGEST_MARK: Final = 12
"""As long as the longest word for success, quoted."""
_LONGEST_NUMBER: Final = 3
_LEAST_WORDS: Final = 2
_PLAIN_WORDS: Final = 3
_LONGEST_TEXT: Final = 300
_OFTEN: Final = 4
_PROMISING: Final = 8
_REST: Final = 16
_EVERYWHERE: Final = 0.8
_LEAST_ROUTES: Final = 2
_ENOUGH_ROUTES: Final = 3
_USUAL: Final = 0.5
_WORDS: Final = frozenset(FINE - {"1", "true"}) | {"no error", "noerror"}
_NUMBERS: Final = frozenset({"0", "1", "200", '"0"', '"00"', '"000"', '"0000"', '"00000"', '"200"', '"1"'})
# A number marks success only under such a name.
_code: Final = re.compile(r".{0,24}(?:code|cod|status|result|ret|errno|err|error|rc|state|flag)", re.IGNORECASE)
_state: Final = re.compile(r"stat(?:e|us)|phase|stage|condition", re.IGNORECASE)
_name: Final = re.compile(r"[\w$@-]{1,64}")
_word: Final = re.compile(r"[^\W\d_]{2,}")
_well: Final = re.compile(
    r"succe|^ok\b|\bok\.|created|updated|deleted|added|accepted|completed|\bdone\b|queued|started|enabled|saved|sent\b"
    r"|progress|pending|running|waiting|transit|processing|on hold|scheduled"
    r"|nothing (?:was )?found"
    r"|\b(?:no|zero) (?:more )?(?:results?|match(?:es)?|hits|entries|data|records|items|changes|updates)\b",
    re.IGNORECASE,
)
_negative: Final = re.compile(
    r"\b(?:no|not|non|none|nothing|never|invalid|illegal|error|fail\w{0,3}|unable|cannot|can't|missing|unknown|unsupported"
    r"|unrecogni[sz]ed|denied|refused|forbidden|corrupt\w{0,2}|must|wrong|bad|without|too|exceed\w{0,3}|expired|already)\b",
    re.IGNORECASE,
)
_report: Final = re.compile(
    r"/(?:errors?|validat\w{0,8}|test\w{0,8}|health\w{0,4}|checks?|lint|status|logs?)/?$", re.IGNORECASE
)


class LearnedFailure(NamedTuple):
    """An error that a member marks.

    :ivar member: the member's name; ``value`` is its value.
    :ivar text: the text of the answer.
    :ivar success: an answer that succeeded; None if that was before the last restart.
    """

    member: str
    value: str | int
    text: str
    success: Visit | None


class KeptMark(msgspec.Struct, frozen=True, array_like=True):
    """A member that marks success on one route, as it is kept in a file.

    ``route`` is a keyed hash of method and template. ``marks``, ``count`` and ``paid`` are those of a ``Member``, and
    ``shapes`` is how many forms of answers it had.
    """

    route: str
    member: str
    marks: str
    count: int
    paid: bool
    shapes: int


class Learned(NamedTuple):
    """A member that marks success throughout a service."""

    service: str
    member: str
    marks: str

    @property
    def condition(self) -> str | None:
        """Return the condition for an error in the form of settings; None if that is not possible."""
        if _name.fullmatch(self.member) is None:
            return None
        return f"{self.member} != {self.marks}" if self.marks.isdigit() else f"{self.member} != '{self.marks[1:-1]}'"

    @property
    def is_plain(self) -> bool:
        """Return whether name and value are such as developers choose: they may be shown to anyone."""
        return _may_mark(self)


class Member(msgspec.Struct, eq=False, gc=False):
    """One member on one route.

    ``marks``: its value in successful answers, as JSON in lower case. ``count``: number of these; ``paid``: whether
    some had data; ``shapes``: numbers for their forms; ``sample``: the first of them, None
    if that was before the last restart.
    """

    marks: str
    sample: Visit | None
    count: int = 0
    paid: bool = False
    shapes: set[int] = set()

    @property
    def is_learned(self) -> bool:
        """Return whether the answers show that it marks success: they differ in everything else, or have data."""
        if self.marks == "0":
            return self.paid
        return len(self.shapes) > 1 and (self.marks[1:-1] in _WORDS or self.paid)


class SharedMark(msgspec.Struct, eq=False, gc=False):
    """A word for success that several routes of a service have in one member.

    ``routes``: numbers for the first of them; ``shapes``: numbers for the forms of their answers.
    """

    marks: str
    routes: set[int] = set()
    shapes: set[int] = set()

    @property
    def is_learned(self) -> bool:
        """Return whether enough routes with different answers have it."""
        return len(self.routes) >= _ENOUGH_ROUTES and len(self.shapes) > 1


class AnsweredRoute(msgspec.Struct, eq=False, gc=False):
    """The JSON answers of one route: their number, and members that may mark success."""

    answers: int = 0
    members: dict[str, Member] = {}


class JsonAnswer(NamedTuple):
    """An answer that is a JSON object, alone or in a list of one.

    :ivar top: names and unparsed values.
    :ivar shape: a number for names and kinds of values; ``pays``: whether it has data, in an object or a list.
    """

    top: Mapping[str, msgspec.Raw]
    shape: int
    pays: bool


class Envelopes:
    """Routes by service and template, and learned members by service."""

    wants = When(status="2xx")
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._routes: Table[tuple[str, str, str], AnsweredRoute] = Table(_MOST_ROUTES, _PERIOD)
        self._services: Table[str, dict[str, list[Member]]] = Table(_MOST_SERVICES, _PERIOD)
        self._shared: Table[tuple[str, str], SharedMark] = Table(_MOST_ROUTES, _PERIOD)
        self._now = 0.0
        self._latest: Latest[LearnedFailure | None] = Latest(self._failure)
        # What a file has of earlier runs, by service and hash of the route, until the route is seen again.
        self._restored: dict[str, dict[str, dict[str, Member]]] = {}
        self._dormant: set[str] = set()
        self._salt = b""

    def failure(self, exchange: Exchange) -> LearnedFailure | None:
        """Return the error in an answer by a learned member; None if there is none."""
        return self._latest.of(exchange)

    def fails(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether an answer has an error by a learned member."""
        if self._dormant and visit.service in self._dormant:
            self._wake(visit)
        if not len(self._services) or self._services.get(visit.service, visit.ended) is None:
            return False
        return self._latest.of(exchange) is not None

    def learned(self) -> Iterator[Learned]:
        """Yield learned members, by service and name."""
        for service, members in sorted(self._services.newest(self._now)):
            for name, known in sorted(members.items()):
                yield Learned(service, name, known[0].marks)

    def _failure(self, exchange: Exchange) -> LearnedFailure | None:
        answer = answer_of(exchange)
        if answer is None or _report.search(exchange.request.path[-64:]) or protocol(exchange) in IN_CONTENT:
            return None
        found = envelope(exchange)
        if found is not None and found.grade > Grade.WEAK:
            return None  # ok-with-error-body reports it
        visit = self._state.visit(exchange)
        for name, member in self._members(visit, pays=answer.pays).items():
            if name in answer.top and (text := _says_failed(exchange, answer, name, member)) is not None:
                value = value_of(answer.top[name])
                return LearnedFailure(name, value if isinstance(value, str | int) else "", text, member.sample)
        return None

    def _members(self, visit: Visit, *, pays: bool) -> dict[str, Member]:
        """Return the members that mark success on the route of an exchange.

        :param pays: whether its answer has data.
        """
        route = self._route((visit.service, visit.method, visit.route.rstrip("/")), visit.ended)
        own = (
            {} if route is None else {name: member for name, member in route.members.items() if _counts(member, route)}
        )
        for name, known in (self._services.get(visit.service, visit.ended) or {}).items():
            shared = known[0] is known[-1]  # beside data, a word of several routes proves nothing
            if len(known) < _LEAST_ROUTES or name in own or (shared and pays):
                continue
            if route is None or name not in route.members or (shared and _may_have(route, name, known[0].marks)):
                own[name] = known[0]
        return own

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record an answer."""
        if visit.verdict is not Verdict.OK:
            return
        self._now = visit.ended
        response = exchange.response
        if response is None or response.status in (204, 205, 207) or exchange.request.method in ("HEAD", "OPTIONS"):
            return
        key = (visit.service, visit.method, visit.route.rstrip("/"))
        route = self._route(key, visit.ended)
        if route is not None and not route.members and route.answers >= _PROMISING and route.answers % _REST:
            route.answers += 1  # few routes take to marks later
            return
        top = _object_of(exchange)
        if not top:
            return
        route = self._routes.ensure(key, AnsweredRoute, visit.ended)
        route.answers += 1
        found = [
            (name, marks)
            for name, raw in islice(top.items(), _LOOKED_AT)
            if len(raw) <= _LONGEST_MARK and (marks := _mark(name, raw))
        ]
        if found and protocol(exchange) not in IN_CONTENT:
            for name, marks in found:
                self._add(route, name, marks, exchange, visit)

    def _add(self, route: AnsweredRoute, name: str, marks: str, exchange: Exchange, visit: Visit) -> None:
        member = route.members.get(name)
        if member is None:
            if len(route.members) >= _MOST_MEMBERS:
                return
            member = route.members[name] = Member(marks, visit)
        if member.marks != marks:
            return
        member.count += 1
        if member.count == 1 and marks[1:-1] in _WORDS:
            self._share(name, member, exchange, visit)
        answer = None if member.paid and len(member.shapes) >= _MOST_SHAPES else answer_of(exchange)
        if answer is None:
            return  # it would show nothing new
        was = member.is_learned
        member.paid = member.paid or answer.pays
        if len(member.shapes) < _MOST_SHAPES:
            member.shapes.add(answer.shape)
        if member.is_learned and not was:
            self._learn(name, member, visit)

    def _share(self, name: str, member: Member, exchange: Exchange, visit: Visit) -> None:
        """Record one more route with a word for success, and learn it for the service once enough routes have it."""
        answer = answer_of(exchange)
        shared = self._shared.ensure((visit.service, name), lambda: SharedMark(member.marks), visit.ended)
        if answer is None or shared.marks != member.marks or shared.is_learned:
            return
        shared.routes.add(hash((visit.method, visit.route)))
        shared.shapes.add(answer.shape)
        if shared.is_learned:
            members: dict[str, list[Member]] = self._services.ensure(visit.service, dict, visit.ended)
            if name not in members and len(members) < _MOST_LEARNED:
                members[name] = [member] * _LEAST_ROUTES

    def _learn(self, name: str, member: Member, visit: Visit) -> None:
        """Keep that a member marks success on one more route of a service."""
        members: dict[str, list[Member]] = self._services.ensure(visit.service, dict, visit.ended)
        if name in members or len(members) < _MOST_LEARNED:
            known = members.setdefault(name, [])
            if len(known) < _MOST_LEARNED and all(each.marks == member.marks for each in known):
                known.append(member)

    # What outlasts the process

    def kept(self, salt: bytes) -> dict[str, list[KeptMark]]:
        """Return what was learned of each service, to be kept.

        :param salt: the key that routes are hashed with, of at most 64 octets; always the same.
        """
        kept: dict[str, list[KeptMark]] = {}
        for service, routes in tuple(self._restored.items()):
            kept[service] = [each for route, members in tuple(routes.items()) for each in _marks(route, members)]
        for (service, method, route), answered in tuple(self._routes.newest(self._now)):
            kept.setdefault(service, []).extend(_marks(_sealed(salt, method, route), dict(answered.members)))
        return {service: marks[:_MOST_KEPT] for service, marks in kept.items() if marks}

    def restore(self, kept: Mapping[str, list[KeptMark]], salt: bytes) -> None:
        """Take over what was learned in earlier runs.

        :param salt: the key that routes were hashed with.
        """
        self._salt = salt
        for service, marks in list(kept.items())[:_MOST_SERVICES]:
            routes = self._restored.setdefault(service, {})
            for each in marks[:_MOST_KEPT]:
                if not _may_mark(each):
                    continue
                member = Member(each.marks, None)
                member.count, member.paid, member.shapes = (
                    each.count,
                    each.paid,
                    set(range(min(each.shapes, _MOST_SHAPES))),
                )
                if member.is_learned:
                    routes.setdefault(each.route, {})[each.member] = member
        self._dormant.update(self._restored)

    def _wake(self, visit: Visit) -> None:
        """Take over what earlier runs learned of a service, as it is seen for the first time."""
        self._dormant.discard(visit.service)
        for members in self._restored[visit.service].values():
            for name, member in members.items():
                self._learn(name, member, visit)

    def _route(self, key: tuple[str, str, str], now: float) -> AnsweredRoute | None:
        """Return the route of a service, as saved by an earlier run if this one has not seen it yet."""
        route = self._routes.get(key, now)
        restored = self._restored.get(key[0]) if route is None and self._restored else None
        if not restored:
            return route
        members = restored.pop(_sealed(self._salt, *key[1:]), None)
        if members is not None:
            self._now = now
            route = self._routes.ensure(key, AnsweredRoute, now)
            route.members.update(members)
            route.answers = max(member.count for member in members.values())
        return route

    def __len__(self) -> int:
        return len(self._routes) + len(self._services) + len(self._shared)


def _marks(route: str, members: Mapping[str, Member]) -> Iterator[KeptMark]:
    """Yield what marks success on a route; names that are none of a developer's are left out."""
    for name, member in members.items():
        if member.is_learned and _name.fullmatch(name) is not None:
            yield KeptMark(route, name, member.marks, member.count, member.paid, len(member.shapes))


def _may_mark(kept: KeptMark | Learned) -> bool:
    """Return whether a mark that was read from a file is one that can have been learned."""
    return _name.fullmatch(kept.member) is not None and (kept.marks in _NUMBERS or kept.marks[1:-1] in _WORDS)


def _sealed(salt: bytes, method: str, route: str) -> str:
    return hashlib.blake2b(f"{method} {route}".encode("utf-8", "surrogateescape"), key=salt, digest_size=8).hexdigest()


def answer_fails(state: State) -> Opens:
    """Return ``Envelopes.fails`` as a gate."""
    return state.recall(Envelopes).fails


def _object_of(exchange: Exchange) -> Mapping[str, msgspec.Raw] | None:
    """Return the members of an answer that is a JSON object, or a list of one."""
    response = exchange.response
    if response is None or response.body.unavailable is not None or not response.body.complete:
        return None
    top = response.body.top_level
    if top is None and (elements := response.body.elements) is not None and len(elements) == 1:
        return first_of(elements)
    return top


@once
def answer_of(exchange: Exchange) -> JsonAnswer | None:
    """Return an answer as a JSON object; None if it is not one, or not completely known."""
    top = _object_of(exchange)
    if not top:
        return None
    starts = {name: memoryview(raw)[:3].tobytes() for name, raw in top.items()}
    shape = hash(frozenset((name, start[:1]) for name, start in starts.items()))
    return JsonAnswer(top, shape, any(start[:1] in b"{[" and start not in (b"{}", b"[]") for start in starts.values()))


def _may_have(route: AnsweredRoute, name: str, marks: str) -> bool:
    """Return whether a member that marks success elsewhere usually does so on a route."""
    member = route.members[name]
    return member.marks == marks and member.count >= _USUAL * route.answers


def _counts(member: Member, route: AnsweredRoute) -> bool:
    return member.is_learned and member.count >= _EVERYWHERE * min(route.answers, 2 * member.count)


def _mark(name: str, raw: msgspec.Raw) -> str:
    """Return the value of a member as JSON in lower case if it may mark success; else empty.

    :param raw: at most ``_LONGEST_MARK`` octets.
    """
    octets = bytes(raw)
    if octets[:1] not in b'"012' or (octets[:1] != b'"' and len(octets) > _LONGEST_NUMBER):
        return ""
    text = octets.decode("utf-8", "replace").lower()
    if text[:1] == '"' and text[1:-1] in _WORDS:
        return text
    return text if text in _NUMBERS and _code.fullmatch(name) else ""


def _says_failed(exchange: Exchange, answer: JsonAnswer, name: str, member: Member) -> str | None:
    """Return the explanation of an answer whose member does not mark success; None if it may have succeeded."""
    value = value_of(answer.top[name])
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    rest = {other: value_of(raw) for other, raw in answer.top.items() if other != name}
    if not isinstance(value, str) or member.marks[1:-1] not in _WORDS:
        different = str(value).lower() != member.marks.strip('"') and str(value).lstrip("-").isalnum()
        return _explained(exchange, rest) if different and not answer.pays else None
    text = _in_words(exchange, value, rest)
    if text is None or _negative.search(text) or texts.of_prose(text) or value.strip().lower() in FAILED:
        return text
    # In another language, or unclear: success must be well known, and no data may be beside it.
    often = member.count >= _OFTEN and len(member.shapes) > _LEAST_WORDS
    return text if often and not answer.pays and _state.fullmatch(name) is None else None


def _explained(exchange: Exchange, rest: Mapping[str, object]) -> str | None:
    """Return the explanation beside a number, if only texts are there."""
    if any(is_identity(other.lower(), each) for other, each in rest.items()):
        return None
    if any(each not in (None, "", [], {}) and not isinstance(each, str) for each in rest.values()):
        return None
    said = [each for each in rest.values() if isinstance(each, str) and each and not _is_echo(exchange, each)]
    return next((each for each in said if _length(each) >= _PLAIN_WORDS or texts.of_prose(each)), None)


def _in_words(exchange: Exchange, value: str, rest: Mapping[str, object]) -> str | None:
    """Return the explanation in place of a word for success, or beside one for failure."""
    text = value.strip()
    if text.lower() in FAILED:
        says = next((each for each in rest.values() if isinstance(each, str) and _length(each) >= _LEAST_WORDS), None)
        return says or (text if "error" in {other.lower() for other in rest} else None)
    if " " not in text or _length(text) < _LEAST_WORDS or len(text) > _LONGEST_TEXT or _is_echo(exchange, text):
        return None
    if _well.search(text) or any(is_identity(other.lower(), each) for other, each in rest.items()):
        return None
    return text


def _is_echo(exchange: Exchange, text: str) -> bool:
    """Return whether a text is in the request."""
    request = exchange.request
    return text in request.target or text in (request.body.text or "")


def _length(text: str) -> int:
    return len(_word.findall(text[:_LONGEST_TEXT]))
