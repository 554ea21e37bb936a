"""Contrast of methods: compare the answers of one path with each other.

``history.methods`` keeps what is compared here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from wirelint.core.exchange import Exchange
from wirelint.core.visit import Step, Visit
from wirelint.evidence.wording import Wording
from wirelint.history.allowed import allowance
from wirelint.history.paths import Attempt, Path, face, may_as_much
from wirelint.history.turns import in_turn

UNSUPPORTED: Final = 1
"""404 or 400 for a method that the resource does not support."""
UNSUPPORTED_FAILED: Final = 2
"""500 for a method that the resource does not support."""
GONE_FAILED: Final = 3
"""500 for a resource that does not exist."""
IGNORED: Final = 4
"""An unknown method answered like GET."""
LISTED: Final = 5
"""Allow names a method that was always refused."""
OMITTED: Final = 6
"""Allow omits a method that works."""
WORKING_REFUSED: Final = 7
"""405 for a method that works."""
HEAD_DIFFERS: Final = 8
"""HEAD fails, GET succeeds."""

_known = (
    "GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT QUERY PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT"
    " SEARCH SUBSCRIBE UNSUBSCRIBE NOTIFY PURGE LINK UNLINK BIND REBIND UNBIND ACL MKCALENDAR MERGE CHECKOUT CHECKIN"
    " LABEL UPDATE SOURCE STATS VERSION-CONTROL MKACTIVITY ORDERPATCH PRI BASELINE-CONTROL UNCHECKOUT MKWORKSPACE"
    " MKREDIRECTREF UPDATEREDIRECTREF BAN REFRESH LIST WATCH MSEARCH M-SEARCH"
)
KNOWN: Final = frozenset(_known.split())
"""Defined methods, which a service may support on purpose."""

TRIED: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
"""Methods that most resources have, or refuse."""

_LONG_WORDING: Final = 6
_REFUSED: Final = frozenset({404, 405, 500, 501})
CONDITIONS: Final = frozenset(
    {"if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range"}
)
"""Fields that make a request conditional, or one for a part."""


class MethodProof(NamedTuple):
    """A proof by several exchanges about one of them.

    :ivar kind: one of the constants of this module.
    :ivar fault: the faulty exchange, which may be the current one.
    :ivar method: the method in question, as sent.
    :ivar story: the other exchanges.
    :ivar note: a note on the current exchange.
    :ivar plain: whether the service's own words confirm it.
    """

    kind: int
    fault: Visit
    method: str
    story: tuple[Step, ...]
    note: str
    plain: bool = False


def may_settle(exchange: Exchange, path: Path) -> bool:
    """Return whether an answer other than 404 and 500 may prove something about a known path; most successes do not."""
    method, response = exchange.request.method, exchange.response
    if response is None:
        return False
    if method == "HEAD" or response.status in (400, 405) or "allow" in response.headers.index:
        return True
    return is_open(path, method)


def called(path: Path, words: Wording, status: int) -> Visit | None:
    """Return a POST that works where GET always got the same status: an endpoint for calls."""
    post, get = path.tried.get("POST"), path.tried.get("GET")
    read = path.alive is not None and not path.guessed
    if path.posted is None or read or post is None or 201 in post.statuses:
        return None
    if get is not None and any(each not in (status, 401) for each in get.statuses):
        return None
    return path.posted if status == 400 or words.length <= _LONG_WORDING or words.names_path else None


def bare(exchange: Exchange, attempt: Attempt, path: Path, words: Wording) -> Visit | None:
    """Return another method that works, for a 400 without a reason if only the method can be wrong."""
    request, shown, method = exchange.request, path.shown, attempt.method
    if not words.generic or request.query or method == "POST":
        return None
    if method == "GET":
        return called(path, words, 400)
    if not request.body.empty or shown is None or path.guessed:
        # Not the content, if another method without content is refused in these words.
        get = path.tried.get("GET")
        return called(path, words, 400) if get is not None and get.words == words.words else None
    if method not in KNOWN:
        return shown  # any client may read it
    return shown if shown.method == "GET" and may_as_much(shown, attempt.visit) else None


def other_that_works(path: Path, method: str) -> Visit | None:
    """Return the latest success of another method here, whatever happened to the resource since."""
    worked = [tried.worked[-1] for name, tried in path.tried.items() if name != method and tried.worked]
    return worked[-1] if worked else None


def unsupported(attempt: Attempt, answered: Visit | None, note: str = "") -> MethodProof:
    """Return the proof of a refusal for the method.

    :param answered: another exchange that shows that the path exists.
    :param note: a note on the current exchange, if it is not the refusal itself.
    """
    refused = "refused without a reason" if attempt.visit.status == 400 else "refused like an unknown path"
    story: tuple[Step, ...] = ()
    if answered is not None:
        story = (answered.step("works" if answered.succeeded else "answered in other words"),)
    if note:
        story = (*story, attempt.visit.step(refused))
    plain = attempt.wording is not None and attempt.wording.names_route
    return MethodProof(UNSUPPORTED, attempt.visit, attempt.method, story, note or refused, plain)


def working_refused(visit: Visit, path: Path, method: str) -> Iterator[MethodProof]:
    """Find a 405 to a method that worked twice for the same caller."""
    tried = path.tried.get(method)
    worked = () if tried is None else tried.worked
    if len(worked) > 1 and all(each.target == visit.target and in_turn(each, visit) for each in worked):
        yield MethodProof(WORKING_REFUSED, visit, method, tuple([each.step("works") for each in worked]), "refused")


def is_open(path: Path, method: str) -> bool:
    """Return whether a success may decide an open case."""
    if path.waiting or path.head is not None or path.puzzling is not None or method not in KNOWN:
        return True
    tried = path.tried.get(method)
    return tried is not None and tried.refused is not None


def works_again(visit: Visit, path: Path, method: str) -> Iterator[MethodProof]:
    """Find a 405 between successes of the method; two successes before it were enough."""
    tried = path.tried.get(method)
    if tried is None or tried.refused is None or len(tried.worked) != 1:
        return
    worked, refused = tried.worked[-1], tried.refused
    if worked.target == visit.target == refused.target and in_turn(worked, refused) and in_turn(refused, visit):
        story = (worked.step("works"), refused.step("refused"))
        yield MethodProof(WORKING_REFUSED, refused, method, story, "works again")


def as_get(exchange: Exchange, visit: Visit, path: Path) -> Iterator[MethodProof]:
    """Find an unknown method that gets the content of GET."""
    method = exchange.request.method
    if method not in KNOWN and path.alive is not None and path.face is not None and path.face == face(exchange):
        yield MethodProof(IGNORED, visit, method, (path.alive.step("the same content"),), "an unknown method")


def read_again(exchange: Exchange, visit: Visit, path: Path) -> Iterator[MethodProof]:
    """Yield the cases that waited for a GET."""
    if path.puzzling is not None and path.puzzling[0] is not None and path.puzzling[0] == face(exchange):
        puzzling = path.puzzling[1]
        story: tuple[Step, ...] = (puzzling.visit.step("an unknown method"),)
        yield MethodProof(IGNORED, puzzling.visit, puzzling.method, story, "the same content")
    for attempt in path.waiting:
        if path.written < attempt.number and may_as_much(visit, attempt.visit):
            yield unsupported(attempt, None, "is there")
    head = path.head
    if (
        head is not None
        and head.answered is not None
        and head.visit.target == visit.target
        and in_turn(head.visit, visit)
    ):
        story = (head.answered.step("GET"), head.visit.step("HEAD"))
        yield MethodProof(HEAD_DIFFERS, head.visit, "HEAD", story, "GET again")


def allowed(exchange: Exchange, visit: Visit, path: Path) -> Iterator[MethodProof]:
    """Find an Allow list with a method that was always refused, or without one that works."""
    listed = allowance(exchange) if visit.status in (200, 204, 405) else frozenset()
    if not listed:
        return
    for method in sorted(TRIED - {exchange.request.method}):
        tried = path.tried.get(method)
        if tried is None or tried.last is None or not in_turn(tried.last, visit):
            continue
        if method in listed and not tried.worked and tried.refused is not None and _REFUSED.issuperset(tried.statuses):
            yield MethodProof(LISTED, visit, method, (tried.refused.step("refused"),), f"lists {method}")
        elif method not in listed and visit.status == 405 and tried.worked and tried.worked[-1] is tried.last:
            yield MethodProof(OMITTED, visit, method, (tried.last.step("works"),), f"leaves out {method}")


def head_proofs(exchange: Exchange, visit: Visit, path: Path) -> Iterator[MethodProof]:
    """Find a HEAD that fails right after a successful GET; a 404 waits for another GET."""
    head = path.tried.get("HEAD")
    if visit.status not in (400, 403, 500) or (head is not None and head.worked):
        return
    before = path.read.get((visit.target, visit.credential))
    if before is not None and in_turn(before, visit) and CONDITIONS.isdisjoint(exchange.request.headers.index):
        yield MethodProof(HEAD_DIFFERS, visit, "HEAD", (before.step("GET"),), "HEAD")
