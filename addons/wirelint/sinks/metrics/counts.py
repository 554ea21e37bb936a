"""The numbers behind the metrics: bounded, cheap to add to on the event loop, safe to read from other threads."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Container, Iterable
from typing import Any, Final

import msgspec

from wirelint.core.audit import Audit
from wirelint.core.exchange import Exchange, FailureKind
from wirelint.core.finding import Finding, Side
from wirelint.core.fold import Fold
from wirelint.core.methods import method_name
from wirelint.core.plan import Plan
from wirelint.core.rule import Rule
from wirelint.evidence.calls import is_safe, operation
from wirelint.evidence.protocols import HTTP, protocol_label
from wirelint.sinks.metrics.budget import IDLE, OTHER, Budget, Limits, label_value, may_be_named
from wirelint.sinks.outcomes import call_outcome, is_abandoned

DURATION_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Seconds; the boundaries of OpenTelemetry's ``http.server.request.duration``."""

AUDIT_BOUNDS: Final = (
    *(0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5),
    *(0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25),
)
"""Seconds; 10 µs to 250 ms."""

WAIT_BOUNDS: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds that clients wait before they give up: the usual timeouts of HTTP clients lie between these."""

ROUTE_BOUNDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; coarser than ``DURATION_BOUNDS``, because there are as many histograms as routes."""

EXEMPLAR_RUNES: Final = 128
"""Most characters that names and values of an exemplar's labels may have together (OpenMetrics 1.0)."""

MOST_OPERATIONS: Final = 50
"""Operations of one service that have labels of their own."""

_ENOUGH: Final = 4
_MOST_PLAYS: Final = 4096
_SELF_SERIES: Final = 60  # what wirelint says about itself and its process, rounded up

Labels = tuple[str, ...]


class Spread:
    """A histogram: how often a value fell into each bucket, the last one being open, and the sum of all values."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...], counts: list[int] | None = None, total: float = 0.0) -> None:
        self.bounds = bounds
        self.counts = counts or [0] * (len(bounds) + 1)
        self.total = total

    def observe(self, value: float) -> None:
        """Add a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def copy(self) -> Spread:
        """Return a copy."""
        return Spread(self.bounds, list(self.counts), self.total)


class _Cell:
    """One series of exchanges, and the histogram that its durations go to."""

    __slots__ = ("at", "count", "durations", "service")

    def __init__(self, service: str, durations: Spread) -> None:
        self.service = service
        self.durations = durations
        self.count = 0
        self.at: float | None = None


class _Route:
    """The durations of a route, and when it was last seen."""

    __slots__ = ("at", "durations")

    def __init__(self) -> None:
        self.durations = Spread(ROUTE_BOUNDS)
        self.at: float | None = None


class FindingCount(msgspec.Struct):
    """One series of findings: how many, and the latest that can be pointed at (labels, wall clock)."""

    count: int = 0
    exemplar: dict[str, str] | None = None
    at: float = 0.0


class _Series:
    """One series of findings as it is counted: how many, the latest, and when its rule fired at its service."""

    __slots__ = ("at", "count", "latest", "span")

    def __init__(self) -> None:
        self.count = 0
        self.latest: Finding | None = None
        self.at = 0.0
        self.span: list[float] | None = None

    def shown(self) -> FindingCount:
        """Return a copy for readers."""
        return FindingCount(self.count, None if self.latest is None else _exemplar(self.latest), self.at)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All numbers at one moment; keys are label values in the order of the metric's labels."""

    exchanges: dict[Labels, int]
    findings: dict[Labels, FindingCount]
    durations: dict[Labels, Spread]
    routes: dict[Labels, Spread]
    moments: dict[Labels, tuple[float, float]]
    opportunities: dict[Labels, int]
    skipped: dict[Labels, int]
    suppressed: dict[Labels, int]
    failures: dict[Labels, int]
    abandoned: dict[Labels, Spread]
    calls: dict[Labels, int]
    rule_errors: dict[Labels, int]
    overflow: dict[Labels, int]
    retired: dict[Labels, int]
    audit: Spread
    series: int
    limit: int


