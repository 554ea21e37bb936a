"""Contrast of credentials: remember which callers succeeded where, and the words with which others were refused.

A single 403 does not show whether it means «log in» or «you may not». The same request with and without credentials, or
with those of two callers, does. Credentials and issued tokens are compared by keyed hashes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from wirelint.core.body import MEMBERS_LIMIT
from wirelint.core.credentials import sent
from wirelint.core.exchange import Exchange
from wirelint.core.json_parts import value_of
from wirelint.core.once import once
from wirelint.core.state import Latest, Opens, State, Table
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Step, Visit
from wirelint.core.when import When
from wirelint.evidence.credentials import credentials
from wirelint.evidence.refusals import is_aside
from wirelint.evidence.said import meanings
from wirelint.evidence.texts import Meaning
from wirelint.evidence.wording import wording
from wirelint.history.paths import is_good, place_of
from wirelint.history.visits import Present

MISSING: Final = 1
"""403 to a request without credentials, or with unknown ones, where others succeed."""
MISREPORTED: Final = 2
"""400, 422 or 500 for the lack of good credentials."""
FORBIDDEN: Final = 3
"""401 to a credential that the service knows, where another one succeeds."""

_MOST_GATES: Final = 4096
_MOST_KNOWN: Final = 2048
_MOST_ISSUED: Final = 2048
_MOST_WORDINGS: Final = 512
_MOST_REFUSALS: Final = 3
_MOST_LET_IN: Final = 4
_MOST_REJECTED: Final = 6
_MOST_HELD: Final = 6
_MOST_PROVEN: Final = 4
_MOST_VALUES: Final = 16
_PERIOD: Final = 3600.0
_READ: Final = 2000
_REJECTED: Final = frozenset({400, 401, 403, 422, 500})
_MISREPORTED: Final = frozenset({400, 422, 500})
_KNOWN: Final = frozenset({200, 201, 202, 204, 206, 403, 404, 409})
_BY_COOKIE: Final = frozenset({"cookie"})
_LONGEST: Final = 4096
_LONGEST_NAME: Final = 256
_SHORTEST_TOKEN: Final = 12
_QUOTE, _BRACE = b'"{'
# Further refusals that are not about the caller, in addition to ``is_aside``.
_matters: Final = re.compile(
    r"csrf|xsrf|forgery|nonce|\bbanned|\bip\b|address|rate.?limit|quota|blocked|country|captcha|referer|origin|cookie"
    r"|maintenance|licen[cs]e|disabled|read.?only|locked|too many|already|feature|\bplan\b|upgrade"
    r"|or (?:it )?(?:does not|doesn.t) exist",
    re.IGNORECASE,
)
_fresh: Final = re.compile(
    r"fresh|expired|re-?auth|\bmfa\b|\botp\b|factor|step.?up|nonce|logged? ?out|revoked|password|confirm|audience"
    r"|\bscheme\b|\btype\b",
    re.IGNORECASE,
)
_STOCK: Final = "(e.g., bad password)"
"""A sentence in every 401 of Apache httpd, whatever the reason."""
_token: Final = re.compile(r"token|key|secret|session|jwt|cookie|sid", re.IGNORECASE)
_LOGINS: Final = ("login", "log-in", "signin", "sign-in", "auth", "token", "session")


class Refusal(NamedTuple):
    """A request that was refused, or failed.

    :ivar gate: number for its method and path; ``exact``: for method, target and content.
    :ivar words: a number for the text of the answer; ``distinctive``: it has other words than common ones.
    :ivar carrier: a number for the kinds of fields with the credential; ``issued``: the service issued it.
    :ivar plain: the request had neither query nor content.
    :ivar number: its position among all recorded exchanges.
    """

    visit: Visit
    gate: int
    exact: int | None
    words: int
    distinctive: bool
    carrier: int
    issued: bool
    plain: bool
    number: int


class LetIn(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A request with a credential that was not refused.

    :ivar kinds: the kinds of fields with the credential.
    :ivar good: whether it succeeded.
    """

    visit: Visit
    kinds: frozenset[str]
    good: bool

    @property
    def exact(self) -> int | None:
        """Return the number of method, target and content."""
        return self.visit.request

    @property
    def carrier(self) -> int:
        """Return a number for the kinds of fields."""
        return hash(self.kinds)

    @property
    def by_cookie(self) -> bool:
        """Return whether the only credential is a cookie."""
        return self.kinds == _BY_COOKIE


