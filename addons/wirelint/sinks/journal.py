"""Recent findings in memory, for the live page and its API."""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import msgspec

from wirelint.core.audit import Audit
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding, Side
from wirelint.core.fold import Fold
from wirelint.core.verdict import Verdict
from wirelint.evidence.protocols import HTTP, protocol_label
from wirelint.sinks.metrics.budget import OTHER, label_value, may_be_named
from wirelint.sinks.outcomes import (
    LIES,
    NO_RESPONSE,
    PROTOCOL_ERRORS,
    call_outcome,
    is_abandoned,
    is_unreachable,
    kinds,
    status_class,
)
from wirelint.sinks.published import story
from wirelint.sinks.request_line import request_line
from wirelint.sinks.trend import Axis, Trend

OPEN: Final = "open"
RESOLVED: Final = "resolved"
RETURNED: Final = "returned"
EVERYTHING: Final = "*"
_MOST_GONE: Final = 1000
_MOST_WORDS: Final = 16
_FIGURES: Final = (
    *("exchanges", "answered", "lied", "reported", "true", "hidden", "hidden_client", "hidden_server"),
    *(
        "protocol_errors",
        "masked",
        "blamed",
        "unknown",
        "unanswered",
        "unreachable",
        "abandoned",
        "findings",
        "client_findings",
    ),
)


class _Tally:
    """What a service reported and what happened, by class of status, verdict and protocol, and its findings."""

    __slots__ = ("abandoned", "client_findings", "findings", "outcomes", "protocol_errors", "unreachable", "waited")

    def copy(self) -> _Tally:
        """Return the same numbers, which then stay."""
        same = _Tally()
        for name in self.__slots__:
            setattr(same, name, getattr(self, name))
        same.outcomes = dict(self.outcomes)
        return same

    def __init__(self) -> None:
        self.findings = 0
        self.client_findings = 0
        self.outcomes: dict[tuple[int, Verdict, str], int] = {}
        self.protocol_errors = 0
        self.unreachable = 0
        self.abandoned = 0
        self.waited = 0.0


def _totals(tallies: Iterable[_Tally]) -> dict[str, Any]:
    """Return how services do: the figures of ``wirelint.sinks.outcomes``, and others.

    ``protocol_errors``: errors under success that a protocol reports in its content; ``answered``: exchanges with a
    response; ``lied``: those whose status is not true; ``unreachable``: exchanges whose service could not be connected
    to; ``abandoned``: those whose clients left before a response came; ``waited``: how long these waited on average, in
    seconds; ``findings``: those about the service; ``client_findings``: the others.
    """
    sums = dict.fromkeys(_FIGURES, 0)
    waited = 0.0
    for tally in tallies:
        for name in ("findings", "client_findings", "protocol_errors", "unreachable", "abandoned"):
            sums[name] += getattr(tally, name)
        waited += tally.waited
        for outcome, count in tally.outcomes.items():
            sums["exchanges"] += count
            for kind in kinds(*outcome):
                sums[kind] += count
                if kind in LIES:
                    sums["lied"] += count
    sums["answered"] = sums["exchanges"] - sums["unanswered"]
    return {**sums, "waited": round(waited / sums["abandoned"], 3) if sums["abandoned"] else 0.0}


def _outcomes(tally: _Tally) -> list[dict[str, Any]]:
    """Return how many exchanges had which status, verdict and protocol, and the figures that count them."""
    return [
        {
            "status": "none" if kind == NO_RESPONSE else f"{kind}xx",
            "verdict": str(verdict),
            "protocol": protocol,
            "count": count,
            "kinds": sorted(kinds(kind, verdict, protocol)),
        }
        for (kind, verdict, protocol), count in tally.outcomes.items()
    ]


class _Example(NamedTuple):
    """One occurrence of a finding; ``request`` is its request line if the finding is about the exchange itself."""

    finding: Finding
    at: float
    duration: float | None
    request: str | None

    def shown(self) -> dict[str, Any]:
        """Return the example as plain values."""
        finding = self.finding
        return {
            "id": finding.exchange_id,
            "time": self.at,
            "status": finding.status,
            "verdict": str(finding.verdict),
            "duration": self.duration,
            "request": f"{finding.method} {finding.route}" if self.request is None else self.request,
            "message": finding.message,
            "evidence": finding.evidence,
            "trace_id": finding.trace_id,
        }


