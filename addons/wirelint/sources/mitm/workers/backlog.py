"""Audit the exchanges of all workers, in slices of the event loop, which also reads their sockets."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from wirelint.sources.mitm.adapter import exchange_of
from wirelint.sources.mitm.addons.auditing import Consume
from wirelint.sources.mitm.packed_record import unpack
from wirelint.sources.mitm.record import HELD_LIMIT
from wirelint.sources.mitm.workers.merge_queue import MergeQueue
from wirelint.sources.mitm.workers.totals import FAULT
from wirelint.sources.stats import Stats

_SLICE: Final = 0.005
_PAUSE: Final = 0.02
_PATIENCE: Final = 0.5
"""Seconds to wait for a worker's answer before the exchanges of the others are audited without it."""

_log: Final = logging.getLogger("wirelint")


class Backlog:
    """A bounded backlog, and the slices that empty it. While it is full, workers keep their exchanges.

    Attributes:
        merging: the waiting exchanges, by their end.
        reading: whether there is room for more.
    """

    def __init__(
        self,
        consume: Consume,
        stats: Stats,
        limit: int,
        ask: Callable[[], bool],
        on_reading: Callable[[bool], None],
    ) -> None:
        """Make an empty backlog.

        :param limit: most exchanges that wait.
        :param ask: asks all workers for their exchanges, after which ``answered`` is called; returns whether there is a
            worker to wait for.
        :param on_reading: called when the backlog is full, and when it has room again.
        """
        self.merging = MergeQueue(limit, HELD_LIMIT)
        self.reading = True
        self._consume = consume
        self._stats = stats
        self._ask = ask
        self._on_reading = on_reading
        self._loop = asyncio.get_running_loop()
        self._planned = False
        self._waiting: asyncio.TimerHandle | None = None

    def add(self, ended: float, packed: bytes) -> None:
        """Queue an exchange as received.

        :param ended: its end, in Unix seconds.
        """
        self.merging.add(ended, packed)
        if self.reading and self.merging.full:
            self.reading = False
            self._on_reading(False)
            self.answered()  # because answers are not read either
        if not self._planned:
            self._planned = True
            self._loop.call_later(_PAUSE, self._turn)

    def answered(self) -> None:
        """Handle the answers of all workers: the exchanges that they had when asked are here."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
            self.merging.answered()
            self._slice()

    def empty(self, seconds: float) -> None:
        """Audit waiting exchanges for at most ``seconds``; drop the rest."""
        self.merging.end()
        self._work(seconds)
        self._stats.dropped["stopped"] += len(self.merging)
        while self.merging.take() is not None:
            pass

    def fault(self) -> None:
        """Count a message that cannot be parsed."""
        self._stats.faults[FAULT] += 1
        if self._stats.faults[FAULT] == 1:
            _log.warning("wirelint: fault in what a worker sent, counted from now on")

    def _turn(self) -> None:
        self.merging.asked()
        self._waiting = self._loop.call_later(_PATIENCE, self.answered)
        if not self.reading or not self._ask():
            self.answered()

    def _slice(self) -> None:
        done = self._work(_SLICE)
        if not self.reading and self.merging.has_room:
            self.reading = True
            self._on_reading(True)
        if not done:
            self._loop.call_soon(self._slice)
        elif len(self.merging):
            self._loop.call_later(_PAUSE if self.reading else 0, self._turn)
        else:
            self._planned = False

    def _work(self, seconds: float) -> bool:
        """Audit due exchanges for this long; return whether none is left."""
        end = time.perf_counter() + seconds
        take = self.merging.take
        while (packed := take()) is not None:
            self._audit(packed)
            if time.perf_counter() >= end:
                return False
        return True

    def _audit(self, packed: bytes) -> None:
        try:
            exchange = exchange_of(unpack(packed))
        except Exception:  # noqa: BLE001 - what came cannot be read, for whatever reason
            self.fault()
            return
        try:
            self._consume(exchange)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the auditing of others
            self._stats.faults["audit"] += 1
            _log.debug("wirelint: fault in audit", exc_info=error)
        else:
            self._stats.audited += 1
