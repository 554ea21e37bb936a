"""Check the event loop and the exchanges in flight, twice a second."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from wirelint.sources.mitm.drain import Queue
from wirelint.sources.mitm.faults import Faults
from wirelint.sources.mitm.options import PATIENCE
from wirelint.sources.mitm.recorder import Recorder
from wirelint.sources.overload import Overload
from wirelint.sources.stats import Stats

_TICK: Final = 0.5
_log: Final = logging.getLogger(__name__)


class Housekeeping:
    """Measures the event-loop lag, sheds audits if it persists, and finds exchanges that hang or are lost.

    Attributes:
        patience: seconds without a response head after which an exchange hangs.
        overload: decides when audits are shed.
    """

    name = "wirelint_housekeeping"

    def __init__(
        self,
        capture: Recorder,
        queue: Queue,
        stats: Stats,
        faults: Faults,
        on_count: Callable[[], None] = lambda: None,
    ) -> None:
        """Check periodically.

        :param on_count: called whenever ``stats`` is up to date.
        """
        self.patience = float(PATIENCE)
        self.overload = Overload()
        self._capture = capture
        self._queue = queue
        self._stats = stats
        self._faults = faults
        self._on_count = on_count
        self._timer: asyncio.TimerHandle | None = None

    def running(self) -> None:
        """Start the checks."""
        self._plan(time.monotonic())

    def done(self) -> None:
        """Stop the checks."""
        if self._timer is not None:
            self._timer.cancel()
        self.count()

    def count(self) -> None:
        """Update the numbers that are not counters."""
        stats, pool = self._stats, self._capture.pool
        stats.in_flight = len(self._capture)
        stats.queue_depth = len(self._queue)
        stats.held_bytes = pool.size - pool.free
        self._on_count()

    def _plan(self, now: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(_TICK, self._tick, now + _TICK)

    def _tick(self, due: float) -> None:
        now = time.monotonic()
        stats = self._stats
        stats.last_tick = now
        stats.late(max(0.0, now - due))
        try:
            self._shed(stats.loop_lag)
            self._capture.look(time.time(), self.patience)
            self.count()
        except Exception as error:  # noqa: BLE001 - the clock must go on
            self._faults.add("capture", error)
        self._plan(now)

    def _shed(self, lag: float) -> None:
        shedding = self.overload.tick(lag)
        if shedding and not self._stats.dropped["overload"] and not self._capture.shedding:
            _log.warning("wirelint: the event loop is late, exchanges pass unaudited and are counted")
        self._capture.shedding = self._queue.calm = self._stats.overloaded = shedding
