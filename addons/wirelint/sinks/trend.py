"""Count over time in a few buckets that all cover the same span, however long that gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

BUCKETS: Final = 30
_FIRST_WIDTH: Final = 2.0


class Axis:
    """The span that all trends cover: from the first time seen, in ``BUCKETS`` buckets of ``width`` seconds."""

    __slots__ = ("begin", "width")

    def __init__(self) -> None:
        self.begin: float | None = None
        self.width = _FIRST_WIDTH

    def bucket(self, at: float) -> int:
        """Return the bucket of a time in seconds. If that is beyond the last one, all buckets become twice as wide."""
        if self.begin is None:
            self.begin = at
        place = max(0.0, at - self.begin)
        while place >= BUCKETS * self.width:
            self.width *= 2
        return int(place / self.width)


class Trend:
    """How often something happened in each bucket of an axis."""

    __slots__ = ("_counts", "_width")

    def __init__(self, axis: Axis) -> None:
        self._counts = [0] * BUCKETS
        self._width = axis.width

    def add(self, axis: Axis, at: float) -> None:
        """Count once at a time in seconds."""
        bucket = axis.bucket(at)
        if self._width != axis.width:
            self._counts, self._width = self.counts(axis), axis.width
        self._counts[bucket] += 1

    def merge(self, axis: Axis, other: Trend) -> None:
        """Add the counts of another trend."""
        pairs = zip(self.counts(axis), other.counts(axis), strict=True)
        self._counts, self._width = [one + two for one, two in pairs], axis.width

    def counts(self, axis: Axis) -> list[int]:
        """Return the counts by bucket of the axis as it is now."""
        return _folded(self._counts, round(axis.width / self._width))


def _folded(counts: Sequence[int], times: int) -> list[int]:
    sums = [sum(counts[place : place + times]) for place in range(0, BUCKETS, times)]
    return sums + [0] * (BUCKETS - len(sums))
