"""Contrast of methods: remember which methods work on a path, and the answers to the others.

One answer cannot show that a 404 means «no such method here», or a 500 means «gone». Several answers of one path can:
GET works, and PUT is refused in the service's words for unknown paths.

A later exchange may prove the fault of an earlier one. Open cases are kept, by path and by wording, until the path is
read again or the wording is seen on an unrelated path.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from wirelint.core.exchange import Exchange
from wirelint.core.state import Latest, Opens, State, Table
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Step, Visit
from wirelint.core.when import ALWAYS
from wirelint.evidence.wording import Wording, wording
from wirelint.history.method_proofs import (
    CONDITIONS,
    GONE_FAILED,
    HEAD_DIFFERS,
    KNOWN,
    TRIED,
    UNSUPPORTED_FAILED,
    MethodProof,
    allowed,
    as_get,
    bare,
    called,
    head_proofs,
    is_open,
    may_settle,
    other_that_works,
    read_again,
    unsupported,
    working_refused,
    works_again,
)
from wirelint.history.paths import Attempt, Path, Place, face, is_good, may_as_much, place_of
from wirelint.history.turns import in_turn
from wirelint.history.visits import Present, resource_of

_MOST_PATHS: Final = 4096
_MOST_WORDINGS: Final = 1024
_MOST_HANDLED: Final = 4096
_MOST_SERVICES: Final = 256
_MOST_HELD: Final = 8
_MOST_UNKNOWN: Final = 8
_MOST_MISSING: Final = 4
_ENOUGH_HEADS: Final = 2
"""Paths besides the current one on which HEAD must fail, to prove that a service does not answer it."""
_NEAR: Final = 8
_LEAST_NEAR: Final = 3
_READING: Final = frozenset({"GET", "OPTIONS", "HEAD"})
# For these, a 404 may be about one of several things in the request, or about the thing to create.
_EXTENSIONS: Final = frozenset(
    {"OPTIONS", "TRACE", "CONNECT", "MOVE", "COPY", "LOCK", "UNLOCK", "MKCOL", "PROPFIND", "PROPPATCH", "REPORT"}
)
_VALIDATED: Final = frozenset({409, 412, 422})
_GUESSED: Final = frozenset({400, 422, 500})
_OVERRIDES: Final = frozenset({"x-http-method-override", "x-http-method", "x-method-override"})


class Heads(NamedTuple):
    """HEAD at a service: its 404s to paths that GET had just shown, one a path, and whether it ever worked."""

    refused: tuple[Attempt, ...] = ()
    worked: bool = False

    def beside(self, place: Place) -> tuple[Attempt, ...]:
        """Return the refusals on other paths; none if HEAD works somewhere, or if they are too few for a proof."""
        others = tuple([each for each in self.refused if each.place.path != place.path])
        return others if not self.worked and len(others) >= _ENOUGH_HEADS else ()


class Methods:
    """Paths, a service's wordings for unknown paths, and the methods handled on sibling paths."""

    wants = ALWAYS
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._paths: Table[int, Path] = Table(_MOST_PATHS)
        self._unknown: Table[tuple[str, int], tuple[Place, ...]] = Table(_MOST_WORDINGS)
        self._held: Table[tuple[str, int], tuple[Attempt, ...]] = Table(_MOST_WORDINGS)
        self._missing: Table[int, frozenset[int]] = Table(_MOST_WORDINGS)
        self._handled: Table[tuple[int, str], bool] = Table(_MOST_HANDLED)
        self._failed: Table[tuple[int, str], Attempt] = Table(_MOST_WORDINGS)
        self._heads: Table[str, Heads] = Table(_MOST_SERVICES)
        self._near: Table[str, deque[tuple[int, bool]]] = Table(_MOST_SERVICES)
        self._latest: Latest[tuple[MethodProof, ...]] = Latest(lambda exchange: tuple(self._proofs(exchange)))
        self._asked: tuple[Visit, bool] | None = None
        self._refusal: tuple[Visit, Attempt | None] | None = None
        self._number = 0

    def proofs(self, exchange: Exchange) -> tuple[MethodProof, ...]:
        """Return the proofs of an exchange about itself or an earlier one, from all recorded exchanges."""
        return self._latest.of(exchange)

    def may_prove(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether an exchange proves something about methods."""
        asked = self._asked  # several rules ask, some through ``either``
        if asked is None or asked[0] is not visit:
            asked = self._asked = (visit, self._may_prove(exchange, visit))
        return asked[1]

    def _may_prove(self, exchange: Exchange, visit: Visit) -> bool:
        place, status = place_of(exchange), visit.status
        path = self._paths.get(place.path, visit.ended)
        if status == 404:
            awaited = path is not None or len(self._held) > 0
        elif status == 500:
            awaited = path is not None or place.above in self._paths
        else:
            awaited = len(self._failed) > 0 and (place.above, exchange.request.method) in self._failed
            awaited = awaited or (path is not None and may_settle(exchange, path))
        return awaited and len(self._latest.of(exchange)) > 0

    def is_outage(self, service: str, path: int, now: float) -> bool:
        """Return whether most of a service's latest answers on other paths were failures.

        :param path: number of the path to leave out.
        :param now: seconds of the exchanges' clock.
        """
        latest = {other: failed for other, failed in self._near.get(service, now) or () if other != path}
        return len(latest) >= _LEAST_NEAR and 2 * sum(latest.values()) > len(latest)

    def _proofs(self, exchange: Exchange) -> Iterator[MethodProof]:
        if exchange.status is None or not _OVERRIDES.isdisjoint(exchange.request.headers.index):
            return
        visit, place = self._state.visit(exchange), place_of(exchange)
        if visit.status == 404:
            if len(self._held):
                yield from self._of_wording(exchange, visit, place)
        elif visit.status == 500:
            yield from self._below_what_is_gone(exchange, visit, place)
        elif len(self._failed) and (place.above, exchange.request.method) in self._failed and is_good(exchange):
            yield from self._of_member(exchange, visit, place)
        path = self._paths.get(place.path, visit.ended)
        if path is not None:
            yield from self._of_path(exchange, visit, place, path)

    def _of_path(self, exchange: Exchange, visit: Visit, place: Place, path: Path) -> Iterator[MethodProof]:
        method, status = exchange.request.method, visit.status
        if method == "HEAD":
            yield from head_proofs(exchange, visit, path)
            if status == 404:
                yield from self._without_head(exchange, visit, place, path)
        elif status in (400, 404):
            if status == 404 and method == "GET" and path.failing is not None:
                yield from self._of_look(visit, place, path)
            if method == "GET" and not _is_tried_otherwise(path):
                return
            attempt = self._refused(exchange, visit, place, path)
            self._refusal = (visit, attempt)
            if attempt is not None and attempt.answered is not None and self._is_elsewhere(attempt):
                yield unsupported(attempt, attempt.answered)
        elif status == 500:
            yield from self._failure(exchange, visit, place, path)
        elif status == 405 and method in TRIED:
            yield from working_refused(visit, path, method)
        elif is_open(path, method) and is_good(exchange):
            yield from works_again(visit, path, method)
            yield from read_again(exchange, visit, path) if method == "GET" else as_get(exchange, visit, path)
        yield from allowed(exchange, visit, path)

    def _without_head(self, exchange: Exchange, visit: Visit, place: Place, path: Path) -> Iterator[MethodProof]:
        """Find a service that answers GET alone: each HEAD right after a GET of its path got 404, and none worked."""
        before, heads = _shown_to(visit, place, path), self._heads.get(visit.service, visit.ended)
        others = () if before is None or heads is None else heads.beside(place)
        if before is None or not others or not CONDITIONS.isdisjoint(exchange.request.headers.index):
            return
        story = (before.step("GET"), others[-1].visit.step("HEAD fails there, too"))
        yield MethodProof(HEAD_DIFFERS, visit, "HEAD", story, "HEAD")
        for each in others if len(others) == _ENOUGH_HEADS else ():
            if each.answered is not None and each.visit is not visit:
                story = (each.answered.step("GET"), visit.step("HEAD fails there, too"))
                yield MethodProof(HEAD_DIFFERS, each.visit, "HEAD", story, "HEAD fails here, too")

    # 404 and 400 for a method that is not supported

    def _refused(self, exchange: Exchange, visit: Visit, place: Place, path: Path) -> Attempt | None:
        """Return the exchange as a possible refusal for its method, with the proof that the path exists."""
        method, words = exchange.request.method, wording(exchange)
        tried = path.tried.get(method)
        if words is None or method in _EXTENSIONS or (tried is not None and tried.handled):
            return None
        # A path that GET shows cannot be unknown, whatever works beside it.
        shown = path.alive is not None and not path.guessed and words.names_path
        if self._handles(place, visit, method) and not (visit.status == 404 and (words.no_route or shown)):
            return None
        attempt = Attempt(visit, method, place, words, self._number, None)
        if visit.status == 400:
            return attempt._replace(answered=bare(exchange, attempt, path, words))
        answered = other_that_works(path, method) if words.no_route else None
        if answered is None and method == "GET":
            answered = None if place.like_id else called(path, words, 404)
        elif answered is None:
            otherwise = self._is_worded_otherwise(attempt, words)
            if method != "POST" or words.names_route or shown or otherwise or exchange.request.body.empty:
                # else it may be about something in the content
                answered = self._answered(attempt, path, words, otherwise=otherwise)
        return attempt._replace(answered=answered)

    def _is_worded_otherwise(self, attempt: Attempt, words: Wording) -> bool:
        """Return whether GET gets other words for missing resources beside this one: these are not for a missing id."""
        known = self._missing.get(attempt.place.above, attempt.visit.ended) if attempt.place.above else None
        return known is not None and len(known) < _MOST_MISSING and words.words not in known

    def _answered(self, attempt: Attempt, path: Path, words: Wording, *, otherwise: bool) -> Visit | None:
        """Return the proof that the path of a 404 exists for another method.

        :param otherwise: whether missing resources beside it get other words.
        """
        shown, answered = path.shown, None
        if shown is not None and path.guessed and not (words.generic or words.names_route):
            shown = None
        if words.names_route:
            answered = self._in_own_words(attempt, path, words)
        if answered is None and (words.names_route or otherwise or not attempt.place.like_id):
            answered = path.posted if shown is None else shown
        if answered is None or (path.guarded and attempt.visit.anonymous):
            return answered  # a path that refuses anonymous callers is not hidden from them
        return answered if may_as_much(answered, attempt.visit) else None

    def _in_own_words(self, attempt: Attempt, path: Path, words: Wording) -> Visit | None:
        """Return the latest answer to another method in other words than those for unknown paths."""
        service, now = attempt.visit.service, attempt.visit.ended
        for method, tried in path.tried.items():
            if method == attempt.method or tried.words is None or tried.last is None or tried.words == words.words:
                continue
            known = self._unknown.get((service, tried.words), now) or ()
            if all(other.above == attempt.place.above for other in known):
                return tried.last
        return None

    def _is_elsewhere(self, attempt: Attempt) -> bool:
        """Return whether the service has these words for an unrelated path."""
        words, visit = attempt.wording, attempt.visit
        if words is None or words.no_route or visit.status == 400:
            return words is not None
        known = self._unknown.get((visit.service, words.words), visit.ended) or ()
        return any(attempt.place.is_unrelated(other) for other in known)

    def _handles(self, place: Place, visit: Visit, method: str) -> bool:
        """Return whether the method works on a sibling path, or on another path of its route."""
        if not len(self._handled):
            return False
        return (place.above != 0 and self._handled.get((place.above, method), visit.ended) is not None) or (
            self._handled.get((hash((visit.service, visit.route)), method), visit.ended) is not None
        )

    def _of_wording(self, exchange: Exchange, visit: Visit, place: Place) -> Iterator[MethodProof]:
        """Yield the cases that waited for their wording on an unrelated path."""
        words = wording(exchange)
        if words is None:
            return
        for attempt in self._held.get((visit.service, words.words), visit.ended) or ():
            if attempt.answered is not None and attempt.place.is_unrelated(place):
                yield unsupported(attempt, attempt.answered, "the same words for an unrelated path")

    # 500

    def _failure(self, exchange: Exchange, visit: Visit, place: Place, path: Path) -> Iterator[MethodProof]:
        words = wording(exchange)
        if words is None or words.upstream or self.is_outage(visit.service, place.path, visit.ended):
            return
        if path.gone is not None:
            yield from self._gone(visit, place, path, path.gone)
        elif path.alive is not None and not path.guessed and path.alive.method == "GET":
            yield from self._unsupported_failed(exchange, visit, place, path, path.alive)

    def _gone(self, visit: Visit, place: Place, path: Path, gone: Visit) -> Iterator[MethodProof]:
        above = self._paths.get(place.above, visit.ended)
        if gone.target != visit.target or not _is_gone_for(gone, visit):
            return
        if above is not None and above.written > path.gone_at:
            return  # what was created since may have this name
        changes = visit.method in ("DELETE", "PATCH") or (visit.method == "PUT" and _is_named_by_service(place, above))
        if changes or (visit.method == "GET" and gone.method == "DELETE"):
            story = (gone.step("deleted" if gone.method == "DELETE" else "not there"),)
            yield MethodProof(GONE_FAILED, visit, visit.method, story, "fails for what is not there")

    def _unsupported_failed(
        self, exchange: Exchange, visit: Visit, place: Place, path: Path, shown: Visit
    ) -> Iterator[MethodProof]:
        method = exchange.request.method
        tried = path.tried.get(method)
        if method not in KNOWN:
            yield MethodProof(UNSUPPORTED_FAILED, visit, method, (shown.step("works"),), "an unknown method")
        elif self._is_for_members(place, visit, method) and (tried is None or not tried.handled):
            story = (shown.step("the collection is there"),)
            yield MethodProof(UNSUPPORTED_FAILED, visit, method, story, "the method works on members alone")

    def _is_for_members(self, place: Place, visit: Visit, method: str) -> bool:
        """Return whether only members of a path support a method, not the path or its siblings."""
        return (
            method in ("DELETE", "PATCH", "PUT")
            and self._handled.get((place.path, method), visit.ended) is not None
            and self._handled.get((place.above, method), visit.ended) is None
        )

    def _of_member(self, exchange: Exchange, visit: Visit, place: Place) -> Iterator[MethodProof]:
        """Prove a failure on a collection by the method's success on a member."""
        method = exchange.request.method
        attempt = self._failed.get((place.above, method), visit.ended) if len(self._failed) else None
        if attempt is not None and attempt.answered is not None:
            story = (attempt.answered.step("the collection is there"), attempt.visit.step("the method fails on it"))
            yield MethodProof(UNSUPPORTED_FAILED, attempt.visit, method, story, "the method works on a member")

    def _below_what_is_gone(self, exchange: Exchange, visit: Visit, place: Place) -> Iterator[MethodProof]:
        """Find a 500 to a call on something that was deleted or not found: ``POST /kernels/7/restart``."""
        above = self._paths.get(place.above, visit.ended)
        gone = None if above is None else above.gone
        if above is None or gone is None or not _is_gone_for(gone, visit):
            return
        if gone.method != "DELETE" and not self._works_elsewhere(exchange, visit, above):
            return
        words = wording(exchange)
        if words is None or words.upstream or self.is_outage(visit.service, place.path, visit.ended):
            return
        story = (gone.step("deleted" if gone.method == "DELETE" else "not there"),)
        yield MethodProof(GONE_FAILED, visit, exchange.request.method, story, "fails for what is not there")

    def _works_elsewhere(self, exchange: Exchange, visit: Visit, above: Path) -> bool:
        """Return whether a call was handled on another resource, and nothing was created since one was not there."""
        if self._handled.get((hash((visit.service, visit.route)), exchange.request.method), visit.ended) is None:
            return False
        collection = exchange.request.path.rstrip("/").rpartition("/")[0].rpartition("/")[0]
        found = self._paths.get(resource_of(exchange, collection), visit.ended) if collection else None
        return found is None or found.written < above.gone_at

    def _of_look(self, visit: Visit, place: Place, path: Path) -> Iterator[MethodProof]:
        """Find a GET with 404 right after a failed change of a resource that was not known to exist."""
        failing, above = path.failing, self._paths.get(place.above, visit.ended)
        if failing is None or failing.visit.target != visit.target or not _is_gone_for(visit, failing.visit):
            return
        if in_turn(failing.visit, visit) and (above is None or above.written < failing.number):
            story: tuple[Step, ...] = (failing.visit.step("fails"),)
            yield MethodProof(GONE_FAILED, failing.visit, failing.method, story, "not there")

    # Recording

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record an exchange."""
        place = place_of(exchange)
        now, method, status = visit.ended, exchange.request.method, visit.status
        self._number += 1
        path = self._paths.ensure(place.path, Path, now)
        if status is None:
            path.doubt(method)
            return
        good = visit.verdict is Verdict.OK and (status < 300 or status == 304)
        if status == 404:
            self._note_missing(exchange, visit, place, path)
        elif status == 500:
            self._note_failure(exchange, visit, place, path)
        if method not in _READING and (good or status in _VALIDATED):
            self._note_handled(visit, place, method, good=good)
        if status < 500 or path.gone is None:  # a failure on a deleted resource is no sign of an outage
            self._near.ensure(visit.service, _latest, now).append((place.path, status >= 500))
        if method == "HEAD" and status == 404:
            self._note_head(visit, place, path)
        elif method == "HEAD" and good:
            self._heads.keep(visit.service, Heads(worked=True), now)
        path.attempts(method).add(exchange, visit, good=good)
        if good:
            self._note_success(exchange, visit, place, path)
        elif method in ("GET", "HEAD"):
            self._note_look(exchange, visit, place, path)

    def _note_missing(self, exchange: Exchange, visit: Visit, place: Place, path: Path) -> None:
        """Record the words of a 404, and itself if it may be refused for its method."""
        words, method = wording(exchange), exchange.request.method
        if words is None or method == "HEAD":
            return
        if method == "GET" and place.above:
            missing = self._missing.get(place.above, visit.ended) or frozenset()
            if len(missing) < _MOST_MISSING:
                self._missing.keep(place.above, missing | {words.words}, visit.ended)
        key = (visit.service, words.words)
        held = self._held.get(key, visit.ended) or ()
        rest = tuple([each for each in held if not each.place.is_unrelated(place)]) if held else ()
        attempt = None
        if method != "GET" or _is_tried_otherwise(path):
            attempt = self._attempt(exchange, visit, place, path)
        if attempt is not None:
            elsewhere = self._is_elsewhere(attempt)
            if attempt.answered is not None and not elsewhere:
                rest = (*rest[1 - _MOST_HELD :], attempt)
            elif attempt.answered is None and elsewhere and method != "GET" and (path.shown or not place.like_id):
                path.waiting = (*path.waiting[1 - _MOST_HELD :], attempt)
        if len(rest) != len(held) or rest:
            self._held.keep(key, rest, visit.ended)
        known = self._unknown.get(key, visit.ended) or ()
        if len(known) < _MOST_UNKNOWN and all(other.path != place.path for other in known):
            self._unknown.keep(key, (*known, place), visit.ended)

    def _attempt(self, exchange: Exchange, visit: Visit, place: Place, path: Path) -> Attempt | None:
        """Return the result of ``_refused``, which was computed before if the path is known."""
        before, self._refusal = self._refusal, None
        if before is None or before[0] is not visit:
            return self._refused(exchange, visit, place, path)
        return None if before[1] is None else before[1]._replace(number=self._number)

    def _note_failure(self, exchange: Exchange, visit: Visit, place: Place, path: Path) -> None:
        """Record a 500 on a collection, until the method works on a member."""
        method, words, shown = exchange.request.method, wording(exchange), path.shown
        if method not in ("DELETE", "PATCH", "PUT") or words is None or words.upstream:
            return
        if path.gone is None and path.alive is None and not self.is_outage(visit.service, place.path, visit.ended):
            above = self._paths.get(place.above, visit.ended)
            if method == "PATCH" or (method == "PUT" and _is_named_by_service(place, above)):
                path.failing = Attempt(visit, method, place, words, self._number, None)
        if method == "DELETE" and path.gone is None:
            path.doubt(method)  # it may have taken effect
        tried = path.tried.get(method)
        if shown is None or path.guessed or shown.method != "GET" or (tried is not None and tried.handled):
            return
        if not self._handles(place, visit, method):
            attempt = Attempt(visit, method, place, words, self._number, shown)
            self._failed.keep((place.path, method), attempt, visit.ended)

    def _note_handled(self, visit: Visit, place: Place, method: str, *, good: bool) -> None:
        if place.above:
            self._handled.ensure((place.above, method), _yes, visit.ended)
            if good and len(self._failed):
                self._failed.drop((place.above, method))
        self._handled.ensure((hash((visit.service, visit.route)), method), _yes, visit.ended)

    def _note_head(self, visit: Visit, place: Place, path: Path) -> None:
        """Record a HEAD that got 404 after a successful GET."""
        before, head = path.read.get((visit.target, visit.credential)), path.tried.get("HEAD")
        if before is not None and (head is None or not head.worked) and in_turn(before, visit):
            path.head = Attempt(visit, "HEAD", place, None, self._number, before)
        shown = _shown_to(visit, place, path)
        heads = self._heads.get(visit.service, visit.ended) or Heads()
        if shown is None or heads.worked:
            return
        rest = tuple([each for each in heads.refused if each.place.path != place.path])
        attempt = Attempt(visit, "HEAD", place, None, self._number, shown)
        self._heads.keep(visit.service, Heads((*rest[-_ENOUGH_HEADS:], attempt)), visit.ended)
        if heads.beside(place):
            path.head = None  # proven; another GET says nothing new

    def _note_success(self, exchange: Exchange, visit: Visit, place: Place, path: Path) -> None:
        method = exchange.request.method
        if method in ("GET", "PUT", "PATCH", "PROPFIND"):
            path.show(visit)
        elif method == "DELETE":
            path.lose(visit, self._number)
            path.waiting = ()
        elif method == "POST":
            path.posted = visit
        if method in ("PUT", "POST"):
            path.written = self._number
            path.gone = None
        if method == "GET":
            path.see(exchange, visit)
        elif method not in KNOWN:
            path.puzzling = (face(exchange), Attempt(visit, method, place, None, self._number, None))

    def _note_look(self, exchange: Exchange, visit: Visit, place: Place, path: Path) -> None:
        """Record whether a failed GET, or a HEAD, shows that the resource exists."""
        words = wording(exchange)
        if visit.status in (401, 403):
            path.guarded = path.guarded or (visit.anonymous and visit.method == "GET")
        elif visit.status in (404, 410):
            if visit.method == "HEAD" and not place.like_id:
                heads = self._heads.get(visit.service, visit.ended)
                if heads is None or not heads.worked:
                    return  # the service may not answer HEAD at all
            path.alive = None
            if visit.method == "GET" and words is not None and not words.no_route:
                path.lose(visit, self._number)
        elif visit.method == "GET" and path.alive is None and path.gone is None and visit.status in _GUESSED:
            known = words is None or self._unknown.get((visit.service, words.words), visit.ended) is not None
            if not known:
                path.show(visit, guessed=True)

    def __len__(self) -> int:
        return (
            len(self._paths)
            + len(self._unknown)
            + len(self._missing)
            + len(self._held)
            + len(self._handled)
            + len(self._failed)
            + len(self._heads)
        )


def may_prove(state: State) -> Opens:
    """Return ``Methods.may_prove`` as a gate."""
    return state.recall(Methods).may_prove


def _is_tried_otherwise(path: Path) -> bool:
    """Return whether a method other than GET was tried on a path; only then the path can be there for one."""
    return len(path.tried) > ("GET" in path.tried)


def _is_gone_for(gone: Visit, other: Visit) -> bool:
    """Return whether what one caller deleted, or did not find, is not there for the sender of another request."""
    if gone.method == "DELETE" and gone.succeeded:
        return True
    return gone.credential == other.credential and gone.anonymous is other.anonymous and gone.tenant == other.tenant


def _is_named_by_service(place: Place, above: Path | None) -> bool:
    """Return whether a path is that of a member which only a POST to its collection can create."""
    return place.like_id and above is not None and above.posted is not None


def _shown_to(visit: Visit, place: Place, path: Path) -> Visit | None:
    """Return the GET that showed a path to the caller of a HEAD right before it.

    None for paths that look like ids: what is read once, or expires, is not there for HEAD, either.
    """
    before = path.read.get((visit.target, visit.credential))
    there = path.alive is not None and not path.guessed and path.gone is None and not place.like_id
    return before if there and before is not None and in_turn(before, visit) else None


def _yes() -> bool:
    return True


def _latest() -> deque[tuple[int, bool]]:
    return deque(maxlen=_NEAR)
