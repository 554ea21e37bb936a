"""Remember exchanges: everything is bounded in number and time, and the clock comes from the exchanges.

``State`` holds the memories; ``wirelint.history`` explains how they work, and defines them. Memories are built from
``Table`` and ``Stories``.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final, Protocol, runtime_checkable

from wirelint.core.exchange import Exchange
from wirelint.core.fold import Fold
from wirelint.core.learned import LearnedRoutes
from wirelint.core.methods import method_name
from wirelint.core.quiet import Quiet
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Visit
from wirelint.core.when import When

WINDOW: Final = 600.0
"""Seconds after which an exchange proves nothing any more."""

_SEAL_BYTES: Final = 12
_AGED_EVERY: Final = 16
_AGED_AT_ONCE: Final = 32
_MOST_SHAPES: Final = 4096
_MOST_REPORTED: Final = 4096
_SILENCE: Final = 3600.0
_NOT_THERE: Final = frozenset({404, 410})


def moment(exchange: Exchange) -> float:
    """Return the end of an exchange in seconds of its source's clock; exchanges are audited in this order."""
    return exchange.started if exchange.ended is None else exchange.ended


class View(Protocol):
    """Makes visits, the form in which exchanges are remembered."""

    def __init__(self, state: State) -> None: ...

    def visit(self, exchange: Exchange) -> Visit:
        """Return the visit of an exchange, with the verdict of its status."""


class Memory(Protocol):
    """Records exchanges whose status and method match ``wants``, for rules to compare with."""

    wants: When

    def __init__(self, state: State) -> None: ...

    @property
    def view(self) -> type[View]:
        """Makes the recorded visits; the same for all memories of a state."""

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record an exchange. Called after the rules have run.

        :param visit: the exchange with its final verdict.
        """

    def __len__(self) -> int:
        """Return the number of entries."""


@runtime_checkable
class Joining(Protocol):
    """A memory that joins exchanges by traces: it also wants repeated successes, if they have a trace id."""

    def joins(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether an exchange joins earlier ones in a way that proves something."""

    def join(self, exchange: Exchange, visit: Visit) -> None:
        """Record an exchange that differs only in its trace from a recent one."""


Opens = Callable[[Exchange, Visit], bool]
"""Return whether a gate is open for an exchange."""

Gate = Callable[["State"], Opens]
"""A gate: a condition on the memories without which rules need not run. Given a state, it returns the test."""


def either(*gates: Gate) -> Gate:
    """Return a gate that is open if one of several is."""

    first, *rest = gates
    if not rest:
        return first

    def gate(state: State) -> Opens:
        one, other = first(state), either(*rest)(state)
        return lambda exchange, visit: one(exchange, visit) or other(exchange, visit)

    return gate


class Latest[T]:
    """A fact about the current exchange that depends on memories: computed once, and dropped with the next exchange.

    Facts that depend on the exchange alone are kept by ``core.once``.

    :param make: computes it.
    """

    __slots__ = ("_latest", "_make")

    def __init__(self, make: Callable[[Exchange], T]) -> None:
        self._make = make
        self._latest: tuple[Exchange, T] | None = None

    def of(self, exchange: Exchange) -> T:
        """Return the fact about an exchange."""
        latest = self._latest  # read once: another thread may ask for another exchange
        if latest is None or latest[0] is not exchange:
            latest = self._latest = (exchange, self._make(exchange))
        return latest[1]


