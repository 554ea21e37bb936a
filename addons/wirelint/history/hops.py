"""Which calls a service made in order to answer: joined by trace ids, else by lying within each other in time.

A call belongs to an exchange of another service if it took place while that one lasted and both bear one id. Without
ids it belongs to the only exchange that it can belong to, as far as is known: a hint, no proof. Where there are two
that it may belong to, it belongs to none.
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
"""Seconds that it is remembered who is called by whom."""
_SPAN: Final = 300.0
"""Seconds that exchanges are waited for by others of their trace."""
_LATE: Final = 2.0
"""Seconds by which a call that was given up may end later than the exchange it was made for."""
_SKEW: Final = 0.005
"""Seconds by which the ends of two connections may be noted in the wrong order."""

FAILURES: Final = frozenset({502, 503, 504})
"""Statuses by which a service tells that it, or what is behind it, could not answer."""


class Hops(NamedTuple):
    """An exchange, ``outer``, with the calls that its service made for it, in the order of their beginnings.

    ``certain`` is False where nothing but the time joins them. The exchange at hand is ``outer``, or else a call that
    its service gave up a moment before: then ``late`` is that call.
    """

    outer: Visit
    calls: Sequence[Visit]
    certain: bool
    late: Visit | None = None

    @property
    def confidence(self) -> Confidence | None:
        """That of a finding on these: a hint, or as the rule has it."""
        return None if self.certain else Confidence.WEAK

    @property
    def about(self) -> Visit | None:
        """Whom a finding is about that is the fault of ``outer``, None where that is the exchange at hand."""
        return None if self.late is None else self.outer

    def story(self, notes: Mapping[int, str], outer: str) -> tuple[Step, ...]:
        """All but the exchange at hand.

        :param notes: what calls prove, by ``id`` of the visit; others are left out.
        :param outer: what ``outer`` proves.
        """
        steps = tuple(call.step(notes[id(call)]) for call in self.calls if call is not self.late and id(call) in notes)
        return steps if self.late is None else (self.outer.step(outer), *steps)

    def final_failures(self) -> list[Visit]:
        """Calls that failed, but for those that were made again and then succeeded."""
        return [call for call in self.calls if failed(call) and not self._mended(call)]

    def _mended(self, call: Visit) -> bool:
        return any(
            other.started >= call.started and other.target == call.target and not failed(other)
            for other in self.calls
            if other is not call
        )

    def last_word(self) -> Visit | None:
        """The call that failed last and for good, None where one that ended later was answered properly."""
        last = max(self.calls, key=lambda call: call.ended)
        return last if failed(last) and not self._mended(last) else None

    def text(self, call: Visit) -> str:
        """Evidence: what came of a call, and what was made of it."""
        outer = self.outer
        return (
            f"{call.method} {call.route} of {call.service} → {call.outcome}; "
            f"{outer.method} {outer.route} of {outer.service} → {outer.outcome}"
        )


def failed(visit: Visit) -> bool:
    """Return whether a call got no answer, or one that says that no answer is available.

    To hang up on a service that takes too long is how its caller's patience ends: such a call failed, too.
    """
    return visit.status in FAILURES if visit.status is not None else visit.failure is not None


def timed_out(visit: Visit) -> bool:
    """Return whether a call failed for the lack of a timely answer, as its caller saw it."""
    if visit.status is not None:
        return visit.status == 504
    return visit.failure in (FailureKind.TIMEOUT, FailureKind.CLIENT_GONE)


def given_up(visit: Visit) -> bool:
    """Return whether its caller hung up on it, or got 504.

    A proxy on the way answers 502 to the caller where it runs out of patience itself.
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
        self._untraced = float("-inf")  # when the latest without any id ended

    def hops(self, exchange: Exchange) -> Hops | None:
        """What the exchange at hand completes: its own calls, or those of one that had just ended; None for neither."""
        return self._latest.of(exchange)

    def joins(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether a call is known that failed and was made for an exchange, or is itself a late one."""
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
            return None  # there is no other service that could have been called
        # Whatever lies within ended after this began, so the search is over where what ended before comes up.
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
        """All that bear one of the ids, once each. An id that very many bear says nothing about any two of them."""
        found: dict[int, Visit] = {}
        for each in ids:
            trace = self._traces.get(each, now)
            if trace is not None and len(trace) < _MOST_IN_TRACE:
                found |= {id(visit): visit for visit in trace}
        return list(found.values())

    def _calls(self, outer: Visit, candidates: Iterable[Visit], others: Sequence[Visit]) -> list[Visit]:
        """Those of the candidates that can only have been made by the service of ``outer``, while it answered."""
        found = [
            each
            for each in candidates
            if self._is_call(each, outer) and not any(self._competes(other, each, outer) for other in others)
        ]
        return sorted(found, key=lambda call: call.started)

    def _competes(self, other: Visit, call: Visit, outer: Visit) -> bool:
        """Return whether a call may as well have been made for an exchange other than ``outer``."""
        return other is not outer and other.direction is Direction.INBOUND and self._is_call(call, other)

    def _is_call(self, visit: Visit, outer: Visit) -> bool:
        """Return whether the service of ``outer`` may have sent a request while it answered."""
        if visit is outer or visit.service == outer.service or not _lies_within(visit, outer):
            return False
        if outer.failure is FailureKind.CONNECT:
            return False  # its service never heard of it
        return visit.direction is Direction.OUTBOUND or _differ(visit, outer) or self._is_entrance(outer)

    def _is_entrance(self, outer: Visit) -> bool:
        """Return whether the service of ``outer`` is known to be called by clients alone.

        What a gateway calls side by side lies within each other as well, if one takes longer.
        """
        first = self._services.get(outer.service, outer.ended)
        return first is not None and first < outer.started and not self._inner.get(outer.service, outer.ended)

    def made_for_another(self, visit: Visit) -> bool:
        """Return whether a trace id proves that another service sent a request in order to answer one of its own."""
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
        """Add it as any other."""
        self.note(exchange, visit)

    def __len__(self) -> int:
        return len(self._traces)


def _differ(visit: Visit, outer: Visit) -> bool:
    """Return whether a request is distinguishable from those that came from the source of ``outer``.

    Those of one client are alike in all that tells clients apart; what a proxy sends on goes to the same path.
    """
    return visit.client != outer.client or visit.target == outer.target


def _lies_within(inner: Visit, outer: Visit) -> bool:
    return outer.started <= inner.started <= outer.ended and inner.ended <= outer.ended + _SKEW


def completes_hops(state: State) -> Opens:
    """See ``Traces.joins``."""
    return state.recall(Traces).joins
