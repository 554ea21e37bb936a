"""Join an exchange with the calls that its service made for it: by trace ids, else by time.

A call belongs to an exchange of another service if it took place during that exchange and both have the same id.
Without ids, it belongs to the only possible exchange, as far as known: a hint, not a proof. With two possible
exchanges, it belongs to none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Final, NamedTuple

from wirelint.core.exchange import Direction, Exchange, FailureKind
from wirelint.core.finding import Confidence
from wirelint.core.state import Latest, Opens, State, Table, moment
from wirelint.core.trace import trace_ids
from wirelint.core.visit import Step, Visit
from wirelint.core.when import ALWAYS
from wirelint.history.visits import Present

_MOST_TRACES: Final = 8192
_MOST_IN_TRACE: Final = 64
_MOST_IDS: Final = 4
_MOST_RECENT: Final = 256
_MOST_SERVICES: Final = 512
_TOPOLOGY: Final = 86400.0
"""Seconds to remember which service calls which."""
_SPAN: Final = 300.0
"""Seconds to keep exchanges for others of their trace."""
_LATE: Final = 2.0
"""Seconds by which an abandoned call may end after its exchange."""
_SKEW: Final = 0.005
"""Seconds by which the ends of two connections may be recorded in the wrong order."""

FAILURES: Final = frozenset({502, 503, 504})
"""Statuses of a service that, or whose upstream, could not answer."""


class Hops(NamedTuple):
    """An exchange, ``outer``, with the calls that its service made for it, by their start.

    ``certain`` is False if only the time joins them. The current exchange is ``outer``, or a call that its service
    abandoned a moment before: then ``late`` is that call.
    """

    outer: Visit
    calls: Sequence[Visit]
    certain: bool
    late: Visit | None = None

    @property
    def confidence(self) -> Confidence | None:
        """Return the confidence of a finding on these: weak, or that of the rule."""
        return None if self.certain else Confidence.WEAK

    @property
    def about(self) -> Visit | None:
        """Return the exchange of a finding about ``outer``, None if it is the current one."""
        return None if self.late is None else self.outer

    def story(self, notes: Mapping[int, str], outer: str) -> tuple[Step, ...]:
        """Return all exchanges except the current one.

        :param notes: notes on calls, by ``id`` of the visit; calls without one are left out.
        :param outer: the note on ``outer``.
        """
        steps = tuple(call.step(notes[id(call)]) for call in self.calls if call is not self.late and id(call) in notes)
        return steps if self.late is None else (self.outer.step(outer), *steps)

    def final_failures(self) -> list[Visit]:
        """Return the failed calls, except those that succeeded when repeated."""
        return [call for call in self.calls if failed(call) and not self._mended(call)]

    def _mended(self, call: Visit) -> bool:
        return any(
            other.started >= call.started and other.target == call.target and not failed(other)
            for other in self.calls
            if other is not call
        )

    def last_word(self) -> Visit | None:
        """Return the last finally failed call, None if a later one was answered properly."""
        last = max(self.calls, key=lambda call: call.ended)
        return last if failed(last) and not self._mended(last) else None

    def text(self, call: Visit) -> str:
        """Return the evidence: the outcome of a call, and the answer."""
        outer = self.outer
        return (
            f"{call.method} {call.route} of {call.service} → {call.outcome}; "
            f"{outer.method} {outer.route} of {outer.service} → {outer.outcome}"
        )


def failed(visit: Visit) -> bool:
    """Return whether a call got no answer, or a status that says so.

    If the caller times out and hangs up, the call failed, too.
    """
    return visit.status in FAILURES if visit.status is not None else visit.failure is not None


def timed_out(visit: Visit) -> bool:
    """Return whether a call timed out, from the caller's view."""
    if visit.status is not None:
        return visit.status == 504
    return visit.failure in (FailureKind.TIMEOUT, FailureKind.CLIENT_GONE)


def given_up(visit: Visit) -> bool:
    """Return whether the caller hung up, or got 504.

    A proxy in between may answer 502 for its own timeout.
    """
    return visit.status == 504 or (visit.status is None and visit.failure is FailureKind.CLIENT_GONE)