class KnownCredential(NamedTuple):
    """A credential that a service evidently knows: the exchange and gate that show it, and whether it succeeded."""

    visit: Visit
    gate: int
    number: int
    accepted: bool


class AccessPoint(msgspec.Struct, eq=False, gc=False):
    """The answers of one method on one path, by caller.

    ``open``: an anonymous request succeeded. ``challenges``: one got 401, and ``space`` is a number for its realm.
    ``forbidden``: the latest anonymous 403. ``waiting``: anonymous 400, 403 and 500 until a caller succeeds.
    ``let_in``: the latest success by credential. ``rejected``: refusals of credentials until another one succeeds.
    ``denied``: credentials that got 401, with the number of the first one.
    """

    open: bool = False
    challenges: bool = False
    space: int = 0
    forbidden: Refusal | None = None
    waiting: tuple[Refusal, ...] = ()
    let_in: dict[bytes, LetIn] = {}
    rejected: tuple[Refusal, ...] = ()
    denied: dict[bytes, int] = {}

    @property
    def is_guarded(self) -> bool:
        """Return whether callers are refused here for their credentials."""
        return not self.open and (self.challenges or self.forbidden is not None or len(self.denied) > 0)

    def admit(self, credential: bytes, let_in: LetIn) -> None:
        """Record a caller that succeeds; refusals that this proves wrong stop waiting."""
        if credential in self.let_in or len(self.let_in) < _MOST_LET_IN:
            self.let_in[credential] = let_in
        if self.waiting:
            self.waiting = tuple([each for each in self.waiting if not _is_proven_by(each, let_in)])
        if self.rejected and let_in.good:
            self.rejected = tuple([each for each in self.rejected if each.visit.credential == credential])


class CallerProof(NamedTuple):
    """A proof by several exchanges about one of them.

    :ivar kind: one of the constants of this module.
    :ivar fault: the faulty exchange, which may be the current one.
    :ivar weaker: the proof relies on words alone, or on a credential that was never accepted.
    """

    kind: int
    fault: Visit
    story: tuple[Step, ...]
    note: str
    weaker: bool = False


