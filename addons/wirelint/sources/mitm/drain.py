"""Audit captured records off the path of the traffic: in short slices of the event loop, between packets."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from wirelint.sources.mitm.record import Pool, Record
from wirelint.sources.stats import Stats

_PAUSE: Final = 0.002
_SLICE: Final = 0.0005
_LONGEST_SLICE: Final = 0.010
_CALM: Final = 64
"""Up to this many waiting records, slices stay short; beyond, they grow with the backlog."""


class Queue(Protocol):
    """A queue for finished records.

    Attributes:
        limit: most records to hold.
        calm: whether slices stay short, however many records wait.
    """

    limit: int
    calm: bool

    def __len__(self) -> int: ...

    def add(self, record: Record) -> None:
        """Queue a record, or drop and count it if the queue is full. Its octets are released in the end."""

    def empty(self, seconds: float) -> None:
        """Process waiting records for at most ``seconds``; drop the rest."""


class Drain:
    """A bounded queue of records and the slices that empty it.

    A full queue drops and counts the newest record; the exchange itself is not affected.
    """

    def __init__(self, audit: Callable[[Record], object], stats: Stats, pool: Pool, limit: int) -> None:
        """Make an empty queue.

        :param audit: is given each record; must not raise.
        :param limit: most records to hold.

        While ``calm`` is set, slices stay short, however many records wait.
        """
        self.limit = limit
        self.calm = False
        self._audit = audit
        self._stats = stats
        self._pool = pool
        self._queue: deque[Record] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._planned = False

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, record: Record) -> None:
        """Queue a record; this must cost the traffic almost nothing."""
        if len(self._queue) >= self.limit or self._pool.free < 0:
            self._stats.dropped["queue_full"] += 1
            record.release(self._pool)
            return
        self._queue.append(record)
        if not self._planned:
            self._plan(_PAUSE)

    def empty(self, seconds: float) -> None:
        """Audit waiting records for at most ``seconds``; drop the rest."""
        self._work(seconds)
        self._stats.dropped["stopped"] += len(self._queue)
        while self._queue:
            self._queue.popleft().release(self._pool)

    def _plan(self, delay: float) -> None:
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        self._planned = True
        loop.call_later(delay, self._slice)

    def _slice(self) -> None:
        waiting = len(self._queue)
        self._planned = False
        hasty = waiting > _CALM and not self.calm
        self._work(min(_LONGEST_SLICE, _SLICE * waiting / _CALM) if hasty else _SLICE)
        if self._queue:
            # However long the backlog, the loop serves ready events before the next slice.
            self._plan(0.0 if hasty else _PAUSE)

    def _work(self, seconds: float) -> None:
        queue, audit, pool = self._queue, self._audit, self._pool
        clock = time.perf_counter
        end = clock() + seconds
        while queue:
            record = queue.popleft()
            try:
                audit(record)
            finally:
                record.release(pool)
            if clock() >= end:
                return
