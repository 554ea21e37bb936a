"""Count in shared memory the exchanges that each worker has begun: the number survives a worker that is killed."""

from __future__ import annotations

import mmap
from typing import Final

_WIDTH: Final = 8


class BegunCounts:
    """A counter for each of several workers, in memory that processes forked later share.

    :param workers: how many workers may run at one time.
    """

    def __init__(self, workers: int) -> None:
        self._cells = memoryview(mmap.mmap(-1, workers * _WIDTH)).cast("Q")
        self._free = list(range(workers))

    def take(self) -> int:
        """Return the number of a counter that no running worker has; it starts at 0.

        :raises IndexError: there are as many workers as there may be.
        """
        number = self._free.pop()
        self._cells[number] = 0
        return number

    def give_back(self, number: int) -> int:
        """Free the counter of a worker that has ended, and return its value."""
        self._free.append(number)
        return self._cells[number]

    def cell(self, number: int) -> memoryview:
        """Return the counter as a memory of one number, for the worker to count in."""
        return self._cells[number : number + 1]
