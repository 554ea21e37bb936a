"""Recent exchanges in memory, masked, for the page and its API.

An exchange is masked when it is stored; nothing unmasked is kept. Masking can take longer than the audit, so it gets a
hundredth of the time: under load, most exchanges are listed without their messages, and say so. Beyond 100 a second,
exchanges are not listed, but counted. Those that show a new kind of finding come first.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from wirelint.core.audit import Audit
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding
from wirelint.core.masking import LONGEST_CONTENT, Message, authority_of, request_of, response_of, target_of
from wirelint.core.methods import method_name
from wirelint.core.trace import trace_id
from wirelint.core.visit import outcome
from wirelint.sinks.marks import marks
from wirelint.sinks.metrics.budget import label_value

MOST_OCTETS: Final = 8 * 1024 * 1024
_SHARE: Final = 0.01
_BURST: Final = 0.25
_DEBT: Final = 0.5
_PACE: Final = 100.0
_MOST_LINES: Final = 1000.0
_LONGEST_WITHOUT_FINDING: Final = 4 * 1024
_EXAMPLES: Final = 3
_MOST_PAGE: Final = 500
_BUSY: Final = "its messages are not kept: too many exchanges at once"


class Kept:
    """An exchange as it is shown: masked, or its route alone.

    ``size`` is the memory that its messages take, in octets.
    """

    __slots__ = (
        *("authority", "direction", "duration", "failure", "id", "method", "request", "response", "route", "rules"),
        *("scheme", "service", "size", "skipped", "status", "target", "time", "trace_id", "verdict"),
    )

    def __init__(self, audit: Audit, at: float) -> None:
        exchange = audit.exchange
        self.id = exchange.id
        self.service = exchange.service
        self.direction = exchange.direction
        self.method = exchange.request.method
        self.route = audit.route
        self.status = exchange.status
        self.failure = None if exchange.failure is None else exchange.failure.kind
        self.verdict = audit.verdict
        self.time = at
        self.duration = exchange.duration
        self.trace_id = trace_id(exchange)
        self.skipped = audit.skipped
        self.rules = [finding.rule for finding in audit.findings] if audit.findings else ()
        self.scheme = exchange.request.scheme
        self.authority = ""
        self.target = ""
        self.request: Message | None = None
        self.response: Message | None = None
        self.size = 0

    def mask(self, exchange: Exchange, most: int) -> None:
        """Keep the masked messages of the exchange.

        :param most: most octets of each content.
        """
        self.authority = authority_of(exchange)
        self.target = target_of(exchange)
        self.request = request_of(exchange, target=self.target, most=most)
        self.response = response_of(exchange, most=most)
        self.size = _size(self.request) + _size(self.response)

    @property
    def outcome(self) -> str:
        """Return the status, or the failure in its place."""
        return outcome(self.status, self.failure)

    def line(self) -> dict[str, Any]:
        """Return the exchange without its messages, as plain values."""
        return {
            "id": self.id,
            "time": self.time,
            "service": label_value(self.service),
            "direction": str(self.direction),
            "method": method_name(self.method),
            "target": self.target or self.route,
            "route": self.route,
            "status": self.status,
            "outcome": self.outcome,
            "verdict": str(self.verdict),
            "duration": self.duration,
            "trace_id": self.trace_id,
            "skipped": self.skipped,
            "rules": list(self.rules),
            "kept": self.request is not None,
        }

    def whole(self, finding: Finding | None = None) -> dict[str, Any]:
        """Return the exchange with its messages, as plain values.

        :param finding: mark what convinced its rule.
        """
        marked = [] if finding is None else marks(self.request, self.response, finding)
        return {
            **self.line(),
            "url": f"{self.scheme}://{self.authority}{self.target}" if self.authority else "",
            "note": "" if self.request is not None else _BUSY,
            "request": _shown(self.request),
            "response": _shown(self.response),
            "marks": marked,
        }


class ExchangeLog:
    """Keeps the latest exchanges, and for each kind of finding the latest exchanges that prove it; all of it bounded.

    :param most: most exchanges to keep; 0 for none.
    :param bodies: whether to keep content, masked.
    :param findings: most kinds of findings to keep examples of.
    :param octets: most memory for the messages of the latest exchanges, and as much for examples.
    :param clock: the wall clock in Unix seconds, for exchanges that carry no time.
    :param timer: monotonic seconds, to measure what masking takes.

    Attributes:
        revision: differs as soon as there are other exchanges.
        unkept: exchanges that were listed without their messages.
        unlisted: exchanges that were not even listed.
    """

    def __init__(  # noqa: PLR0913 - bounds, by name
        self,
        most: int = 1000,
        *,
        bodies: bool = True,
        findings: int = 5000,
        octets: int = MOST_OCTETS,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._most = most
        self._bodies = bodies
        self._most_findings = findings
        self._most_octets = octets
        self._clock = clock
        self._timer = timer
        self._lock = threading.Lock()
        self._latest: OrderedDict[str, Kept] = OrderedDict()
        self._latest_octets = 0
        self._proofs: OrderedDict[str, deque[tuple[Kept, ...]]] = OrderedDict()
        self._proof_octets = 0
        self._numbers = itertools.count(1)
        self._credit = _BURST
        self._lines = _MOST_LINES
        self._looked = timer()
        self.revision = 0
        self.unkept = 0
        self.unlisted = 0

    def accept(self, audit: Audit) -> None:
        """Store an exchange, and tie it to its findings."""
        if not self._most:
            return
        exchange = audit.exchange
        now = self._timer()
        found = audit.findings
        is_new = bool(found) and any(finding.fingerprint not in self._proofs for finding in found)
        elapsed, self._looked = now - self._looked, now
        self._credit = min(_BURST, self._credit + _SHARE * elapsed)
        self._lines = min(_MOST_LINES, self._lines + _PACE * elapsed)
        if self._lines < 1.0 and not is_new:
            self.unlisted += 1
            return
        self._lines -= 1.0
        kept = Kept(audit, self._clock() if exchange.timestamp is None else exchange.timestamp)
        # A kind of finding without examples may run into debt.
        if self._credit > (-_DEBT if is_new else 0.0):
            most = 0 if not self._bodies else LONGEST_CONTENT if found else _LONGEST_WITHOUT_FINDING
            kept.mask(exchange, most)
            self._credit -= self._timer() - now
        else:
            self.unkept += 1
        with self._lock:
            self.revision += 1
            self._store(kept)
            for finding in audit.findings:
                self._tie(finding, kept)

    def exchanges(  # noqa: PLR0913 - filters, by name
        self,
        *,
        limit: int = 100,
        before: str = "",
        service: str = "",
        status: str = "",
        verdict: str = "",
        words: str = "",
    ) -> dict[str, Any]:
        """Return the latest exchanges without their messages, the latest first.

        :param limit: most to return, up to 500.
        :param before: only those stored before the one with this id.
        :param service: only those of this service.
        :param status: only those with this status, as ``404`` or ``4xx``, or ``none``.
        :param verdict: only those with this verdict.
        :param words: only those that contain all of these words in method, target, route, rules or trace id.
        :returns: ``exchanges``, ``kept`` (how many there are), ``revision``.
        """
        with self._lock:
            listed = list(reversed(self._latest.values()))
            revision = self.revision
        total = len(listed)
        if before:
            place = next((place for place, kept in enumerate(listed) if kept.id == before), total)
            listed = listed[place + 1 :]
        wanted = words.casefold().split()[:16]
        found = (
            kept.line()
            for kept in listed
            if service in ("", label_value(kept.service))
            and verdict in ("", str(kept.verdict))
            and _has_status(kept, status)
            and (not wanted or _has_words(kept, wanted))
        )
        return {
            "exchanges": list(itertools.islice(found, min(limit, _MOST_PAGE))),
            "kept": total,
            "revision": revision,
        }

    def exchange(self, name: str, finding: Finding | None = None) -> dict[str, Any] | None:
        """Return one exchange with its masked messages; None if it is unknown or was evicted.

        :param name: its id.
        :param finding: mark what convinced its rule, and look among its examples, too.
        """
        kept = self.find(name, "" if finding is None else finding.fingerprint)
        return None if kept is None else kept.whole(finding)

    def find(self, name: str, fingerprint: str = "") -> Kept | None:
        """Return an exchange by its id, from the latest or from the examples of a finding."""
        with self._lock:
            if name in self._latest:
                return self._latest[name]
            proofs = self._proofs.get(fingerprint, ())
            return next((kept for proof in proofs for kept in proof if kept.id == name), None)

    def proofs(self, fingerprint: str) -> list[list[dict[str, Any]]]:
        """Return the exchanges that prove a finding, the latest proof first."""
        with self._lock:
            proofs = list(self._proofs.get(fingerprint, ()))
        return [[kept.line() for kept in proof] for proof in reversed(proofs)]

    def select(self, *, fingerprint: str = "", service: str = "") -> list[Kept]:
        """Return exchanges in order of time: those that prove a finding, those of a service, or all.

        :param fingerprint: of the finding.
        :param service: name of the service.
        """
        with self._lock:
            if fingerprint:
                chosen = [kept for proof in self._proofs.get(fingerprint, ()) for kept in proof]
            else:
                proved = (kept for proofs in self._proofs.values() for proof in proofs for kept in proof)
                chosen = [
                    kept for kept in (*proved, *self._latest.values()) if service in ("", label_value(kept.service))
                ]
        return sorted({id(kept): kept for kept in chosen}.values(), key=lambda kept: kept.time)

    def clear(self) -> None:
        """Forget all exchanges."""
        with self._lock:
            self._latest.clear()
            self._proofs.clear()
            self._latest_octets = self._proof_octets = 0
            self.revision += 1

    # What follows is called with the lock held.

    def _store(self, kept: Kept) -> None:
        if not kept.id or kept.id in self._latest:
            kept.id = f"{kept.id}~{next(self._numbers)}"
        self._latest[kept.id] = kept
        self._latest_octets += kept.size
        while len(self._latest) > self._most or (self._latest_octets > self._most_octets and len(self._latest) > 1):
            self._latest_octets -= self._latest.popitem(last=False)[1].size

    def _tie(self, finding: Finding, kept: Kept) -> None:
        """Keep the exchanges that prove a finding as long as its kind is not the oldest."""
        ids = [step.exchange_id for step in finding.story]
        proof = tuple(self._latest[name] for name in ids if name in self._latest) if ids else (kept,)
        if kept not in proof:
            proof = (*proof, kept)
        proofs = self._proofs.get(finding.fingerprint)
        if proofs is None:
            proofs = self._proofs[finding.fingerprint] = deque()
        elif kept.request is None:  # an example without its messages must not replace one that has them
            self._proofs.move_to_end(finding.fingerprint)
            return
        self._proofs.move_to_end(finding.fingerprint)
        proofs.append(proof)
        self._proof_octets += _octets(proof)
        if len(proofs) > _EXAMPLES:
            self._proof_octets -= _octets(proofs.popleft())
        while len(self._proofs) > self._most_findings or (
            self._proof_octets > self._most_octets and len(self._proofs) > 1
        ):
            _, oldest = self._proofs.popitem(last=False)
            self._proof_octets -= sum(map(_octets, oldest))


def _octets(proof: tuple[Kept, ...]) -> int:
    return sum(kept.size for kept in proof)


def _size(message: Message | None) -> int:
    if message is None:
        return 0
    texts = (message.line, message.body, *itertools.chain.from_iterable(message.fields))
    return sum(map(sys.getsizeof, texts))


def _shown(message: Message | None) -> dict[str, Any] | None:
    if message is None:
        return None
    return {
        "line": message.line,
        "fields": [list(field) for field in message.fields],
        "body": message.body,
        "form": message.form,
        "note": message.note,
        "size": message.size,
    }


def _has_status(kept: Kept, status: str) -> bool:
    if not status:
        return True
    sent = "none" if kept.status is None else str(kept.status)
    return sent == status or (status.endswith("xx") and kept.status is not None and sent[0] == status[0])


def _has_words(kept: Kept, words: list[str]) -> bool:
    text = " ".join(_texts(kept)).casefold()
    return all(word in text for word in words)


def _texts(kept: Kept) -> Iterator[str]:
    yield from (label_value(kept.service), method_name(kept.method), kept.target, kept.route)
    yield from (str(kept.verdict), kept.outcome, *kept.rules, kept.trace_id or "", kept.id)