class State:
    """The memories of one engine, or of several that share them.

    :param key: the key for hashing secrets; a random one if None. Findings do not depend on it.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._memories: dict[type[Memory], Memory] = {}
        self._wanting: dict[tuple[int | None, str], tuple[Memory, ...]] = {}
        self._joining: list[Joining] = []
        self._visits: Latest[Visit] | None = None
        self._quiet = Quiet()
        self._routes = LearnedRoutes()
        self._reported: Table[tuple[str, ...], bool] = Table(_MOST_REPORTED, _SILENCE)

    def seal(self, *texts: str) -> bytes:
        """Return a keyed hash of texts: equal for equal ones, and useless outside this process."""
        joined = "\x1f".join(texts).encode("utf-8", "surrogateescape")
        return hashlib.blake2b(joined, key=self._key, digest_size=_SEAL_BYTES).digest()

    def recall[M: Memory](self, kind: type[M]) -> M:
        """Return the memory of a class; a new, empty one the first time."""
        memory = self._memories.get(kind)
        if memory is None:
            memory = self._memories[kind] = kind(self)
            self._wanting.clear()
            if self._visits is None:
                self._visits = Latest(memory.view(self).visit)
            if isinstance(memory, Joining):
                self._joining.append(memory)
        return memory  # type: ignore[return-value]  # it is what ``kind`` made

    def visit(self, exchange: Exchange) -> Visit:
        """Return the visit of the current exchange; made once.

        :raises LookupError: there are no memories.
        """
        if self._visits is None:
            raise LookupError("nothing is remembered here")
        return self._visits.of(exchange)

    def route(self, exchange: Exchange, static: str) -> tuple[str, tuple[Fold, ...]]:
        """Return the route of the current exchange, and its folds.

        :param static: the static route of its path.
        """
        status = exchange.status
        found = status is not None and status not in _NOT_THERE
        return self._routes.learn(exchange.service, static, found=found, now=moment(exchange))

    def label(self, service: str, static: str) -> str:
        """Return the current route of an earlier exchange.

        :param static: the static route of its path.
        """
        return self._routes.label(service, static)

    @property
    def routes(self) -> LearnedRoutes:
        """Return the learned routes of all services."""
        return self._routes

    def repeats(self, exchange: Exchange) -> bool:
        """Return whether nothing except the trace is new in an exchange (see ``Quiet``)."""
        return self._quiet.holds(exchange)

    def note(self, exchange: Exchange, verdict: Verdict) -> None:
        """Record an exchange in the memories that want it."""
        self._quiet.note(exchange, verdict)
        response, method = exchange.response, exchange.request.method
        status = None if response is None else response.status
        wanting = self._wanting.get((status, method))
        if wanting is None:
            name = method_name(method)
            wanting = tuple([memory for memory in self._memories.values() if memory.wants.fits(status, name)])
            if len(self._wanting) < _MOST_SHAPES:
                self._wanting[status, method] = wanting
        if not wanting:
            return
        visit = self.visit(exchange)
        if visit.verdict is not verdict:
            visit.judge(verdict)
        for memory in wanting:
            memory.note(exchange, visit)

    def joins(self, exchange: Exchange) -> bool:
        """Return whether an exchange joins earlier ones by its trace in a way that proves something."""
        return any(memory.joins(exchange, self.visit(exchange)) for memory in self._joining)

    def join(self, exchange: Exchange, verdict: Verdict) -> None:
        """Record an exchange in which only the trace is new (see ``Quiet``)."""
        for memory in self._joining:
            visit = self.visit(exchange)
            visit.judge(verdict)
            memory.join(exchange, visit)

    def is_news(self, key: tuple[str, ...], now: float) -> bool:
        """Return whether a finding was not reported within the last hour, and record it as reported.

        :param key: the part that distinguishes such findings.
        :param now: seconds of the exchanges' clock.
        """
        if self._reported.get(key, now):
            return False
        self._reported.keep(key, True, now)
        return True

    def sizes(self) -> dict[str, int]:
        """Return the number of entries of each memory, by its name in lower case."""
        return {kind.__name__.lower(): len(memory) for kind, memory in self._memories.items()}


class ReadOnlyState(State):
    """A read-only view of another engine's memories.

    :param other: the other state, which may change in another thread.
    """

    def __init__(self, other: State) -> None:
        super().__init__()
        self._other = other

    def recall[M: Memory](self, kind: type[M]) -> M:
        """Return the other's memory of a class."""
        return self._other.recall(kind)

    def visit(self, exchange: Exchange) -> Visit:
        """Return the visit that the other would make of an exchange."""
        return self._other.visit(exchange)

    def route(self, exchange: Exchange, static: str) -> tuple[str, tuple[Fold, ...]]:
        """Return the other's route of an exchange, without learning from it."""
        return self._other.label(exchange.service, static), ()

    def label(self, service: str, static: str) -> str:
        """Return the other's route of an earlier exchange."""
        return self._other.label(service, static)

    def note(self, exchange: Exchange, verdict: Verdict) -> None:
        """Record nothing."""


