"""Take in exchanges that were carried elsewhere: sample them, put them in order, and have them audited in between.

Nothing here is in the path of the traffic. If audits fall behind, ``room`` makes the source wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.settings.sampling import Sampler
from wirelint.sources import heads
from wirelint.sources.overload import Overload
from wirelint.sources.reorder_buffer import HOLD, ReorderBuffer
from wirelint.sources.signals import catch, hang_up
from wirelint.sources.stats import Stats

DROPPED: Final[tuple[str, ...]] = ("head_too_large", "overload", "stopped")
"""Reasons for which exchanges are not audited that could have been."""

IN_FUTURE: Final = "in_future"
"""The reason for which exchanges are not audited that ended more than a minute from now: what rules remember would
expire."""

_AHEAD: Final = 60.0
"""Seconds by which a clock may be ahead of ours."""

_TICK: Final = 0.5
_PAUSE: Final = 0.02
_SLICE: Final = 0.005
_LAST_WORDS: Final = 10.0

Consume = Callable[[Exchange], object]


class Intake:
    """Exchanges of one source, on their way to the audit.

    :param consume: audits an exchange; called on the event loop, never raises.
    :param stats: counts; its ``skipped`` has ``IN_FUTURE``.
    :param hold: seconds that each exchange waits for others that ended before it.
    :param overload_lag: milliseconds by which the event loop may be late before audits are shed; 0 to shed none.
    """

    def __init__(
        self, consume: Consume, stats: Stats, sampler: Sampler, *, hold: float = HOLD, overload_lag: int = 250
    ) -> None:
        self.leaving = asyncio.Event()
        self._consume = consume
        self._stats = stats
        self._sampler = sampler
        self._waiting = ReorderBuffer(hold)
        self._overload = Overload(overload_lag / 1000)
        self._room = asyncio.Event()
        self._room.set()

    @property
    def shedding(self) -> bool:
        """Return whether exchanges are to be counted as dropped, because the event loop lags."""
        return self._overload.shedding

    def take(self, exchanges: Iterable[Exchange], octets: int) -> None:
        """Take in exchanges, or count why not.

        :param octets: how much memory each takes, about.
        """
        stats = self._stats
        now, latest = time.monotonic(), time.time() + _AHEAD
        for exchange in exchanges:
            if exchange.ended is not None and exchange.ended > latest:
                stats.skipped[IN_FUTURE] += 1
            elif not heads.are_usual(exchange):
                stats.dropped["head_too_large"] += 1
            elif self._sampler.wants(
                exchange.service, exchange.client, exchange.request.headers.fields, exchange.started
            ):
                self._waiting.add(exchange, octets, now)
            else:
                stats.unsampled += 1

    async def room(self) -> None:
        """Return once there is room for more."""
        if self._waiting.full:
            self._room.clear()
        await self._room.wait()

    @contextlib.asynccontextmanager
    async def running(self, on_reload: Callable[[], None] | None) -> AsyncIterator[Callable[[], None]]:
        """Audit until the block ends, then audit what waits; SIGTERM and SIGINT set ``leaving``.

        :param on_reload: called with each SIGHUP.
        :returns: sets ``leaving`` from any thread.
        """
        loop = asyncio.get_running_loop()
        handlers: dict[int, Callable[[], None]] = {signal.SIGTERM: self.leaving.set, signal.SIGINT: self.leaving.set}
        if on_reload is not None:
            handlers |= hang_up(on_reload, self.leaving.set)
        catch(loop, handlers)
        # All present objects stay, a large API description among them. Each collection over them would stop the loop.
        gc.collect()
        gc.freeze()
        tasks = [asyncio.create_task(self._tend()), asyncio.create_task(self._audit())]

        def stop() -> None:
            loop.call_soon_threadsafe(self.leaving.set)

        try:
            yield stop
        finally:
            gc.unfreeze()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._empty(_LAST_WORDS)

    async def _audit(self) -> None:
        """Audit what is due, in slices, so that the source is read in between."""
        while True:
            end = time.perf_counter() + _SLICE
            for exchange in self._waiting.due(time.monotonic()):
                self._hand_over(exchange)
                if time.perf_counter() >= end:
                    break
            else:
                self._room.set()
                await asyncio.sleep(_PAUSE)
                continue
            if not self._waiting.full:
                self._room.set()
            await asyncio.sleep(0)

    def _empty(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        for exchange in self._waiting.due(float("inf")):
            if time.perf_counter() >= end:
                self._stats.dropped["stopped"] += 1 + len(self._waiting)
                return
            self._hand_over(exchange)

    def _hand_over(self, exchange: Exchange) -> None:
        self._consume(exchange)
        self._stats.audited += 1

    async def _tend(self) -> None:
        """Measure how late the event loop is, twice a second."""
        stats = self._stats
        while True:
            due = time.monotonic() + _TICK
            await asyncio.sleep(_TICK)
            now = stats.last_tick = time.monotonic()
            stats.loop_lag = max(0.0, now - due)
            stats.loop_lag_peak = max(stats.loop_lag_peak, stats.loop_lag)
            stats.overloaded = self._overload.tick(stats.loop_lag)
            stats.queue_depth = len(self._waiting)
            stats.held_bytes = self._waiting.octets