class Callers:
    """Access points by method and path, credentials that services know or issued, and wordings of proven refusals."""

    wants = When(status="2xx 3xx 400 401 403 404 409 422 500")
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._gates: Table[int, AccessPoint] = Table(_MOST_GATES, _PERIOD)
        self._known: Table[tuple[str, bytes], KnownCredential] = Table(_MOST_KNOWN, _PERIOD)
        self._issued: Table[int, bool] = Table(_MOST_ISSUED, _PERIOD)
        self._proven: Table[tuple[str, int], frozenset[int]] = Table(_MOST_WORDINGS, _PERIOD)
        self._held: Table[tuple[str, int], tuple[Refusal, ...]] = Table(_MOST_WORDINGS, _PERIOD)
        self._doubted: Table[tuple[str, bytes], tuple[Refusal, Visit]] = Table(_MOST_KNOWN, _PERIOD)
        self._latest: Latest[tuple[CallerProof, ...]] = Latest(lambda exchange: tuple(self._proofs(exchange)))
        self._asked: tuple[Visit, bool] | None = None
        self._kinds: Table[bytes, frozenset[str]] = Table(_MOST_KNOWN, _PERIOD)
        self._number = 0

    def proofs(self, exchange: Exchange) -> tuple[CallerProof, ...]:
        """Return the proofs of an exchange about itself or an earlier one, from all recorded exchanges."""
        return self._latest.of(exchange)

    def may_prove(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether an exchange proves something about credentials."""
        asked = self._asked  # several rules ask, some through ``either``
        if asked is None or asked[0] is not visit:
            asked = self._asked = (visit, self._may_prove(exchange, visit))
        return asked[1]

    def _may_prove(self, exchange: Exchange, visit: Visit) -> bool:
        if not (visit.anonymous or visit.credential is not None):
            return False
        known = visit.status in (401, 403) or gate_of(exchange) in self._gates
        if not known and len(self._doubted) and visit.credential is not None:
            known = (visit.service, visit.credential) in self._doubted
        return known and len(self._latest.of(exchange)) > 0

    def _proofs(self, exchange: Exchange) -> Iterator[CallerProof]:
        visit = self._state.visit(exchange)
        if exchange.request.method == "OPTIONS" or visit.status is None or not len(self._gates):
            return
        gate = self._gates.get(gate_of(exchange), visit.ended) or _UNSEEN
        if gate.open:
            return
        if visit.anonymous:
            asked = visit.status in (400, 403, 500) and not gate.challenges
            told = len(gate.let_in) > 0 or (visit.status == 403 and len(self._proven) > 0)
            refusal = self._refusal(exchange, visit) if asked and told else None
            if refusal is not None:
                yield from self._of_anonymous(gate, refusal)
        elif visit.credential is not None:
            if visit.status in _REJECTED:
                told = len(gate.let_in) > 0 or (visit.status == 401 and visit.scheme == "basic" and visit.space != 0)
                refusal = self._refusal(exchange, visit) if told else None
                if refusal is not None:
                    yield from self._of_rejected(gate, refusal, visit.credential)
            elif gate.waiting or gate.rejected or (len(self._doubted) > 0 and gate.is_guarded):
                let_in = self._let_in(exchange, visit, noted=False)
                if let_in is not None:
                    yield from self._of_let_in(gate, let_in, visit)

    def _of_anonymous(self, gate: AccessPoint, refusal: Refusal) -> Iterator[CallerProof]:
        """Prove an anonymous refusal wrong by an earlier success of a known caller, or by proven words."""
        visit = refusal.visit
        let_in = next((each for each in gate.let_in.values() if _is_proven_by(refusal, each)), None)
        if let_in is not None:
            story = (let_in.visit.step("let in with a credential"),)
            yield CallerProof(MISSING if visit.status == 403 else MISREPORTED, visit, story, "no credentials")
        elif visit.status == 403 and self._is_proven(refusal, extra=0):
            yield CallerProof(MISSING, visit, (), "the words by which the service asks for credentials", weaker=True)

    def _is_proven(self, refusal: Refusal, extra: int) -> bool:
        """Return whether the words of a refusal are proven to ask for credentials; common words need two proofs.

        :param extra: number of further proofs now.
        """
        gates = self._proven.get((refusal.visit.service, refusal.words), refusal.visit.ended) or frozenset()
        return len(gates) + extra >= (1 if refusal.distinctive else 2)

    def _of_let_in(self, gate: AccessPoint, let_in: LetIn, visit: Visit) -> Iterator[CallerProof]:
        """Yield the proofs of a success about callers that were refused before."""
        note = "let in with a credential"
        for refusal in gate.waiting:
            if _is_proven_by(refusal, let_in):
                kind = MISSING if refusal.visit.status == 403 else MISREPORTED
                yield CallerProof(kind, refusal.visit, (refusal.visit.step("no credentials"),), note)
                if kind == MISSING:
                    yield from self._of_same_words(refusal)
        if let_in.good:
            alike = {each.words for each in gate.rejected if each.carrier == let_in.carrier and each.distinctive}
            for refusal in gate.rejected:
                if refusal.visit.credential == visit.credential:
                    continue
                # A field of another form has the same reason if its refusal has the same words.
                if refusal.carrier == let_in.carrier or (refusal.visit.status != 401 and refusal.words in alike):
                    yield from self._of_other(gate, refusal, let_in, visit)
            doubted = self._doubted.get((visit.service, visit.credential or b""), visit.ended)
            if doubted is not None and gate.is_guarded:
                refusal, other = doubted
                story = (other.step("let in with another credential"), refusal.visit.step("refused"))
                yield CallerProof(FORBIDDEN, refusal.visit, story, "known to the service")

    def _of_same_words(self, refusal: Refusal) -> Iterator[CallerProof]:
        """Yield refusals elsewhere whose words are proven now."""
        key = (refusal.visit.service, refusal.words)
        proven = self._proven.get(key, refusal.visit.ended) or frozenset()
        if refusal.gate in proven or self._is_proven(refusal, 0) or not self._is_proven(refusal, 1):
            return
        for held in self._held.get(key, refusal.visit.ended) or ():
            if held.gate != refusal.gate and held.gate not in proven:
                story = (refusal.visit.step("refused in the same words"), held.visit.step("no credentials"))
                yield CallerProof(MISSING, held.visit, story, "let in with a credential", weaker=True)

    def _of_rejected(self, gate: AccessPoint, refusal: Refusal, credential: bytes) -> Iterator[CallerProof]:
        """Prove a credential's refusal wrong by another one's earlier success, or by its own success in the realm."""
        for other, let_in in gate.let_in.items():
            if other != credential and let_in.good and let_in.carrier == refusal.carrier:
                yield from self._of_other(gate, refusal, let_in, refusal.visit)
                return
        visit = refusal.visit
        known = self._known.get((visit.service, credential), visit.ended)
        if visit.status == 401 and visit.scheme == "basic" and visit.space and known is not None and known.accepted:
            elsewhere = self._gates.get(known.gate, visit.ended)
            if elsewhere is not None and elsewhere.space == visit.space and self._knew(known, refusal):
                # The passwords of one realm are the same everywhere (RFC 7617 §2).
                yield CallerProof(
                    FORBIDDEN, visit, (known.visit.step("let in, in this realm"),), "refused", weaker=True
                )

    def _of_other(self, gate: AccessPoint, refusal: Refusal, let_in: LetIn, current: Visit) -> Iterator[CallerProof]:
        """Yield the proofs of another credential's success with the same carrier."""
        visit, other = refusal.visit, let_in.visit
        known = self._known.get((visit.service, visit.credential or b""), current.ended)
        is_last = current is visit
        story: tuple[Step, ...] = (
            (other.step("let in with another credential"),) if is_last else (visit.step("refused"),)
        )
        note = "refused" if is_last else "let in with another credential"
        if visit.status == 403 and not refusal.issued and (known is None or not known.accepted):
            if visit.scheme == "basic" and visit.principal is not None and visit.principal == other.principal:
                yield CallerProof(MISSING, visit, story, note)  # the same user with another password
            elif gate.forbidden is not None and gate.forbidden.words == refusal.words:
                story = (gate.forbidden.visit.step("the same words to no credentials"), *story)
                yield CallerProof(MISSING, visit, story, note, weaker=True)
        elif visit.status in _MISREPORTED and known is None and not refusal.issued:
            # A 400 may also be about the form of the credential.
            if refusal.exact == let_in.exact and (refusal.plain or visit.status == 400):
                yield CallerProof(MISREPORTED, visit, story, note, weaker=True)
        elif visit.status == 401 and known is not None and self._knew(known, refusal):
            # A token may have ended since, unless it was refused here before as well.
            denied = gate.denied.get(visit.credential or b"")
            between = is_last and known.accepted and denied is not None and denied < known.number
            if visit.scheme == "basic" or between:
                yield CallerProof(FORBIDDEN, visit, (known.visit.step("known to the service"), *story), note)

    def _knew(self, known: KnownCredential, refusal: Refusal) -> bool:
        """Return whether a service knew a credential that it refused: it had succeeded where others are refused."""
        gate = self._gates.get(known.gate, refusal.visit.ended)
        credential = refusal.visit.credential
        if gate is None or credential is None or not gate.is_guarded or known.gate == refusal.gate:
            return False
        if gate.space != refusal.visit.space and gate.space and refusal.visit.space:
            return False  # another realm has other credentials
        return known.number <= refusal.number and credential not in gate.denied

    def _refusal(self, exchange: Exchange, visit: Visit) -> Refusal | None:
        """Return the exchange as a refusal; None if it had another reason, or states its reason."""
        words, about = wording(exchange), meanings(exchange)
        if words is None or visit.status is None or _says_why(exchange, visit.status, about):
            return None
        if visit.status >= 500 and words.upstream:
            return None
        request = exchange.request
        return Refusal(
            visit,
            gate_of(exchange),
            visit.request,
            words.words,
            not words.generic,
            hash(credentials(exchange)),
            len(self._issued) > 0 and any(self._issued.get(each, visit.ended) is not None for each in _sent(exchange)),
            request.body.empty and not request.query,
            self._number,
        )

    # Recording

    def _let_in(self, exchange: Exchange, visit: Visit, *, noted: bool) -> LetIn | None:
        """Return a request with a credential that was not refused; None for others.

        :param noted: whether the verdict is final.
        """
        status = visit.status or 0
        good = visit.verdict is Verdict.OK and status < 300 and (noted or is_good(exchange))
        if not good and status not in (404, 409):
            return None
        kinds = None
        if visit.credential is not None and exchange.request.body.empty:
            # Credentials that are equal were sent in equal fields; the rest may be in the content.
            kinds = self._kinds.ensure(visit.credential, lambda: credentials(exchange), visit.ended)
        return LetIn(visit, credentials(exchange) if kinds is None else kinds, good)

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record an exchange."""
        status = visit.status
        if status is None or exchange.request.method == "OPTIONS":
            return
        self._number += 1
        if status < 400:
            for value in _issued(exchange):
                self._issued.ensure(value, _yes, visit.ended)
        if visit.anonymous:
            self._note_anonymous(exchange, visit, status)
        elif visit.credential is not None:
            self._note_caller(exchange, visit, visit.credential, status)

    def _note_anonymous(self, exchange: Exchange, visit: Visit, status: int) -> None:
        key = gate_of(exchange)
        gate = self._gates.get(key, visit.ended)
        if status < 400:
            if (status >= 300 or visit.succeeded) and (gate is None or not gate.open):
                self._gates.ensure(key, AccessPoint, visit.ended).open = True
            return
        if status not in (400, 401, 403, 500):
            return
        gate = self._gates.ensure(key, AccessPoint, visit.ended)
        if status == 401:
            # If anonymous requests get 401, another status has another reason.
            gate.challenges, gate.space, gate.waiting = True, visit.space, ()
            return
        refusal = None if gate.open or gate.challenges else self._refusal(exchange, visit)
        if refusal is None:
            return
        if status == 403:
            gate.forbidden = refusal
            words = (visit.service, refusal.words)
            if gate.let_in:
                self._prove(words, key, visit.ended)
            elif all(each.gate != key for each in self._held.get(words, visit.ended) or ()):
                held = self._held.get(words, visit.ended) or ()
                self._held.keep(words, (*held[1 - _MOST_HELD :], refusal), visit.ended)
        if not any(_is_proven_by(refusal, each) for each in gate.let_in.values()):
            gate.waiting = (*gate.waiting[1 - _MOST_REFUSALS :], refusal)

    def _note_caller(self, exchange: Exchange, visit: Visit, credential: bytes, status: int) -> None:
        key = gate_of(exchange)
        gate = self._gates.ensure(key, AccessPoint, visit.ended)
        let_in = self._let_in(exchange, visit, noted=True)
        if let_in is not None:
            if not gate.open and gate.forbidden is not None:
                self._prove((visit.service, gate.forbidden.words), key, visit.ended)
            if len(self._doubted) and let_in.good and gate.is_guarded:
                self._doubted.drop((visit.service, credential))
            gate.admit(credential, let_in)
        elif status in _REJECTED and (refusal := self._refusal(exchange, visit)) is not None:
            if status == 401:
                self._doubt(gate, refusal, credential)
            gate.rejected = (*gate.rejected[1 - _MOST_REJECTED :], refusal)
        if status == 401 and len(gate.denied) < _MOST_REJECTED:
            gate.denied.setdefault(credential, self._number)
        if not gate.open and status in _KNOWN and (let_in is not None or status == 403):
            self._know(gate, key, visit, credential, let_in)

    def _know(self, gate: AccessPoint, key: int, visit: Visit, credential: bytes, let_in: LetIn | None) -> None:
        """Record that a service knows a credential: it succeeds, or its refusal differs from an anonymous 401."""
        good = let_in is not None and let_in.good
        if not good and not gate.challenges:
            return
        place = (visit.service, credential)
        known = self._known.ensure(place, lambda: KnownCredential(visit, key, self._number, good), visit.ended)
        if good and not known.accepted:
            self._known.keep(place, known._replace(accepted=True), visit.ended)

    def _doubt(self, gate: AccessPoint, refusal: Refusal, credential: bytes) -> None:
        """Record a 401 to a credential that the service knew, until the credential succeeds elsewhere again."""
        visit = refusal.visit
        known = self._known.get((visit.service, credential), visit.ended)
        others = (each for other, each in gate.let_in.items() if other != credential and each.good)
        other = next((each for each in others if each.carrier == refusal.carrier), None)
        if other is not None and known is not None and self._knew(known, refusal) and visit.scheme != "basic":
            self._doubted.keep((visit.service, credential), (refusal, other.visit), visit.ended)

    def _prove(self, words: tuple[str, int], gate: int, now: float) -> None:
        proven = self._proven.get(words, now) or frozenset()
        if len(proven) < _MOST_PROVEN:
            self._proven.keep(words, proven | {gate}, now)

    def __len__(self) -> int:
        return len(self._gates) + len(self._known) + len(self._issued) + len(self._held) + len(self._doubted)


_UNSEEN: Final = AccessPoint()


def _yes() -> bool:
    return True


def callers_prove(state: State) -> Opens:
    """Return ``Callers.may_prove`` as a gate."""
    return state.recall(Callers).may_prove


@once
def gate_of(exchange: Exchange) -> int:
    """Return a number for method and path of an exchange."""
    return hash((exchange.request.method, place_of(exchange).path))


def _is_proven_by(refusal: Refusal, let_in: LetIn) -> bool:
    """Return whether the success proves that an anonymous refusal is about missing credentials.

    For a 403, any success of a caller does; else the same request must succeed with a credential that is not a cookie.
    """
    if refusal.visit.status == 403:
        return True
    return let_in.good and not let_in.by_cookie and refusal.exact is not None and let_in.exact == refusal.exact


def _says_why(exchange: Exchange, status: int, about: frozenset[Meaning]) -> bool:
    """Return whether a refusal states another reason, or explicitly that credentials are missing."""
    response = exchange.response
    text = "" if response is None else (response.body.text or "")[:_READ].replace(_STOCK, "")
    if status == 401:
        return _fresh.search(text) is not None
    if Meaning.AUTHN in about and Meaning.AUTHZ not in about:
        return True
    return status == 403 and (is_aside(exchange) or _matters.search(text) is not None)


def _issued(exchange: Exchange) -> Sequence[int]:
    """Return numbers for the tokens that a response issues: in cookies, and in JSON that looks like a login."""
    response = exchange.response
    if response is None:
        return ()
    found: list[int] = []
    if "set-cookie" in response.headers.index:
        cookies = response.headers.get_all("set-cookie")[:_MOST_VALUES]
        found += [hash(cookie[:_LONGEST].partition(";")[0].partition("=")[2]) for cookie in cookies]
    if exchange.request.method == "POST" or _is_login(exchange.request.path[:_READ]):
        body = response.body
        top = body.top_level if len(body.content or b"") <= MEMBERS_LIMIT else None
        found += _tokens_in(body.members or {}) if top is None else _tokens_of(top)
    return found


def _tokens_of(top: Mapping[str, msgspec.Raw]) -> Iterator[int]:
    """Do the same as ``_tokens_in``, and parse only members that may be tokens or hold some."""
    for name, raw in islice(top.items(), _MOST_VALUES):
        if len(raw) < _SHORTEST_TOKEN:
            continue
        first = memoryview(raw)[0]
        if first == _BRACE or (first == _QUOTE and _names_token(name[:_LONGEST_NAME])):
            yield from _tokens_in({name: value_of(raw)})


def _tokens_in(members: Mapping[str, object]) -> Iterator[int]:
    """Yield numbers for the tokens among the members of an object, and of objects in it."""
    for name, value in islice(members.items(), _MOST_VALUES):
        inner = value.items() if isinstance(value, dict) else ((name, value),)
        for key, text in islice(inner, _MOST_VALUES):
            if isinstance(text, str) and len(text) >= _SHORTEST_TOKEN and _names_token(key[:_LONGEST_NAME]):
                yield hash(text)


@functools.lru_cache(maxsize=1024)
def _names_token(name: str) -> bool:
    return _token.search(name) is not None


@functools.lru_cache(maxsize=1024)
def _is_login(path: str) -> bool:
    path = path.lower()
    return any(word in path for word in _LOGINS)


def _sent(exchange: Exchange) -> Iterator[int]:
    """Yield numbers for the credentials in a request."""
    for each in sent(exchange):
        yield hash(each.value[:_LONGEST].rpartition(" ")[2])
