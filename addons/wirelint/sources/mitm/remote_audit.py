"""Run a proxy whose exchanges another process audits."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable

from wirelint.sources.mitm.drain import Queue
from wirelint.sources.mitm.record import Pool


@dataclasses.dataclass(frozen=True, slots=True)
class RemoteAudit:
    """The parts of a proxy that only carries traffic. It ignores signals: the other process shuts it down.

    Attributes:
        queue: makes the queue for finished records, given the pool that holds their octets.
        on_count: called on the event loop whenever ``Stats`` is up to date.
        loop: makes the event loop.
        begun: its only number counts the exchanges that begin, also those that are never recorded.
    """

    queue: Callable[[Pool], Queue]
    on_count: Callable[[], None]
    loop: Callable[[], asyncio.AbstractEventLoop]
    begun: memoryview
