"""Recent findings in memory, for the live page and its API."""

from __future__ import annotations

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
    TOLD,
    call_outcome,
    is_abandoned,
    is_unreachable,
    kinds,
    status_class,
)
from wirelint.sinks.published import story
from wirelint.sinks.request_line import request_line

_FIGURES: Final = (
    *("exchanges", "answered", "lied", "reported", "true", "hidden", "hidden_client", "hidden_server", "told"),
    *("masked", "blamed", "unknown", "unanswered", "unreachable", "abandoned", "findings", "client_findings"),
)


class _Tally:
    """What a service reported and what happened, by class of status, verdict and protocol, and its findings."""

    __slots__ = ("abandoned", "client_findings", "findings", "outcomes", "told", "unreachable", "waited")

    def __init__(self) -> None:
        self.findings = 0
        self.client_findings = 0
        self.outcomes: dict[tuple[int, Verdict, str], int] = {}
        self.told = 0
        self.unreachable = 0
        self.abandoned = 0
        self.waited = 0.0


def _totals(tallies: Iterable[_Tally]) -> dict[str, Any]:
    """Return how services do: the figures of ``wirelint.sinks.outcomes``, and others.

    ``told``: errors under success that a protocol reports in its content; ``answered``: exchanges with a response;
    ``lied``: those whose status is not true; ``unreachable``: exchanges whose service could not be connected to;
    ``abandoned``: those whose clients left before a response came; ``waited``: how long these waited on average, in
    seconds; ``findings``: those about the service; ``client_findings``: the others.
    """
    sums = dict.fromkeys(_FIGURES, 0)
    waited = 0.0
    for tally in tallies:
        for name in ("findings", "client_findings", "told", "unreachable", "abandoned"):
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
    """One fingerprint: its latest finding, examples, and how many findings count in each figure."""

    __slots__ = ("count", "examples", "finding", "first", "kinds", "last", "revision")

    def __init__(self, finding: Finding, at: float, examples: int) -> None:
        self.finding = finding
        self.count = 0
        self.first = self.last = at
        self.revision = 0
        self.kinds: dict[str, int] = {}
        self.examples: deque[_Example] = deque(maxlen=examples)


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
        fingerprints: int = 500,
        examples: int = 20,
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
            outcomes = tally.outcomes
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            told = outcome[2] != HTTP and call_outcome(exchange, audit.verdict) in TOLD
            tally.told += told
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
                self._note(finding, audit, told=told)

    def add(self, audit: Audit) -> None:
        """Record the findings of an exchange that is not traffic."""
        with self._lock:
            for finding in audit.findings:
                self._note(finding, audit)

    def snapshot(self, since: int = 0, *, service: str = "", rule: str = "") -> dict[str, Any]:
        """Return findings without their examples, and totals, as plain values.

        :param since: the ``revision`` of an earlier snapshot; only what changed after it is given.
        :param service: only findings of this service.
        :param rule: only findings of this rule.
        :returns: ``run`` (differs after a restart), ``revision``, ``total`` (fingerprints held), ``forgotten``
            (fingerprints that had to go), ``findings`` (the latest first), ``totals``, ``services``, ``unreachable``.
        """
        with self._lock:
            findings = [
                _shown(entry)
                for entry in reversed(self._entries.values())
                if entry.revision > since
                and service in ("", entry.finding.service)
                and rule in ("", entry.finding.rule)
            ]
            return {
                "run": self._run,
                "revision": self._revision,
                "total": len(self._entries),
                "forgotten": self._forgotten,
                "findings": findings,
                "totals": _totals(self._services.values()),
                "services": self._by_service(),
                "unreachable": self._unreachable(),
            }

    def services(self) -> dict[str, Any]:
        """Return the totals of all exchanges, and those of each service with its gravest finding as ``worst``.

        ``unreachable`` lists the services that cannot be connected to now.
        """
        with self._lock:
            return {
                "totals": _totals(self._services.values()),
                "services": self._by_service(),
                "unreachable": self._unreachable(),
            }

    def finding(self, fingerprint: str) -> dict[str, Any] | None:
        """Return one finding with its examples, the latest first; None if it is unknown or was evicted."""
        with self._lock:
            entry = self._entries.get(fingerprint)
            return (
                None
                if entry is None
                else _shown(entry) | {"examples": [each.shown() for each in reversed(entry.examples)]}
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
                self._revision += 1
                entry.finding = msgspec.structs.replace(entry.finding, route=become)
                same = next((other for other in self._entries.values() if _is_same(other, entry)), None)
                if same is None:
                    entry.revision = self._revision
                    continue
                del self._entries[key]
                same.count += entry.count
                for kind, count in entry.kinds.items():
                    same.kinds[kind] = same.kinds.get(kind, 0) + count
                same.first, same.last = min(same.first, entry.first), max(same.last, entry.last)
                same.revision = self._revision

    def _note(self, finding: Finding, audit: Audit, *, told: bool = False) -> None:
        at = self._clock() if finding.timestamp is None else finding.timestamp
        entry = self._entries.get(finding.fingerprint)
        if entry is None:
            if len(self._entries) >= self._most:
                self._entries.popitem(last=False)
                self._forgotten += 1
            entry = self._entries[finding.fingerprint] = _Entry(finding, at, self._examples)
        self._entries.move_to_end(finding.fingerprint)
        self._revision += 1
        entry.revision = self._revision
        entry.finding = finding
        entry.count += 1
        for kind in kinds(status_class(finding.status), finding.verdict, protocol_label(audit.exchange)):
            entry.kinds[kind] = entry.kinds.get(kind, 0) + 1
        if told:
            entry.kinds["told"] = entry.kinds.get("told", 0) + 1
        entry.first = min(entry.first, at)
        entry.last = max(entry.last, at)
        exchange = audit.exchange
        if finding.exchange_id == exchange.id:
            example = _Example(finding, at, exchange.duration, request_line(exchange.request))
        else:  # it is about an earlier exchange, of which only the story is known
            example = _Example(finding, at, None, None)
        entry.examples.append(example)

    def _by_service(self) -> list[dict[str, Any]]:
        worst: dict[str, _Entry] = {}
        for entry in self._entries.values():
            if entry.finding.side is Side.CLIENT:
                continue
            name = label_value(entry.finding.service)
            name = name if name in self._services else OTHER
            best = worst.get(name)
            if best is None or (entry.finding.severity, entry.count) > (best.finding.severity, best.count):
                worst[name] = entry
        return [
            {
                "service": name,
                **_totals([tally]),
                "outcomes": _outcomes(tally),
                "worst": {
                    "rule": worst[name].finding.rule,
                    "severity": str(worst[name].finding.severity),
                    "fingerprint": worst[name].finding.fingerprint,
                }
                if name in worst
                else None,
            }
            for name, tally in self._services.items()
        ]


def _is_same(one: _Entry, other: _Entry) -> bool:
    """Return whether two entries are about the same rule and route."""
    ours, theirs = one.finding, other.finding
    return one is not other and (ours.rule, ours.service, ours.method, ours.route) == (
        *(theirs.rule, theirs.service, theirs.method),
        theirs.route,
    )


def _shown(entry: _Entry) -> dict[str, Any]:
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
    }
