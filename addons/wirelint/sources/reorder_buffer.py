"""Received exchanges that wait to be audited, put back into the order in which they ended."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from itertools import count
from typing import Final

from wirelint.core.exchange import Exchange

HOLD: Final = 1.0
"""Seconds that an exchange waits for others that ended before it: each thread of Envoy sends its entries in batches."""

LIMIT: Final = 10_000
"""Exchanges beyond which nothing more is read."""

OCTETS_LIMIT: Final = 64 * 1024 * 1024
"""Octets of exchanges beyond which nothing more is read."""


class ReorderBuffer:
    """Exchanges by their ends. What rules remember depends on the order.

    :param hold: seconds that each waits for others.
    """

    def __init__(self, hold: float = HOLD) -> None:
        self.hold = hold
        self.octets = 0
        self._heap: list[tuple[float, int, int, Exchange]] = []
        self._arrivals: deque[tuple[float, float]] = deque()
        self._number = count()
        self._bound = float("-inf")  # whatever ended by then has waited long enough

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def full(self) -> bool:
        """Return whether there is no room for more."""
        return len(self._heap) >= LIMIT or self.octets >= OCTETS_LIMIT

    def add(self, exchange: Exchange, octets: int, now: float) -> None:
        """Put an exchange in.

        :param octets: how much memory it takes, about.
        :param now: seconds, of a clock that only goes forward.
        """
        ended = exchange.ended or 0.0
        heapq.heappush(self._heap, (ended, next(self._number), octets, exchange))
        self._arrivals.append((now + self.hold, ended))
        self.octets += octets

    def due(self, now: float) -> Iterator[Exchange]:
        """Take out those that have waited long enough, and all that ended before them; a full backlog waits for none.

        The rest stays, and is due at the next call, where not all are taken.
        """
        heap, arrivals = self._heap, self._arrivals
        while True:
            while heap and heap[0][0] <= self._bound:
                _, _, octets, exchange = heapq.heappop(heap)
                self.octets -= octets
                yield exchange
            if not arrivals or (arrivals[0][0] > now and not self.full):
                return
            # Not the latest of all ends: one Envoy whose clock is ahead must not end the order of the others.
            self._bound = arrivals.popleft()[1]
