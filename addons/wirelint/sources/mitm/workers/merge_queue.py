"""Merge the exchanges of all workers by their end."""

from __future__ import annotations

import heapq
from typing import Final

_NEVER: Final = float("-inf")


class MergeQueue:
    """Packed exchanges that wait for their audit, the earliest end first.

    All workers are asked for their exchanges. When they have answered, every exchange that was here at the time of
    asking is due, and so is every one that ended before it. So none waits longer than two rounds, however wrong its
    time is.
    """

    def __init__(self, records: int, octets: int) -> None:
        """Make an empty queue.

        :param records: number of exchanges at which it is full.
        :param octets: number of octets at which it is full.
        """
        self.octets = 0
        self._records = records
        self._octets = octets
        self._heap: list[tuple[float, int, bytes]] = []
        self._number = 0
        self._due = _NEVER
        self._asked = _NEVER
        self._newest = _NEVER

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def full(self) -> bool:
        """Return whether the queue is full."""
        return len(self._heap) >= self._records or self.octets >= self._octets

    @property
    def has_room(self) -> bool:
        """Return whether there is enough room to resume adding."""
        return len(self._heap) <= self._records // 2 and self.octets <= self._octets // 2

    def add(self, ended: float, packed: bytes) -> None:
        """Add an exchange.

        :param ended: its end, in Unix seconds.
        """
        self._number += 1
        self.octets += len(packed)
        self._newest = max(self._newest, ended)
        heapq.heappush(self._heap, (ended, self._number, packed))

    def asked(self) -> None:
        """Begin a round of asking all workers; no exchange may be due still."""
        self._asked, self._newest = self._newest, _NEVER

    def answered(self) -> None:
        """End a round: the exchanges that were here at its begin are due."""
        self._due = self._asked

    def end(self) -> None:
        """Make all exchanges due, because no more will come."""
        self._due = float("inf")

    def take(self) -> bytes | None:
        """Return the next due exchange, None if there is none."""
        if not self._heap or self._heap[0][0] > self._due:
            return None
        packed = heapq.heappop(self._heap)[2]
        self.octets -= len(packed)
        return packed
