"""Merge the exchanges of all workers in the order in which they ended."""

from __future__ import annotations

import heapq
from typing import Final

_NEVER: Final = float("-inf")


class MergeQueue:
    """Packed exchanges that wait to be audited, the one that ended first in front.

    What was there when all workers were asked for what they have is due when they have answered, and with it whatever
    ended before it. So nothing waits for longer than two turns of asking, however wrong its time is.
    """

    def __init__(self, records: int, octets: int) -> None:
        """Make an empty one.

        :param records: how many may wait until it is full.
        :param octets: how much may wait until it is full.
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
        """Return whether no more are to be added."""
        return len(self._heap) >= self._records or self.octets >= self._octets

    @property
    def roomy(self) -> bool:
        """Return whether it is worth while to begin again to add some."""
        return len(self._heap) <= self._records // 2 and self.octets <= self._octets // 2

    def add(self, ended: float, packed: bytes) -> None:
        """Put an exchange in its place.

        :param ended: when it ended, Unix seconds.
        """
        self._number += 1
        self.octets += len(packed)
        self._newest = max(self._newest, ended)
        heapq.heappush(self._heap, (ended, self._number, packed))

    def asked(self) -> None:
        """All are asked from now on for what they have; nothing must be due still."""
        self._asked, self._newest = self._newest, _NEVER

    def answered(self) -> None:
        """All have answered: what was there when they were asked is due."""
        self._due = self._asked

    def end(self) -> None:
        """All that waits is due, as nothing more will come."""
        self._due = float("inf")

    def take(self) -> bytes | None:
        """The next exchange that is due."""
        if not self._heap or self._heap[0][0] > self._due:
            return None
        packed = heapq.heappop(self._heap)[2]
        self.octets -= len(packed)
        return packed