class _Entry:
    """One fingerprint: its latest finding, examples, and how many findings count in each figure.

    ``state`` is ``open``, ``resolved`` by a user, or ``returned``: found again since then.
    """

    __slots__ = ("count", "examples", "finding", "first", "kinds", "last", "revision", "state", "trend")

    def __init__(self, finding: Finding, at: float, examples: int, axis: Axis) -> None:
        self.finding = finding
        self.count = 0
        self.first = self.last = at
        self.revision = 0
        self.kinds: dict[str, int] = {}
        self.examples: deque[_Example] = deque(maxlen=examples)
        self.trend = Trend(axis)
        self.state = OPEN


class Journal:
    """Keeps the latest findings by fingerprint, examples of each, and totals by service; all of it bounded.

    If there is no room for another fingerprint, the one not seen for longest is evicted. Bodies and field values are
    never kept.

    :param fingerprints: most fingerprints to keep.
    :param examples: most examples to keep of each, the latest.
    :param services: most services with their own totals; the others share one.
    :param unreachable: gives the services that cannot be connected to now (``Reachability.now``).
    :param clock: the wall clock in Unix seconds, for exchanges that carry no time.
    """

    def __init__(
        self,
        *,
        fingerprints: int = 5000,
        examples: int = 8,
        services: int = 100,
        unreachable: Callable[[], list[dict[str, Any]]] = list,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._most = fingerprints
        self._examples = examples
        self._most_services = services
        self._unreachable = unreachable
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._services: dict[str, _Tally] = {}
        self._worst: dict[str, _Entry] | None = {}
        self._gone: deque[tuple[int, str]] = deque(maxlen=_MOST_GONE)
        self._axis = Axis()
        self._exchanges = 0
        self._revision = 0
        self._forgotten = 0
        self._run = f"{time.time_ns():x}"

    def accept(self, audit: Audit) -> None:
        """Record one exchange and its findings."""
        exchange = audit.exchange
        response = exchange.response
        outcome = (status_class(exchange.status), audit.verdict, protocol_label(exchange))
        with self._lock:
            if audit.folds:
                self._fold(audit.folds)
            tally = self._services.get(exchange.service) or self._service(exchange)
            self._exchanges += 1
            outcomes = tally.outcomes
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            reported_within = outcome[2] != HTTP and call_outcome(exchange, audit.verdict) in PROTOCOL_ERRORS
            tally.protocol_errors += reported_within
            if response is None:
                tally.unreachable += is_unreachable(exchange)
                if is_abandoned(exchange):
                    tally.abandoned += 1
                    tally.waited += exchange.duration or 0.0
            for finding in audit.findings:
                if finding.side is Side.CLIENT:
                    tally.client_findings += 1
                else:
                    tally.findings += 1
                self._note(finding, audit, reported_within=reported_within)

    def add(self, audit: Audit) -> None:
        """Record the findings of an exchange that is not traffic."""
        with self._lock:
            for finding in audit.findings:
                self._note(finding, audit)

    def marker(self) -> tuple[int, int]:
        """Return numbers that differ as soon as a snapshot would: of changes to findings, and of exchanges."""
        return self._revision, self._exchanges

    def snapshot(
        self, since: int = 0, *, service: str = "", rule: str = "", words: str = "", limit: int = 0
    ) -> dict[str, Any]:
        """Return findings without their examples, and totals, as plain values.

        :param since: the ``revision`` of an earlier snapshot; only what changed after it is given.
        :param service: only findings of this service.
        :param rule: only findings of this rule.
        :param words: only findings that contain all of these words, in examples, too: paths, statuses, trace ids.
        :param limit: at most so many findings, those that changed first; 0 for all. ``revision`` is then theirs.
        :returns: ``run`` (differs after a restart), ``revision``, ``total`` (fingerprints held), ``forgotten``
            (fingerprints that had to go), ``gone`` (those that went since; None if that is not known), ``findings``
            (the latest first), ``trend`` (begin and width of its buckets), ``totals``, ``services``, ``unreachable``.
        """
        with self._lock:
            changed = list(itertools.takewhile(lambda entry: entry.revision > since, reversed(self._entries.values())))
            if limit and len(changed) > limit:
                changed = changed[-limit:]
            revision = changed[0].revision if limit and changed else self._revision
            total, forgotten = len(self._entries), self._forgotten
            gone = self._gone_since(since)
            trend = {"begin": self._axis.begin, "width": self._axis.width}
        # Without the lock, for which the traffic would wait: if an entry changes meanwhile, the next snapshot has it.
        wanted = words.casefold().split()[:_MOST_WORDS]
        return {
            "run": self._run,
            "revision": revision,
            "total": total,
            "forgotten": forgotten,
            "gone": gone,
            "trend": trend,
            "findings": [
                _shown(entry, self._axis)
                for entry in changed
                if service in ("", entry.finding.service)
                and rule in ("", entry.finding.rule)
                and (not wanted or _contains(entry, wanted))
            ],
            **self.services(),
        }

    def services(self) -> dict[str, Any]:
        """Return the totals of all exchanges, and those of each service with its gravest finding as ``worst``.

        ``unreachable`` lists the services that cannot be connected to now.
        """
        with self._lock:
            tallies = {name: tally.copy() for name, tally in self._services.items()}
            if self._worst is None:
                self._worst = {}
                for entry in self._entries.values():
                    self._rank(entry)
            worst = {name: entry.finding for name, entry in self._worst.items()}
        return {
            "totals": _totals(tallies.values()),
            "services": [_service(name, tally, worst.get(name)) for name, tally in tallies.items()],
            "unreachable": self._unreachable(),
        }

    def resolve(self, fingerprint: str, *, resolved: bool = True) -> bool:
        """Mark a finding as resolved until it is found again, or take that back; return whether it is known.

        :param resolved: False to open it again.
        """
        with self._lock:
            entry = self._entries.get(fingerprint)
            if entry is None:
                return False
            entry.state = RESOLVED if resolved else OPEN
            self._changed(fingerprint, entry)
            self._worst = None
            return True

    def clear(self) -> None:
        """Forget all findings. Totals stay, for they count exchanges."""
        with self._lock:
            self._revision += 1
            self._gone.clear()
            self._gone.append((self._revision, EVERYTHING))
            self._entries.clear()
            self._worst = {}

    def finding(self, fingerprint: str) -> dict[str, Any] | None:
        """Return one finding with its examples, the latest first; None if it is unknown or was evicted."""
        with self._lock:
            entry = self._entries.get(fingerprint)
            return (
                None
                if entry is None
                else _shown(entry, self._axis) | {"examples": [each.shown() for each in reversed(entry.examples)]}
            )

    def latest(self, fingerprint: str) -> Finding | None:
        """Return the latest finding of a fingerprint; None if it is unknown or was evicted."""
        with self._lock:
            entry = self._entries.get(fingerprint)
            return None if entry is None else entry.finding

    # What follows is called with the lock held.

    def _service(self, exchange: Exchange) -> _Tally:
        name = label_value(exchange.service)
        if name not in self._services and (len(self._services) >= self._most_services or not may_be_named(exchange)):
            name = OTHER
        return self._services.get(name) or self._services.setdefault(name, _Tally())

    def _fold(self, folds: Iterable[Fold]) -> None:
        """Show findings under the routes that theirs have become; those that are then the same become one."""
        for fold in folds:
            moved = [
                (key, entry, fold.of(entry.finding.route))
                for key, entry in self._entries.items()
                if entry.finding.service == fold.service and fold.of(entry.finding.route) != entry.finding.route
            ]
            for key, entry, become in moved:
                entry.finding = msgspec.structs.replace(entry.finding, route=become)
                same = next((other for other in self._entries.values() if _is_same(other, entry)), None)
                if same is None:
                    self._changed(key, entry)
                    continue
                del self._entries[key]
                self._removed(key, entry)
                same.count += entry.count
                for kind, count in entry.kinds.items():
                    same.kinds[kind] = same.kinds.get(kind, 0) + count
                same.first, same.last = min(same.first, entry.first), max(same.last, entry.last)
                same.trend.merge(self._axis, entry.trend)
                self._changed(same.finding.fingerprint, same)
                self._rank(same)

    def _note(self, finding: Finding, audit: Audit, *, reported_within: bool = False) -> None:
        at = self._clock() if finding.timestamp is None else finding.timestamp
        entry = self._entries.get(finding.fingerprint)
        if entry is None:
            if len(self._entries) >= self._most:
                self._removed(*self._entries.popitem(last=False))
                self._forgotten += 1
            entry = self._entries[finding.fingerprint] = _Entry(finding, at, self._examples, self._axis)
        self._changed(finding.fingerprint, entry)
        if entry.state == RESOLVED:
            entry.state = RETURNED
        entry.finding = finding
        entry.count += 1
        entry.trend.add(self._axis, at)
        self._rank(entry)
        for kind in kinds(status_class(finding.status), finding.verdict, protocol_label(audit.exchange)):
            entry.kinds[kind] = entry.kinds.get(kind, 0) + 1
        if reported_within:
            entry.kinds["protocol_errors"] = entry.kinds.get("protocol_errors", 0) + 1
        entry.first = min(entry.first, at)
        entry.last = max(entry.last, at)
        exchange = audit.exchange
        if finding.exchange_id == exchange.id:
            example = _Example(finding, at, exchange.duration, request_line(exchange.request))
        else:  # it is about an earlier exchange, of which only the story is known
            example = _Example(finding, at, None, None)
        entry.examples.append(example)

    def _changed(self, fingerprint: str, entry: _Entry) -> None:
        """Give an entry the next revision. Entries are in the order of their revisions."""
        self._revision += 1
        entry.revision = self._revision
        self._entries.move_to_end(fingerprint)

    def _removed(self, fingerprint: str, entry: _Entry) -> None:
        self._revision += 1
        self._gone.append((self._revision, fingerprint))
        if self._worst is not None and entry in self._worst.values():
            self._worst = None

    def _gone_since(self, since: int) -> list[str] | None:
        if len(self._gone) == _MOST_GONE and self._gone[0][0] > since:
            return None
        gone = [fingerprint for revision, fingerprint in self._gone if revision > since]
        return None if EVERYTHING in gone else gone

    def _rank(self, entry: _Entry) -> None:
        """Take an entry for the worst of its service, if it is."""
        if self._worst is None or entry.finding.side is Side.CLIENT or entry.state == RESOLVED:
            return
        name = label_value(entry.finding.service)
        name = name if name in self._services else OTHER
        best = self._worst.get(name)
        if best is None or (entry.finding.severity, entry.count) > (best.finding.severity, best.count):
            self._worst[name] = entry


def _contains(entry: _Entry, words: list[str]) -> bool:
    finding = entry.finding
    text = " ".join(
        (
            *(finding.rule, finding.service, finding.method, finding.route, finding.message, finding.evidence),
            *(str(finding.status), str(finding.suggested_status), finding.fingerprint),
            *(f"{each.request} {each.finding.trace_id} {each.finding.exchange_id}" for each in entry.examples.copy()),
        )
    ).casefold()
    return all(word in text for word in words)


def _service(name: str, tally: _Tally, worst: Finding | None) -> dict[str, Any]:
    return {
        "service": name,
        **_totals([tally]),
        "outcomes": _outcomes(tally),
        "worst": None
        if worst is None
        else {"rule": worst.rule, "severity": str(worst.severity), "fingerprint": worst.fingerprint},
    }


def _is_same(one: _Entry, other: _Entry) -> bool:
    """Return whether two entries are about the same rule and route."""
    ours, theirs = one.finding, other.finding
    return one is not other and (ours.rule, ours.service, ours.method, ours.route) == (
        *(theirs.rule, theirs.service, theirs.method),
        theirs.route,
    )


def _shown(entry: _Entry, axis: Axis) -> dict[str, Any]:
    finding = entry.finding
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        "side": str(finding.side),
        "service": finding.service,
        "direction": str(finding.direction),
        "method": finding.method,
        "route": finding.route,
        "status": finding.status,
        "verdict": str(finding.verdict),
        "suggested_status": finding.suggested_status,
        "message": finding.message,
        "evidence": finding.evidence,
        "fingerprint": finding.fingerprint,
        "trace_id": finding.trace_id,
        "story": story(finding),
        "time": entry.last,
        "count": entry.count,
        "kinds": dict(entry.kinds),
        "first_seen": entry.first,
        "last_seen": entry.last,
        "state": entry.state,
        "trend": entry.trend.counts(axis),
    }
