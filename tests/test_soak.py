"""Whether the soak would see what it is there for."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from benchmarks import soak
from benchmarks.soak import Point
from benchmarks.timing import fresh
from benchmarks.traffic import hostile, tame

from wirelint.core.exchange import Exchange

MIB = 1024 * 1024


def point(exchanges: int, cost: float = 100.0, memory: float | None = 100.0) -> Point:
    return Point(exchanges, cost, cost, cost, None if memory is None else int(memory * MIB), 0)


def failures(before: Point, after: Point, many: float = 100.0) -> list[str]:
    return soak.failures([point(10), before, after], [(1, point(10)), (100, point(10, cost=many))])


def test_what_grows_is_told() -> None:
    assert failures(point(1000), point(10_000, cost=149.0, memory=131.0), many=149.0) == []
    assert failures(point(1000), point(10_000, memory=133.0)) == [
        "memory grew by 33.0 MiB from 1,000 to 10,000 exchanges"
    ]
    assert failures(point(1000), point(10_000, cost=160.0)) == ["an exchange costs 1.60 times as much at 10,000"]
    assert failures(point(1000), point(10_000), many=170.0) == [
        "an exchange costs 1.70 times as much for 100 services as for 1"
    ]
    assert failures(point(1000, memory=None), point(10_000, memory=None)) == []


def test_memories_that_grow_are_told_once_they_had_time_to_fill_up() -> None:
    def grown(exchanges: int, entries: int) -> list[str]:
        return failures(point(exchanges)._replace(remembered=1000), point(10 * exchanges)._replace(remembered=entries))

    assert grown(100_000, 1050) == grown(10_000, 2000) == []
    assert grown(100_000, 1060) == ["memories grew from 1,000 to 1,060 entries at 1,000,000"]


def test_hostile_traffic_repeats_nothing_of_its_own() -> None:
    strangers = list(itertools.islice(hostile(), 0, 400, 2))
    for key in ("service", "client"):
        assert len({getattr(each, key) for each in strangers}) == len(strangers)
    for name in ("authorization", "traceparent", "host"):
        assert len({each.request.headers.get(name) for each in strangers}) == len(strangers)
    assert len({each.request.target for each in strangers}) == len(strangers)


def test_there_is_something_to_be_found_and_remembered_in_the_traffic() -> None:
    for traffic in (hostile(), tame(10)):
        judge = fresh()
        audits = [judge.audit(each) for each in itertools.islice(traffic, 500)]
        found = sum(bool(each.findings) for each in audits)
        assert 50 < found < 450
        assert not any(each.faults for each in audits)
        assert sum(judge.state.sizes().values()) > 100


def test_points_are_taken_at_the_marks() -> None:
    seen = 0

    def traffic() -> Iterator[Exchange]:
        nonlocal seen
        for each in hostile():
            seen += 1
            yield each

    points = list(soak.measure(traffic(), (200, 1000)))
    assert [each.exchanges for each in points] == [200, 1000]
    assert seen == 1000
    assert all(0 < each.engine <= each.whole <= each.worst for each in points)
    table = soak.table(points, [(1, points[0])])
    assert "| 1,000 |" in table
    assert soak.figures(points, [(1, points[0])])["exchanges"].keys() == {"200", "1000"}
