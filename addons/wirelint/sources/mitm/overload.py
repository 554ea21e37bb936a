"""Whether there is too much to do to audit, told by how late the event loop is."""

from __future__ import annotations

from typing import Final

LAG_LIMIT: Final = 0.25
"""Seconds of lag that are too many."""

_LATE: Final = 3
_CALM: Final = 6


class Overload:
    """Sheds audits once the loop was late several times in a row, until it has been on time for longer than that.

    :param limit: seconds by which the loop may be late; 0 to shed nothing, ever. It is on time below half of that.
    """

    def __init__(self, limit: float = LAG_LIMIT) -> None:
        self.limit = limit
        self.shedding = False
        self._row = 0

    def tick(self, lag: float) -> bool:
        """Look at the loop once more; to be called at equal times.

        :param lag: seconds by which it was late.
        :returns: whether audits are to be shed until the next tick.
        """
        if self.limit <= 0:
            self.shedding = False
            return False
        counts = lag < self.limit / 2 if self.shedding else lag > self.limit
        self._row = self._row + 1 if counts else 0
        if self._row >= (_CALM if self.shedding else _LATE):
            self.shedding = not self.shedding
            self._row = 0
        return self.shedding
