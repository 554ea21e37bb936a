"""Start and replace workers, and audit their exchanges."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import logging
import signal
import socket
import time
from collections.abc import Callable
from typing import Final

from wirelint.settings.sampling import Sampler
from wirelint.sources import signals
from wirelint.sources.mitm.addons.auditing import Consume
from wirelint.sources.mitm.master import ListenAddress, Running
from wirelint.sources.mitm.settings import ProxySettings, StartError
from wirelint.sources.mitm.workers.begun import BegunCounts
from wirelint.sources.mitm.workers.fork_server import ForkServer
from wirelint.sources.mitm.workers.protocol import FrameKind
from wirelint.sources.mitm.workers.shared_ports import SUPPORTED, reserve
from wirelint.sources.mitm.workers.totals import Totals
from wirelint.sources.mitm.workers.worker import Worker
from wirelint.sources.mitm.workers.worker_connection import WorkerConnection
from wirelint.sources.mitm.workers.worker_pool import WorkerPool
from wirelint.sources.stats import Stats

_TICK: Final = 0.5
_FIRST_DELAY: Final = 0.1
_LONGEST_DELAY: Final = 5.0
_SETTLED: Final = 10.0
"""A worker that ends after this many seconds did not fail at its start."""
_MARGIN: Final = 12.0
"""Seconds after the grace period in which workers must send their exchanges."""
_FLUSH_TIME: Final = 10.0
_KILL_TIME: Final = 2.0
_SHORT_FLUSH_TIME: Final = 0.1
_POLL: Final = 0.02

_log: Final = logging.getLogger("wirelint")


class Supervisor:
    """Workers that share the addresses of one proxy.

    Attributes:
        sums: the sums of their counts.
        on_listening: called on the event loop when no worker listens any more, and when one does again.
    """

    def __init__(self, settings: ProxySettings, count: int, stats: Stats) -> None:
        """Hold the addresses, and fork the fork server; no other thread may run.

        :param count: how many workers.
        :param stats: counts the events of all workers.
        :raises StartError: an address is not available, or a setting does not work with workers.
        """
        if not SUPPORTED:
            raise StartError("several workers need Linux: other systems do not spread connections over processes")
        if settings.ui != "none" or settings.transparent_port is not None or "save_stream_file" in settings.options:
            raise StartError("several workers have no screen, no redirected connections and no file of flows")
        # A worker that is replaced may still be there for a moment.
        self._begun = begun = BegunCounts(2 * count)
        self.sums = Totals(stats, begun.give_back)
        self.on_listening: Callable[[bool], None] = lambda _up: None
        self._count = count
        self._stats = stats
        self._settings, self._held = reserve(settings)
        try:
            self._forks = ForkServer(functools.partial(_work, settings=self._settings, begun=begun), self._held)
        except OSError as error:
            self._release_addresses()
            raise StartError(error.strerror or str(error)) from error
        self._stopped_twice = False
        self._failure: StartError | None = None

    def run(
        self,
        consume: Consume,
        *,
        on_ready: Callable[[Running], None],
        on_leave: Callable[[], None] = lambda: None,
        on_reload: Callable[[], None] | None = None,
        sampler: Sampler | None = None,
    ) -> None:
        """Run until SIGTERM, SIGINT or ``Running.stop``; see ``master.run``, whose parameters these are.

        :raises StartError: the workers cannot start.
        """
        # As there: loaded objects stay, and collecting them again and again takes time.
        gc.collect()
        gc.freeze()
        try:
            asyncio.run(self._main(consume, on_ready, on_leave, on_reload, sampler or Sampler()))
        finally:
            gc.unfreeze()

    def close(self) -> None:
        """Start no more workers, and release the addresses. Running workers shut down by themselves."""
        self._forks.close()
        self._release_addresses()

    def _release_addresses(self) -> None:
        for each in self._held:
            each.close()

    async def _main(
        self,
        consume: Consume,
        on_ready: Callable[[Running], None],
        on_leave: Callable[[], None],
        on_reload: Callable[[], None] | None,
        sampler: Sampler,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._workers = WorkerPool(self._settings, self._stats, self.sums, consume, sampler, self._listening_changed)
        self._on_leave = on_leave
        self._stopping = asyncio.Event()
        self._has_started = False
        handlers: dict[int, Callable[[], None]] = {signal.SIGTERM: self._stop, signal.SIGINT: self._stop}
        if on_reload is not None:
            handlers |= signals.hang_up(on_reload, self._stop)
        signals.catch(loop, handlers)
        tasks = [loop.create_task(self._tick())]
        try:
            running = await self._start_workers()
            if not self._stopping.is_set():
                self._begin(on_ready, running)
                tasks += [loop.create_task(self._watch(link)) for link in self._workers.links]
                await self._stopping.wait()
        finally:
            self._stopping.set()
            await self._stop_workers()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._workers.backlog.empty(_SHORT_FLUSH_TIME if self._stopped_twice else _FLUSH_TIME)
            self._workers.check()
        if self._failure is not None:
            raise self._failure

    # Start

    async def _start_workers(self) -> Running:
        # The first one creates shared files, such as the CA. If it cannot start, neither could the others.
        first = self._fork_worker()
        await first.started.wait()
        others = [self._fork_worker() for _ in range(1, self._count) if first.listeners is not None]
        for link in (first, *others):
            await link.started.wait()
            if link.listeners is None and not self._stopping.is_set():
                raise StartError(link.failure or "a worker ended while it started")
        loop = asyncio.get_running_loop()
        listeners = [ListenAddress(each.name, each.host, each.port) for each in first.listeners or ()]

        def stop() -> None:
            loop.call_soon_threadsafe(self._stop)

        return Running(listeners, stop)

    def _begin(self, on_ready: Callable[[Running], None], running: Running) -> None:
        try:
            on_ready(running)
        except Exception as error:
            raise StartError(" ".join(str(error).split()) or type(error).__name__) from error
        self._has_started = True

    def _fork_worker(self) -> WorkerConnection:
        """Start another worker.

        :raises StartError: the system allows no further process.
        """
        number = self._begun.take()
        try:
            return self._workers.add(self._forks.fork(number), number)
        except OSError as error:
            self._begun.give_back(number)
            raise StartError(f"no worker can be started: {error.strerror or error}") from error

    # Events

    async def _watch(self, link: WorkerConnection) -> None:
        """Watch a worker and replace it when it is gone."""
        delay, forked_at = _FIRST_DELAY, time.monotonic()
        while True:
            await link.closed.wait()
            if self._stopping.is_set():
                return
            why = f": {link.failure}" if link.failure else ""
            _log.warning("wirelint: a worker is gone%s; another takes its place", why)
            if time.monotonic() - forked_at > _SETTLED:
                delay = _FIRST_DELAY
            while link.closed.is_set():
                await asyncio.sleep(delay)
                delay = min(2 * delay, _LONGEST_DELAY)
                if self._stopping.is_set():
                    return
                forked_at = time.monotonic()
                link = self._replace(link)

    def _replace(self, link: WorkerConnection) -> WorkerConnection:
        """Return a worker that replaces a dead one; the old connection if there can be none."""
        try:
            link = self._fork_worker()
        except StartError as error:
            _log.error("wirelint: %s", error)
            if not self._workers:
                # Better to exit and be restarted than to run and serve no one.
                self._failure = error
                self._stop()
        else:
            self.sums.restarts += 1
        return link

    def _listening_changed(self, up: bool) -> None:
        if self._has_started and not self._stopping.is_set():
            self.on_listening(up)

    async def _tick(self) -> None:
        while True:
            self._workers.check()
            await asyncio.sleep(_TICK)

    # Shutdown

    def _stop(self) -> None:
        """Shut down gracefully; when called again, at once."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._on_leave()
            self._workers.send(FrameKind.STOP)
        else:
            self._stopped_twice = True
            self._workers.send(FrameKind.STOP_NOW)

    async def _stop_workers(self) -> None:
        """Shut down all workers, and wait for them."""
        self._workers.send(FrameKind.STOP)
        end = time.monotonic() + self._settings.grace + _MARGIN
        while self._workers and time.monotonic() < end:
            if self._stopped_twice:
                end = min(end, time.monotonic() + _KILL_TIME)
            await asyncio.sleep(_POLL)
        for link in self._workers.links:
            link.kill()
        for link in self._workers.links:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(link.closed.wait(), _KILL_TIME)
            link.close()


def _work(sock: socket.socket, number: int, settings: ProxySettings, begun: BegunCounts) -> None:
    Worker(sock, settings, begun.cell(number)).work()
