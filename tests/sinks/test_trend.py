"""Trends of different beginnings share one axis, which grows."""

from __future__ import annotations

from wirelint.sinks.trend import BUCKETS, Axis, Trend


def test_buckets_become_wider_and_no_count_is_lost() -> None:
    axis = Axis()
    early, late = Trend(axis), Trend(axis)
    for second in range(60):
        early.add(axis, 1000.0 + second)
    assert early.counts(axis) == [2] * BUCKETS
    late.add(axis, 1000.0 + 119)
    assert axis.width == 4.0
    assert early.counts(axis) == [4] * 15 + [0] * 15
    assert late.counts(axis) == [0] * 29 + [1]
    early.add(axis, 1000.0 + 10 * 86400)
    assert sum(early.counts(axis)) == 61
    early.merge(axis, late)
    assert (sum(early.counts(axis)), len(early.counts(axis))) == (62, BUCKETS)


def test_what_came_before_the_first_is_counted_in_the_first_bucket() -> None:
    axis = Axis()
    trend = Trend(axis)
    trend.add(axis, 1000.0)
    trend.add(axis, 900.0)
    assert trend.counts(axis)[0] == 2
