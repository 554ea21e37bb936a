"""What several workers count, added up: nothing twice, nothing backwards."""

from __future__ import annotations

import copy
import random

from wirelint.sources.mitm.workers.protocol import WorkerCounts
from wirelint.sources.mitm.workers.totals import Totals, WorkerTotals
from wirelint.sources.stats import Stats


def none(_number: int) -> int:
    return 0


def told(stats: Stats, cpu: float = 0.0, resident: int = 0) -> WorkerCounts:
    return WorkerCounts(copy.deepcopy(stats), {}, cpu, resident)


def test_counters_are_added_and_stay() -> None:
    stats = Stats()
    sums, one, two = Totals(stats, none), WorkerTotals(), WorkerTotals()
    for part in (one, two):
        sums.started(part)
    mine = Stats(captured=5, streamed=2, hung=1, unsampled=3, loop_lag_peak=0.5)
    mine.dropped["overload"] = 4
    mine.faults["accept"] = 1
    sums.counted(one, told(mine, 1.5, 100))
    sums.counted(two, told(Stats(captured=7), 0.5, 50))
    stats.faults["sink"] += 1
    sums.counted(one, told(mine, 2.0, 90))
    assert (stats.captured, stats.streamed, stats.hung, stats.unsampled) == (12, 2, 1, 3)
    assert (stats.dropped["overload"], stats.faults["accept"], stats.faults["sink"]) == (4, 1, 1)
    assert (sums.cpu_seconds, sums.resident_bytes) == (2.5, 140)
    sums.ended(one)
    assert (stats.captured, sums.cpu_seconds, sums.resident_bytes) == (12, 2.5, 50)
    sums.started(WorkerTotals())
    assert stats.loop_lag_peak == 0.5


def test_what_a_dead_worker_had() -> None:
    stats = Stats()
    sums, part = Totals(stats, {3: 20}.__getitem__), WorkerTotals(number=3)
    sums.started(part)
    for _ in range(8):
        sums.received(part)
    mine = Stats(captured=10, in_flight=5, queue_depth=3, unsampled=1)
    mine.dropped["overload"] = mine.skipped["proxy_made"] = mine.skipped["tls"] = 1
    sums.counted(part, told(mine))
    assert stats.captured == 10, "two of them had been dropped"
    for _ in range(4):
        sums.received(part)
    sums.ended(part)
    assert stats.captured == 14
    assert stats.dropped["lost"] == 20 - 12 - 3, "a TLS connection that passed unread began none"


def test_nothing_twice_nothing_backwards_and_all_accounted_for() -> None:
    chance = random.Random(11)
    stats = Stats()
    begun: dict[int, int] = {}
    sums = Totals(stats, begun.__getitem__)
    came = 0
    for number in range(60):
        part, stream, mine = WorkerTotals(number=number), list[WorkerCounts | None](), Stats()
        sums.started(part)
        begun[number] = 0
        for _ in range(chance.randint(0, 60)):
            step = chance.random()
            if step < 0.4:
                begun[number] += 1
                mine.in_flight += 1
            elif step < 0.8 and mine.in_flight:
                mine.in_flight -= 1
                mine.captured += 1
                if chance.random() < 0.8:
                    stream.append(None)
                else:
                    mine.dropped["queue_full"] += 1
            else:
                stream.append(told(mine))
        if chance.random() < 0.3:  # it has time for its last words
            mine.dropped["stopped"] += mine.in_flight
            mine.in_flight = 0
            stream.append(told(mine))
        else:
            del stream[chance.randint(0, len(stream)) :]
        for event in stream:
            before = stats.captured
            if event is None:
                sums.received(part)
                came += 1
            else:
                sums.counted(part, event)
            assert stats.captured >= before
        sums.ended(part)
        assert came + sum(stats.dropped.values()) == sum(begun.values())


def test_what_is_shown_of_now() -> None:
    stats = Stats()
    sums, one, two = Totals(stats, none), WorkerTotals(), WorkerTotals()
    for part in (one, two):
        sums.started(part)
    sums.show(0, 0, 50.0, reading=True)
    assert stats.last_tick == 50.0, "nobody has said anything yet"
    sums.counted(one, told(Stats(in_flight=2, queue_depth=3, held_bytes=10, last_tick=40.0, loop_lag=0.2)))
    sums.counted(two, told(Stats(in_flight=5, queue_depth=1, held_bytes=1, last_tick=49.0, overloaded=True)))
    sums.show(7, 100, 50.0, reading=True)
    assert (stats.in_flight, stats.queue_depth, stats.held_bytes) == (7, 7, 111)
    assert (stats.last_tick, stats.loop_lag, stats.overloaded) == (40.0, 0.2, True)
    sums.show(7, 100, 50.0, reading=False)
    assert stats.last_tick == 50.0, "what they say is not read"
    sums.ended(one)
    sums.ended(two)
    sums.show(0, 0, 60.0, reading=True)
    assert (stats.in_flight, stats.queue_depth, stats.last_tick, stats.overloaded) == (0, 0, 60.0, False)