class Counts:
    """Count audits under bounded labels.

    :param rules: the rules that run; each has its series at 0 as soon as a service is seen.
    :param limits: bounds on labels and series.
    :param clock: the wall clock in Unix seconds, for exchanges and findings that carry no time.
    """

    def __init__(
        self, rules: Iterable[Rule], limits: Limits | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._rules = tuple(rules)
        self._zeros = [(rule.id, _side(rule.side)) for rule in self._rules]
        self._clock = clock
        self._lock = threading.Lock()
        self._audit = Spread(AUDIT_BOUNDS)
        # rule_info and rule_errors have one series for each rule.
        self._budget = Budget(limits or Limits(), _SELF_SERIES + len(AUDIT_BOUNDS) + 3 + 2 * len(self._rules))
        # Keyed by values as they stand on the wire, where none had to be folded: the common case is one look-up.
        self._cells: dict[tuple[str, str, str, int | None, str, str], _Cell] = {}
        self._exchanges: dict[Labels, _Cell] = {}
        self._durations: dict[Labels, Spread] = {}
        self._routes: dict[Labels, _Route] = {}
        self._routes_of: Counter[str] = Counter()
        # Keyed by values as they are, as are cells.
        self._routes_seen: dict[tuple[str, str, str], _Route] = {}
        self._findings: dict[Labels, _Series] = {}
        # Likewise keyed by values as they are.
        self._series: dict[tuple[str, str, Side, str, str], _Series] = {}
        self._moments: dict[Labels, list[float]] = {}
        self._plays: dict[tuple[str, Plan], int] = {}
        self._opportunities: dict[Labels, int] = {}
        self._skipped: dict[Labels, int] = {}
        self._suppressed: dict[Labels, int] = {}
        self._failures: dict[Labels, int] = {}
        self._abandoned: dict[Labels, Spread] = {}
        self._calls: dict[Labels, int] = {}
        # Successful calls of operations that have no label yet.
        self._tried: dict[Labels, int] = {}
        self._operations: dict[str, set[str]] = {}
        self._rule_errors: dict[Labels, int] = {(rule.id,): 0 for rule in self._rules}
        self._retired: dict[Labels, int] = {("exchanges",): 0, ("findings",): 0, ("opportunities",): 0, ("routes",): 0}

    def accept(self, audit: Audit) -> None:
        """Count one exchange and what was found in it."""
        exchange = audit.exchange
        response = exchange.response
        key = (
            exchange.service,
            exchange.direction,
            exchange.request.method,
            None if response is None else response.status,
            audit.verdict,
            protocol_label(exchange),
        )
        with self._lock:
            cell = self._cells.get(key) or self._cell(exchange, audit.verdict, key[-1])
            cell.count += 1
            cell.at = exchange.timestamp
            if audit.folds:
                self._fold(audit.folds)
            ended = exchange.ended
            if ended is not None:
                seconds = max(0.0, ended - exchange.started)
                cell.durations.observe(seconds)
                place = (cell.service, exchange.request.method, audit.route)
                route = self._routes_seen.get(place) or self._route(place)
                route.durations.observe(seconds)
                route.at = exchange.timestamp
            plays = self._plays
            play = (cell.service, audit.plan)
            if play in plays:
                plays[play] += 1
            else:
                self._first_play(play)
            if key[-1] != HTTP:
                self._call(audit, cell.service, key[-1])
            if audit.findings or exchange.failure or audit.skipped or audit.faults or audit.suppressed:
                self._particulars(audit, cell.service)

    def skip(self, service: str, reason: str) -> None:
        """Count an exchange that was not audited."""
        with self._lock:
            name, reason = self._service(service), self._budget.reason(reason)
            self._add(self._skipped, (name, reason), ((0, "service"),), self._budget.vital)

    def change_rules(self, rules: Iterable[Rule]) -> None:
        """Count by other rules from now on; the counts of others stay."""
        with self._lock:
            self._rules = tuple(rules)
            self._zeros = [(rule.id, _side(rule.side)) for rule in self._rules]
            for rule in self._rules:
                if (rule.id,) not in self._rule_errors:
                    self._rule_errors[rule.id,] = 0
                    self._budget.used += 2
            for service in self._budget.services:
                self._begin(service)

    def observe_audit(self, seconds: float) -> None:
        """Count how long an audit took."""
        with self._lock:
            self._audit.observe(seconds)

    def snapshot(self) -> Snapshot:
        """Return everything counted so far. May be called from any thread."""
        with self._lock:
            self._expand_plays()
            return Snapshot(
                exchanges={labels: cell.count for labels, cell in self._exchanges.items()},
                findings={labels: series.shown() for labels, series in self._findings.items()},
                durations={labels: spread.copy() for labels, spread in self._durations.items()},
                routes={labels: route.durations.copy() for labels, route in self._routes.items()},
                moments={labels: (span[0], span[1]) for labels, span in self._moments.items()},
                opportunities=dict(self._opportunities),
                skipped=dict(self._skipped),
                suppressed=dict(self._suppressed),
                failures=dict(self._failures),
                abandoned={labels: spread.copy() for labels, spread in self._abandoned.items()},
                calls=dict(self._calls),
                rule_errors=dict(self._rule_errors),
                overflow={(label,): count for label, count in self._budget.overflow.items()},
                retired=dict(self._retired),
                audit=self._audit.copy(),
                series=self._budget.used,
                limit=self._budget.limit,
            )

    # What follows is called with the lock held.

    def _cell(self, exchange: Exchange, verdict: str, protocol: str) -> _Cell:
        budget = self._budget
        service, direction = exchange.service, exchange.direction
        method, status = exchange.request.method, exchange.status
        name = label_value(service)
        if budget.crowded(name):
            self._make_room(self._clock() if exchange.timestamp is None else exchange.timestamp)
        name = self._service(service) if name in budget.services or may_be_named(exchange) else OTHER
        known = method_name(method)
        code = "none" if status is None else str(status) if 100 <= status <= 599 else budget.fold("code")
        wanted = (name, str(direction), known, code, str(verdict), protocol)
        labels = budget.admit(self._exchanges, wanted, ((2, "method"), (0, "service"), (3, "code")), budget.vital)
        cell = self._exchanges.get(labels)
        if cell is None:
            code_class = f"{code[0]}xx" if code[0].isdigit() else code
            cell = self._exchanges[labels] = _Cell(labels[0], self._spread(labels[0], labels[1], code_class))
        if labels == (service, direction, method, code, verdict, protocol) and code != OTHER:
            self._cells[service, direction, method, status, verdict, protocol] = cell
        return cell

    def _spread(self, service: str, direction: str, code_class: str) -> Spread:
        budget = self._budget
        cost = len(DURATION_BOUNDS) + 3
        labels = budget.admit(self._durations, (service, direction, code_class), ((0, "service"),), budget.useful, cost)
        return self._durations.setdefault(labels, Spread(DURATION_BOUNDS))

    def _route(self, place: tuple[str, str, str]) -> _Route:
        """Return what counts a route, that of all others of its service if there is no room for it."""
        budget, cost = self._budget, len(ROUTE_BOUNDS) + 3
        service, method, template = place
        own, others = (service, method_name(method), label_value(template)), (service, OTHER, OTHER)
        room = service != OTHER and budget.used + cost <= budget.timed
        many = self._routes_of[service] >= budget.routes
        # A fold is not counted as overflow: exchanges and findings are still exact.
        ways: tuple[tuple[Labels, bool], ...] = (
            (own, room and not many),
            (others, room),
            ((OTHER, OTHER, OTHER), True),
        )
        labels = next(labels for labels, fits in ways if fits or labels in self._routes)
        found = self._routes.get(labels)
        if found is None:
            found = self._routes[labels] = _Route()
            self._routes_of[labels[0]] += 1
            budget.used += cost
        if len(self._routes_seen) >= _MOST_PLAYS:
            self._routes_seen.clear()
        self._routes_seen[place] = found
        return found

    def _service(self, raw: str) -> str:
        name, new = self._budget.service(label_value(raw))
        if new:
            self._begin(name)
        return name

    def _begin(self, service: str) -> None:
        """Begin a service's findings at 0, if there is room to do so for all rules."""
        wanted = [(service, rule, side, "", "") for rule, side in self._zeros]
        wanted = [labels for labels in wanted if labels not in self._findings]
        if self._budget.used + len(wanted) < self._budget.zeros:
            self._findings.update({labels: _Series() for labels in wanted})
            self._budget.used += len(wanted)

    def _first_play(self, play: tuple[str, Plan]) -> None:
        if len(self._plays) >= _MOST_PLAYS:
            self._expand_plays()
        self._plays[play] = 1

    def _expand_plays(self) -> None:
        budget, opportunities = self._budget, self._opportunities
        for (service, plan), count in self._plays.items():
            for rule in plan.rules:
                labels = (rule.id, service)
                if labels in opportunities:
                    opportunities[labels] += count
                    continue
                if budget.used >= budget.timed:
                    labels = (rule.id, OTHER)  # not counted as overflow: nothing that shows is lost
                self._add(opportunities, labels, (), budget.timed, count)
        self._plays.clear()

    def _particulars(self, audit: Audit, service: str) -> None:
        budget = self._budget
        exchange = audit.exchange
        failure = exchange.failure
        if failure is not None and failure.kind is not FailureKind.CLIENT_GONE:
            self._add(self._failures, (service, str(failure.kind)), ((0, "service"),), budget.vital)
        elif is_abandoned(exchange):
            self._wait(service).observe(exchange.duration or 0.0)
        if audit.skipped:
            self._add(self._skipped, (service, budget.reason(audit.skipped)), ((0, "service"),), budget.vital)
        for rule in audit.faults:
            self._rule_errors[rule,] = self._rule_errors.get((rule,), 0) + 1
        for each in audit.suppressed:
            self._add(self._suppressed, (service, each.finding.rule), ((0, "service"),), budget.useful)
        for finding in audit.findings:
            self._find(finding, service)

    def _find(self, finding: Finding, service: str) -> None:
        at = self._clock() if finding.timestamp is None else finding.timestamp
        key = (service, finding.rule, finding.side, finding.method, finding.route)
        series = self._series.get(key) or self._place(key, at)
        series.count += 1
        series.at = at
        series.latest = finding
        span = series.span
        if span is not None:
            if at > span[1]:
                span[1] = at
            elif at < span[0]:
                span[0] = at

    def _call(self, audit: Audit, service: str, protocol: str) -> None:
        outcome = call_outcome(audit.exchange, audit.verdict)
        name = self._operation(service, operation(audit.exchange), succeeded=outcome == "ok")
        budget = self._budget
        labels: Labels = (service, protocol, name, outcome)
        if labels not in self._calls and budget.used >= budget.timed:
            labels = (service, protocol, OTHER if name else "", outcome)  # no overflow: exchanges are still exact
        self._add(self._calls, labels, ((0, "service"),), budget.useful)

    def _operation(self, service: str, name: str, *, succeeded: bool) -> str:
        """Return the label of an operation: its name once it succeeded, and more than once if its words are unknown."""
        known = self._operations.setdefault(service, set())
        if not name or name in known:
            return name
        if succeeded and len(known) < MOST_OPERATIONS and service != OTHER:
            tried = self._tried.get((service, name), 0) + 1
            if tried >= (1 if is_safe(name) else _ENOUGH):
                self._tried.pop((service, name), None)
                known.add(name)
                return name
            if len(self._tried) >= _MOST_PLAYS:
                self._tried.clear()
            self._tried[service, name] = tried
        return OTHER

    def _wait(self, service: str) -> Spread:
        cost = len(WAIT_BOUNDS) + 3
        labels = self._budget.admit(self._abandoned, (service,), ((0, "service"),), self._budget.vital, cost)
        return self._abandoned.setdefault(labels, Spread(WAIT_BOUNDS))

    def _place(self, key: tuple[str, str, Side, str, str], at: float) -> _Series:
        budget = self._budget
        service, rule, side, method, route = key
        if budget.full(service):
            self._make_room(at)
        kept = (service, rule, _side(side))
        wanted = (*kept, method_name(method), budget.route(service, label_value(route)))
        give = ((4, "route"), (3, "method"), (0, "service"))
        if wanted not in self._findings and budget.used >= budget.routed and wanted[4] != OTHER:
            wanted = (*wanted[:4], budget.fold("route"))
        labels = budget.admit(self._findings, wanted, give, budget.findings)
        series = self._findings.setdefault(labels, _Series())
        moment = budget.admit(self._moments, (labels[0], rule), ((0, "service"),), budget.useful, 2)
        series.span = self._moments.setdefault(moment, [at, at])
        if labels == (*kept, method, route):
            self._series[key] = series
        return series

    def _fold(self, folds: Iterable[Fold]) -> None:
        """Count findings under the routes that theirs have become."""
        for fold in folds:
            service = label_value(fold.service)
            for labels in [each for each in self._findings if each[0] == service and fold.of(each[-1]) != each[-1]]:
                series = self._findings.pop(labels)
                become = (*labels[:-1], fold.of(labels[-1]))
                self._budget.forget((), [(service, labels[-1])])
                if become in self._findings:
                    # To add it to a series that is there would look like as many findings at this moment.
                    self._retired["findings",] += series.count
                    self._budget.used -= 1
                else:
                    self._findings[become] = series
            for labels in [each for each in self._routes if each[0] == service and fold.of(each[-1]) != each[-1]]:
                route = self._routes.pop(labels)
                become = (*labels[:-1], fold.of(labels[-1]))
                if become in self._routes:
                    self._routes_of[service] -= 1
                    self._end_route(route)
                else:
                    self._routes[become] = route
            self._series.clear()
            self._routes_seen.clear()

    def _make_room(self, now: float) -> None:
        """End the series of services and of routes that were not seen for an hour."""
        budget = self._budget
        if not budget.may_search(now):
            return
        since = now - IDLE
        self._expand_plays()
        seen = {cell.service for cell in self._exchanges.values() if cell.at is None or cell.at >= since}
        gone = {service for service in budget.services if service not in seen}
        self._end_services(gone)
        for service in gone:
            self._operations.pop(service, None)
        for labels, route in list(self._routes.items()):
            if labels[0] in gone or (labels[-1] != OTHER and route.at is not None and route.at < since):
                self._routes_of[labels[0]] -= 1
                self._end_route(self._routes.pop(labels))
        self._routes_of = +self._routes_of
        idle = [
            labels
            for labels, series in self._findings.items()
            if labels[0] in gone or (labels[-1] not in ("", OTHER) and series.at < since)
        ]
        for labels in idle:
            self._retired["findings",] += self._findings.pop(labels).count
            budget.used -= 1
        kept = {(labels[0], labels[-1]) for labels in self._findings}
        budget.forget(gone, {(labels[0], labels[-1]) for labels in idle} - kept)
        self._cells.clear()
        self._series.clear()
        self._routes_seen.clear()

    def _end_services(self, gone: Container[str]) -> None:
        # Each table with the place of the service in its labels, and how many series an entry has.
        tables: tuple[tuple[dict[Labels, Any], int, int], ...] = (
            *((self._opportunities, 1, 1), (self._skipped, 0, 1), (self._suppressed, 0, 1), (self._failures, 0, 1)),
            *((self._exchanges, 0, 1), (self._moments, 0, 2), (self._calls, 0, 1)),
            *((self._durations, 0, len(DURATION_BOUNDS) + 3), (self._abandoned, 0, len(WAIT_BOUNDS) + 3)),
        )
        for table, place, cost in tables:
            for labels in [each for each in table if each[place] in gone]:
                ended = table.pop(labels)
                self._budget.used -= cost
                if table is self._opportunities:
                    self._retired["opportunities",] += ended
                elif table is self._exchanges:
                    self._retired["exchanges",] += ended.count

    def _end_route(self, route: _Route) -> None:
        self._retired["routes",] += sum(route.durations.counts)
        self._budget.used -= len(ROUTE_BOUNDS) + 3

    def _add(
        self, table: dict[Labels, int], labels: Labels, give: tuple[tuple[int, str], ...], ceiling: int, by: int = 1
    ) -> None:
        labels = self._budget.admit(table, labels, give, ceiling)
        table[labels] = table.get(labels, 0) + by


def _side(side: Side) -> str:
    """Return who has to change something: the client, or the server with all that answers for it."""
    return "client" if side is Side.CLIENT else "server"


def _exemplar(finding: Finding) -> dict[str, str]:
    labels = {"finding_id": finding.fingerprint}
    if finding.trace_id:
        labels["trace_id"] = label_value(finding.trace_id)
        if sum(len(name) + len(value) for name, value in labels.items()) > EXEMPLAR_RUNES:
            del labels["trace_id"]
    return labels
