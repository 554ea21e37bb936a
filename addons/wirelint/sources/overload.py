"""Detect overload by the lag of the event loop."""

from __future__ import annotations

from typing import Final

LAG_LIMIT: Final = 0.25
"""The default limit of the lag, in seconds."""

_LATE: Final = 3
_CALM: Final = 6


class Overload:
    """Sheds audits once the loop lagged several times in a row, until it has been on time for longer than that.

    :param limit: lag in seconds above which the loop is late; 0 never sheds. It is on time below half of that.
    """

    def __init__(self, limit: float = LAG_LIMIT) -> None:
        self.limit = limit
        self.shedding = False
        self._row = 0

    def tick(self, lag: float) -> bool:
        """Measure the loop once more; call this at regular intervals.

        :param lag: lag in seconds.
        :returns: whether to shed audits until the next tick.
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