class Traces:
    """Recent exchanges by trace id, and the latest of all."""

    wants = ALWAYS
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._traces: Table[str, list[Visit]] = Table(_MOST_TRACES, _SPAN)
        self._services: Table[str, float] = Table(_MOST_SERVICES, _TOPOLOGY)
        self._inner: Table[str, bool] = Table(_MOST_SERVICES, _TOPOLOGY)
        self._recent: deque[tuple[Visit, bool]] = deque(maxlen=_MOST_RECENT)
        self._latest: Latest[Hops | None] = Latest(self._hops)
        self._untraced = float("-inf")  # end of the latest one without any id

    def hops(self, exchange: Exchange) -> Hops | None:
        """Return the hops that this exchange completes: its calls, or those of one that just ended; else None."""
        return self._latest.of(exchange)

    def joins(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether a failed call for this exchange is known, or this exchange is a late one."""
        if self._untraced < visit.started and visit.status is not None and not trace_ids(exchange):
            return False  # neither an id nor the time joins anything to it
        hops = self.hops(exchange)
        return hops is not None and not all(call.succeeded for call in hops.calls)

    def _hops(self, exchange: Exchange) -> Hops | None:
        visit = self._state.visit(exchange)
        ids = trace_ids(exchange)[:_MOST_IDS]
        if visit.direction is Direction.INBOUND and (found := self._own(visit, ids)) is not None:
            return found
        return self._given_up(visit, ids) if visit.status is None and ids else None

    def _own(self, visit: Visit, ids: Sequence[str]) -> Hops | None:
        if ids:
            known = self._family(ids, visit.ended)
            if known and (calls := self._calls(visit, known, known)):
                return Hops(visit, calls, certain=True)
        if self._untraced < visit.started:
            return None
        if len(self._services) <= (self._services.get(visit.service, visit.ended) is not None):
            return None  # no other service could have been called
        # Calls for this exchange ended after it began, so the search stops at the first that ended before.
        meanwhile = list(takewhile(lambda each: each[0].ended >= visit.started, reversed(self._recent)))
        plain = [each for each, traced in meanwhile if not traced and each.service != visit.service]
        calls = self._calls(visit, plain, [each for each, _ in meanwhile]) if plain else []
        return Hops(visit, calls, certain=False) if calls else None

    def _given_up(self, visit: Visit, ids: Sequence[str]) -> Hops | None:
        known = self._family(ids, visit.ended)
        outer = [
            each
            for each in known
            if each.direction is Direction.INBOUND
            and each.service != visit.service
            and each.started <= visit.started <= each.ended
            and visit.ended - _LATE <= each.ended <= visit.ended
        ]
        inner = [each for each in outer if not any(_lies_within(other, each) for other in outer if other is not each)]
        if len(inner) != 1:
            return None
        return Hops(inner[0], (*self._calls(inner[0], known, known), visit), certain=True, late=visit)

    def _family(self, ids: Iterable[str], now: float) -> list[Visit]:
        """Yield all exchanges with one of the ids, once each. An id that very many share proves nothing."""
        found: dict[int, Visit] = {}
        for each in ids:
            trace = self._traces.get(each, now)
            if trace is not None and len(trace) < _MOST_IN_TRACE:
                found |= {id(visit): visit for visit in trace}
        return list(found.values())

    def _calls(self, outer: Visit, candidates: Iterable[Visit], others: Sequence[Visit]) -> list[Visit]:
        """Return the candidates that only the service of ``outer`` can have called, while it answered."""
        found = [
            each
            for each in candidates
            if self._is_call(each, outer) and not any(self._competes(other, each, outer) for other in others)
        ]
        return sorted(found, key=lambda call: call.started)

    def _competes(self, other: Visit, call: Visit, outer: Visit) -> bool:
        """Return whether a call may belong to an exchange other than ``outer``."""
        return other is not outer and other.direction is Direction.INBOUND and self._is_call(call, other)

    def _is_call(self, visit: Visit, outer: Visit) -> bool:
        """Return whether the service of ``outer`` may have sent a request while it answered."""
        if visit is outer or visit.service == outer.service or not _lies_within(visit, outer):
            return False
        if outer.failure is FailureKind.CONNECT:
            return False  # it never reached its service
        return visit.direction is Direction.OUTBOUND or _differ(visit, outer) or self._is_entrance(outer)

    def _is_entrance(self, outer: Visit) -> bool:
        """Return whether only clients call the service of ``outer``.

        Concurrent calls of a gateway also overlap in time, if one takes longer.
        """
        first = self._services.get(outer.service, outer.ended)
        return first is not None and first < outer.started and not self._inner.get(outer.service, outer.ended)

    def made_for_another(self, visit: Visit) -> bool:
        """Return whether a trace id proves that another service sent a request in order to answer one."""
        return visit.trace_id is not None and any(
            other.service != visit.service and self._is_call(visit, other)
            for other in self._traces.get(visit.trace_id, visit.ended) or ()
        )

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Add an exchange to its traces."""
        ids = trace_ids(exchange)[:_MOST_IDS]
        now = moment(exchange)
        if self._services.get(visit.service, now) is None:
            self._services.keep(visit.service, now, now)
        for each in ids:
            trace = self._traces.ensure(each, list, now)
            if len(trace) < _MOST_IN_TRACE:
                for other in trace:
                    if other.service != visit.service and _lies_within(other, visit):
                        self._inner.keep(other.service, True, now)
                trace.append(visit)
        if not ids:
            self._untraced = max(self._untraced, visit.ended)
        self._recent.append((visit, bool(ids)))

    def join(self, exchange: Exchange, visit: Visit) -> None:
        """Add it like any other."""
        self.note(exchange, visit)

    def __len__(self) -> int:
        return len(self._traces)


def _differ(visit: Visit, outer: Visit) -> bool:
    """Return whether a request is distinguishable from those that came from the source of ``outer``.

    Requests of one client are equal in all fields that identify clients; a proxy forwards to the same path.
    """
    return visit.client != outer.client or visit.target == outer.target


def _lies_within(inner: Visit, outer: Visit) -> bool:
    return outer.started <= inner.started <= outer.ended and inner.ended <= outer.ended + _SKEW


def completes_hops(state: State) -> Opens:
    """Return ``Traces.joins`` as a gate."""
    return state.recall(Traces).joins
