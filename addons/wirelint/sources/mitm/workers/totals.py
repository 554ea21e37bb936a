"""Add up what all workers have counted, those that ended included."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterable
from typing import Final

from wirelint.sinks.metrics.families import Families, counter, gauge
from wirelint.sources.mitm.stats import Stats
from wirelint.sources.mitm.workers.protocol import WorkerCounts

FAULT: Final = "link"
"""The place of faults in what a worker sent."""

_ADDED: Final = ("captured", "streamed", "unsampled", "hung")
_ADDED_BY_NAME: Final = ("dropped", "skipped", "faults")


@dataclasses.dataclass(slots=True)
class WorkerTotals:
    """The share of one worker.

    Attributes:
        pid: its process id.
        stats: what it had counted when it last said so.
        cpu: seconds of processor time that it took until then.
        resident: octets of memory that it had then.
        since: exchanges that have come from it after that. What it says comes in order, so it had not counted them yet,
            and all that it had counted had come before.
    """

    pid: int = 0
    stats: Stats = dataclasses.field(default_factory=Stats)
    cpu: float = 0.0
    resident: int = 0
    since: int = 0


class Totals:
    """Adds up what workers say. Counters never fall: what a dead worker had counted stays.

    Attributes:
        restarts: workers that took the place of dead ones.
        living: workers that carry traffic now.

    :param stats: where the sums stand; what others count there, as audits, stays.
    """

    def __init__(self, stats: Stats) -> None:
        self.restarts = 0
        self.living = 0
        self._stats = stats
        self._parts: tuple[WorkerTotals, ...] = ()  # replaced, never changed: other threads read it
        self._past_cpu = 0.0
        stats.faults.setdefault(FAULT, 0)

    @property
    def cpu_seconds(self) -> float:
        """Processor time of all workers that ever were."""
        return self._past_cpu + sum(part.cpu for part in self._parts)

    @property
    def resident_bytes(self) -> int:
        """Memory of those that are there; what they share counts once for each."""
        return sum(part.resident for part in self._parts)

    @property
    def descriptors(self) -> int:
        """Files that they have open."""
        count = 0
        for part in self._parts:
            with contextlib.suppress(OSError):
                count += len(os.listdir(f"/proc/{part.pid}/fd"))
        return count

    def collect(self) -> Families:
        """Yield metrics of the workers; what they use is added to what this process uses."""
        yield gauge("workers", "Processes that carry traffic.", self.living)
        yield counter("worker_restarts", "Workers that took the place of dead ones.", self.restarts)
        yield counter("process_cpu_seconds", "Total user and system CPU time spent in seconds.", self.cpu_seconds)
        yield gauge("process_resident_memory_bytes", "Resident memory size in bytes.", self.resident_bytes)
        yield gauge("process_open_fds", "Number of open file descriptors.", self.descriptors)

    def joined(self, part: WorkerTotals) -> None:
        """A worker has begun."""
        self._parts = (*self._parts, part)

    def came(self, part: WorkerTotals) -> None:
        """An exchange has come from a worker."""
        part.since += 1
        self._stats.captured += 1

    def counted(self, part: WorkerTotals, told: WorkerCounts) -> None:
        """A worker has said what it has counted so far."""
        sums, new, old = self._stats, told.stats, part.stats
        for name in _ADDED:
            known = part.since if name == "captured" else 0
            setattr(sums, name, getattr(sums, name) + max(0, getattr(new, name) - getattr(old, name) - known))
        for name in _ADDED_BY_NAME:
            added, now, before = getattr(sums, name), getattr(new, name), getattr(old, name)
            for reason in added:
                added[reason] += max(0, now.get(reason, 0) - before.get(reason, 0))
        sums.loop_lag_peak = max(sums.loop_lag_peak, new.loop_lag_peak)
        part.stats = new
        part.since = 0
        part.cpu = max(part.cpu, told.cpu)
        part.resident = told.resident

    def left(self, part: WorkerTotals) -> None:
        """A worker is gone, and with it what it had not handed on: at least as much as is counted here."""
        self._stats.dropped["lost"] += max(0, part.stats.in_flight - part.since)
        self._past_cpu += part.cpu
        self._parts = tuple(each for each in self._parts if each is not part)

    def show(self, backlog: int, octets: int, now: float, *, reading: bool) -> None:
        """Bring up to date what is not only added up.

        :param backlog: exchanges that wait to be audited.
        :param octets: of those.
        :param now: monotonic seconds.
        :param reading: whether what workers say is listened to; otherwise it is old for no fault of theirs.
        """
        sums, each = self._stats, [part.stats for part in self._parts]
        sums.in_flight = sum(one.in_flight for one in each)
        sums.queue_depth = backlog  # what a worker had waiting when it said so has come by now
        sums.held_bytes = octets + sum(one.held_bytes for one in each)
        sums.loop_lag = _most(one.loop_lag for one in each)
        sums.overloaded = any(one.overloaded for one in each)
        sums.last_tick = min([now, *(one.last_tick for one in each if one.last_tick and reading)])


def _most(values: Iterable[float]) -> float:
    return max(values, default=0.0)