class Table[K, V]:
    """A mapping that forgets: what was not renewed for ``window`` seconds, and what was renewed longest ago.

    What lies further than that in the future is of another clock (a capture read after one of later date) and forgotten
    as well.

    :param most: entries at most.
    :param window: lifetime of an entry in seconds.
    """

    __slots__ = ("_due", "_entries", "_fresh_from", "_fresh_until", "_just", "_most", "_window", "full_until")

    def __init__(self, most: int, window: float = WINDOW) -> None:
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._most = most
        self._window = window
        self._just = window / 32
        self.full_until = -math.inf
        """The renewal time of the latest evicted entry; -inf if none was evicted."""
        self._fresh_from, self._fresh_until = math.inf, -math.inf
        self._due = 0

    def get(self, key: K, now: float) -> V | None:
        """Return the value of a key, None if there is none or it has expired."""
        entry = self._entries.get(key)
        return None if entry is None or abs(now - entry[0]) > self._window else entry[1]

    def keep(self, key: K, value: V, now: float) -> None:
        """Store a value, or renew one."""
        entries = self._entries
        if key in entries:
            entries.move_to_end(key)
        entries[key] = (now, value)
        self._due -= 1
        if self._due <= 0 or len(entries) > self._most:
            self._let_go(now)

    def ensure(self, key: K, make: Callable[[], V], now: float) -> V:
        """Return the value of a key, renewed unless that was just done; make it if there is none."""
        entries = self._entries
        entry = entries.get(key)
        if entry is None:
            value = make()
        else:
            at, value = entry
            if 0 <= now - at <= self._just:
                return value
            if abs(now - at) > self._window:
                value = make()
            entries.move_to_end(key)
        entries[key] = (now, value)
        self._due -= 1
        if self._due <= 0 or len(entries) > self._most:
            self._let_go(now)
        return value

    def __contains__(self, key: object) -> bool:
        """Return whether a key has a value, even an expired one."""
        return key in self._entries

    def drop(self, key: K) -> None:
        """Remove the value of a key."""
        self._entries.pop(key, None)

    def newest(self, now: float) -> Iterator[tuple[K, V]]:
        """Return all values that have not expired, the latest renewed first."""
        return ((key, value) for key, (at, value) in reversed(self._entries.items()) if abs(now - at) <= self._window)

    def _let_go(self, now: float) -> None:
        """Evict the oldest entry if there are too many, else a few that expired, so that no call has to wait for all.

        As long as the oldest entry has not expired, nor have those after it. That is looked at for each sixteenth entry
        only: to let several go at once costs little more than one.
        """
        entries = self._entries
        if len(entries) > self._most:
            self.full_until = max(self.full_until, entries.popitem(last=False)[1][0])
            return
        self._due = _AGED_EVERY
        if self._fresh_from <= now <= self._fresh_until:
            return
        expired = 0
        for at, _ in islice(entries.values(), _AGED_AT_ONCE):
            if abs(now - at) <= self._window:
                self._fresh_from, self._fresh_until = at - self._window, at + self._window
                break
            expired += 1
        for _ in range(expired):
            entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)


class _Story:
    """Visits in order of arrival; ``in_order`` until the clock went back between two of them."""

    __slots__ = ("in_order", "visits")

    def __init__(self, first: Visit) -> None:
        self.visits = [first]
        self.in_order = True


class Stories[K]:
    """Visits by key, in the order of their ends: the latest of each, bounded per key and in total.

    Of consecutive equal successes, the first and the last are kept. Visits in the future are removed as in a ``Table``.

    :param most: most visits over all keys.
    :param longest: most visits of one key.
    :param window: lifetime of a visit in seconds.
    """

    __slots__ = ("_due", "_fresh_from", "_fresh_until", "_held", "_longest", "_most", "_stories", "_window")

    def __init__(self, most: int, longest: int = 24, window: float = WINDOW) -> None:
        self._stories: OrderedDict[K, _Story] = OrderedDict()
        self._most = most
        self._longest = longest
        self._window = window
        self._held = 0
        self._due = 0
        self._fresh_from, self._fresh_until = math.inf, -math.inf

    def of(self, key: K, now: float) -> Sequence[Visit]:
        """Return the visits of a key within the window, oldest first."""
        story = self._stories.get(key)
        if story is None:
            return ()
        window, visits = self._window, story.visits
        if story.in_order and abs(now - visits[0].ended) <= window and abs(now - visits[-1].ended) <= window:
            return tuple(visits)
        return tuple([visit for visit in visits if abs(now - visit.ended) <= window])

    def add(self, key: K, visit: Visit) -> None:
        """Add the latest visit."""
        stories = self._stories
        story = stories.get(key)
        if story is None:
            stories[key] = _Story(visit)
            self._held += 1
        else:
            stories.move_to_end(key)
            visits = story.visits
            if visits[-1].ended > visit.ended:
                story.in_order = False
            if len(visits) > 1 and visit.succeeded and _same(visits[-2], visit) and _same(visits[-1], visit):
                visits[-1] = visit
                return
            visits.append(visit)
            if len(visits) > self._longest:
                del visits[0]
            else:
                self._held += 1
        self._due -= 1
        if self._due <= 0 or self._held > self._most:
            self._let_go(visit.ended)

    def _let_go(self, now: float) -> None:
        """Do the same as a ``Table``."""
        self._due = _AGED_EVERY
        stories, held = self._stories, self._held
        if held <= self._most and self._fresh_from <= now <= self._fresh_until:
            return
        leaving = 0
        for story in islice(stories.values(), _AGED_AT_ONCE):
            at = story.visits[-1].ended
            if held <= self._most and abs(now - at) <= self._window:
                self._fresh_from, self._fresh_until = at - self._window, at + self._window
                break
            held -= len(story.visits)
            leaving += 1
        for _ in range(leaving):
            stories.popitem(last=False)
        self._held = held

    def __contains__(self, key: object) -> bool:
        return key in self._stories

    def __len__(self) -> int:
        return self._held


def _same(one: Visit, other: Visit) -> bool:
    """Return whether two exchanges are successes that prove the same."""
    return (
        one.status == other.status
        and one.succeeded
        and one.method == other.method
        and one.route == other.route
        and one.credential == other.credential
        and one.client == other.client
        and one.tenant == other.tenant
    )
