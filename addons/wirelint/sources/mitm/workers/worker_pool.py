"""The running workers: receive their messages, and send them theirs."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Final

import msgspec

from wirelint.settings.sampling import Sampler
from wirelint.sources.mitm.addons.auditing import Consume
from wirelint.sources.mitm.settings import ProxySettings
from wirelint.sources.mitm.workers.backlog import Backlog
from wirelint.sources.mitm.workers.log_relay import LogRelay
from wirelint.sources.mitm.workers.protocol import (
    Frame,
    FrameKind,
    LogLine,
    SampleShares,
    WorkerCounts,
    content_of,
    longest,
)
from wirelint.sources.mitm.workers.totals import Totals, WorkerTotals
from wirelint.sources.mitm.workers.worker_connection import WorkerConnection
from wirelint.sources.stats import Stats


class WorkerPool:
    """Connections to workers, with what each of them has counted. Used on the event loop alone.

    Attributes:
        backlog: audits their exchanges.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - one caller, next door
        self,
        settings: ProxySettings,
        stats: Stats,
        sums: Totals,
        consume: Consume,
        sampler: Sampler,
        on_listening: Callable[[bool], None],
    ) -> None:
        """Make an empty pool.

        :param consume: audits an exchange.
        :param sampler: has the shares for workers, and counts the exchanges outside their samples.
        :param on_listening: called when the first worker listens, when the last one is gone, and so on.
        """
        self.backlog = Backlog(consume, stats, settings.queue_limit, self._ask, self._room)
        self._most = longest(settings)
        self._sums = sums
        self._sampler = sampler
        self._shares = sampler.shares
        self._on_listening = on_listening
        self._links: dict[WorkerConnection, WorkerTotals] = {}
        self._relay: Final = LogRelay()
        self._asking = 0

    def __len__(self) -> int:
        return len(self._links)

    @property
    def links(self) -> tuple[WorkerConnection, ...]:
        """Return the current connections."""
        return tuple(self._links)

    def add(self, sock: socket.socket, number: int) -> WorkerConnection:
        """Add a new worker, with the socket to it and its number."""
        link = WorkerConnection(sock, self._most, self._received, lambda _link: self.backlog.fault(), self._gone)
        part = self._links[link] = WorkerTotals(number=number)
        self._sums.started(part)
        link.send(FrameKind.SHARES, SampleShares(self._shares.general, self._shares.services))
        if not self.backlog.reading:
            link.pause()
        return link

    def send(self, kind: FrameKind, value: object = None) -> None:
        """Send a message to all workers."""
        for link in self.links:
            link.send(kind, value)

    def check(self) -> None:
        """Check periodically: update the numbers, and send changed shares to all workers."""
        merging = self.backlog.merging
        self._sums.show(len(merging), merging.octets, time.monotonic(), reading=self.backlog.reading)
        if self._sampler.shares is not self._shares:
            self._shares = self._sampler.shares
            self.send(FrameKind.SHARES, SampleShares(self._shares.general, self._shares.services))

    def _received(self, link: WorkerConnection, frame: Frame) -> None:
        part = self._links[link]
        if frame.kind == FrameKind.EXCHANGE:
            self._sums.received(part)
            self.backlog.add(frame.ended, frame.content)
            return
        try:
            self._take(link, part, frame.kind, content_of(frame))
        except (msgspec.MsgspecError, ValueError, KeyError):
            self.backlog.fault()

    def _take(self, link: WorkerConnection, part: WorkerTotals, kind: int, content: object) -> None:
        if isinstance(content, WorkerCounts):
            self._sums.counted(part, content)
            for service, count in content.sampled.items():
                for _ in range(count):
                    self._sampler.left_out(service)
        elif isinstance(content, LogLine):
            self._relay(content)
        elif isinstance(content, int):
            link.pid = part.pid = max(0, content)
        elif isinstance(content, list):
            link.listeners = content
            link.started.set()
            self._update_listening()
        elif kind == FrameKind.ANSWER:
            link.asked = 0
            self._answered()
        elif kind == FrameKind.FAILED:
            link.failure = str(content)
            link.started.set()

    def _gone(self, link: WorkerConnection) -> None:
        self._sums.ended(self._links.pop(link))
        link.listeners = None
        self._update_listening()
        self._answered()

    def _update_listening(self) -> None:
        before, now = self._sums.living, sum(link.listeners is not None for link in self._links)
        self._sums.living = now
        if bool(before) != bool(now):
            self._on_listening(now > 0)

    def _ask(self) -> bool:
        """Ask all workers for their exchanges; return whether there is one to wait for."""
        self._asking += 1
        for link in self._links:
            # A worker that did not answer in time is neither asked again before it does, nor waited for.
            if link.listeners is not None and not link.asked:
                link.asked = self._asking
                link.send(FrameKind.ASK)
        return any(link.asked == self._asking for link in self._links)

    def _answered(self) -> None:
        if not any(link.asked == self._asking for link in self._links):
            self.backlog.answered()

    def _room(self, reading: bool) -> None:
        for link in self._links:
            if reading:
                link.resume()
            else:
                link.pause()
