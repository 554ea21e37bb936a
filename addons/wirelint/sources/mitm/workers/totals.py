"""Add up the counts of all workers, including those that ended."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterable
from typing import Final

from wirelint.sinks.metrics.families import Families, counter, gauge
from wirelint.sources.mitm.workers.protocol import WorkerCounts
from wirelint.sources.stats import Stats

FAULT: Final = "link"
"""The place of faults in messages of workers."""

_CONNECTIONS: Final = frozenset({"h2c", "tls", "handshake"})
"""Reasons to skip whole connections, whose exchanges never begin."""
_ADDED: Final = ("captured", "streamed", "unsampled", "hung")
_ADDED_BY_NAME: Final = ("dropped", "skipped", "faults")


@dataclasses.dataclass(slots=True)
class WorkerTotals:
    """The counts of one worker.

    Attributes:
        pid: its process id.
        stats: its counts as last sent.
        cpu: its CPU time until then, in seconds.
        resident: its resident memory then, in octets.
        number: its number among the workers.
        received: exchanges received from it.
        since: exchanges received from it after that. Messages arrive in order, so these are not in its counts yet, and
            all in its counts arrived before.
    """

    pid: int = 0
    stats: Stats = dataclasses.field(default_factory=Stats)
    cpu: float = 0.0
    resident: int = 0
    since: int = 0
    number: int = 0
    received: int = 0

    @property
    def accounted(self) -> int:
        """Return how many of the exchanges that it began were received, or counted by it as left out."""
        stats = self.stats
        skipped = sum(count for reason, count in stats.skipped.items() if reason not in _CONNECTIONS)
        return self.received + sum(stats.dropped.values()) + skipped + stats.unsampled


class Totals:
    """Adds up the counts of workers. Counters never fall: the counts of a dead worker stay.

    Attributes:
        restarts: workers that replaced dead ones.
        living: workers that carry traffic now.

    :param stats: receives the sums; counts of other parts, such as audits, stay.
    :param begun: returns how many exchanges the worker of a number has begun; called once it has ended.
    """

    def __init__(self, stats: Stats, begun: Callable[[int], int]) -> None:
        self.restarts = 0
        self.living = 0
        self._stats = stats
        self._begun = begun
        self._parts: tuple[WorkerTotals, ...] = ()  # replaced, never changed: other threads read it
        self._past_cpu = 0.0
        stats.faults.setdefault(FAULT, 0)

    @property
    def cpu_seconds(self) -> float:
        """Return the CPU time of all workers since the start."""
        return self._past_cpu + sum(part.cpu for part in self._parts)

    @property
    def resident_bytes(self) -> int:
        """Return the resident memory of the running workers; shared memory counts once for each."""
        return sum(part.resident for part in self._parts)

    @property
    def descriptors(self) -> int:
        """Return the number of their open files."""
        count = 0
        for part in self._parts:
            with contextlib.suppress(OSError):
                count += len(os.listdir(f"/proc/{part.pid}/fd"))
        return count

    def collect(self) -> Families:
        """Yield metrics of the workers; their resources are added to those of this process."""
        yield gauge("workers", "Processes that carry traffic.", self.living)
        yield counter("worker_restarts", "Workers that took the place of dead ones.", self.restarts)
        yield counter("process_cpu_seconds", "Total user and system CPU time spent in seconds.", self.cpu_seconds)
        yield gauge("process_resident_memory_bytes", "Resident memory size in bytes.", self.resident_bytes)
        yield gauge("process_open_fds", "Number of open file descriptors.", self.descriptors)

    def started(self, part: WorkerTotals) -> None:
        """Count a worker that started."""
        self._parts = (*self._parts, part)

    def received(self, part: WorkerTotals) -> None:
        """Count an exchange received from a worker."""
        part.since += 1
        part.received += 1
        self._stats.captured += 1

    def counted(self, part: WorkerTotals, counts: WorkerCounts) -> None:
        """Add the latest counts of a worker."""
        sums, new, old = self._stats, counts.stats, part.stats
        for name in _ADDED:
            known = part.since if name == "captured" else 0
            setattr(sums, name, getattr(sums, name) + max(0, getattr(new, name) - getattr(old, name) - known))
        for name in _ADDED_BY_NAME:
            added, now, before = getattr(sums, name), getattr(new, name), getattr(old, name)
            for reason in added:
                added[reason] += max(0, now.get(reason, 0) - before.get(reason, 0))
        for bucket, (late, was) in enumerate(zip(new.loop_delays, old.loop_delays, strict=True)):
            sums.loop_delays[bucket] += max(0, late - was)
        sums.loop_delay_sum += max(0.0, new.loop_delay_sum - old.loop_delay_sum)
        sums.loop_lag_peak = max(sums.loop_lag_peak, new.loop_lag_peak)
        part.stats = new
        part.since = 0
        part.cpu = max(part.cpu, counts.cpu)
        part.resident = counts.resident

    def ended(self, part: WorkerTotals) -> None:
        """Count the losses of a worker that is gone: all exchanges that it began, less those accounted for."""
        self._stats.dropped["lost"] += max(0, self._begun(part.number) - part.accounted)
        self._past_cpu += part.cpu
        self._parts = tuple(each for each in self._parts if each is not part)

    def show(self, backlog: int, octets: int, now: float, *, reading: bool) -> None:
        """Update the numbers that are not counters.

        :param backlog: exchanges that wait for their audit.
        :param octets: of those.
        :param now: monotonic seconds.
        :param reading: whether messages of workers are read; otherwise their counts are old for another reason.
        """
        sums, each = self._stats, [part.stats for part in self._parts]
        sums.in_flight = sum(one.in_flight for one in each)
        sums.queue_depth = backlog  # the exchanges that a worker had waiting then have arrived by now
        sums.held_bytes = octets + sum(one.held_bytes for one in each)
        sums.loop_lag = _most(one.loop_lag for one in each)
        sums.overloaded = any(one.overloaded for one in each)
        sums.last_tick = min([now, *(one.last_tick for one in each if one.last_tick and reading)])


def _most(values: Iterable[float]) -> float:
    return max(values, default=0.0)
