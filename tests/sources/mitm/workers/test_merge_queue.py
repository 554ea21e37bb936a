"""The order of what several workers took down, and its bounds."""

from __future__ import annotations

import random

from wirelint.sources.mitm.workers.merge_queue import MergeQueue


def drained(merging: MergeQueue) -> list[bytes]:
    found = []
    while (packed := merging.take()) is not None:
        found.append(packed)
    return found


def turn(merging: MergeQueue) -> None:
    merging.asked()
    merging.answered()


def test_what_ended_first_comes_first() -> None:
    merging = MergeQueue(100, 1000)
    merging.add(3.0, b"c")
    merging.asked()
    merging.add(2.0, b"b")
    merging.add(4.0, b"d")
    assert drained(merging) == []
    merging.answered()
    assert drained(merging) == [b"b", b"c"], "what was there when all were asked, and what ended before it"
    merging.asked()
    merging.add(1.0, b"a")
    merging.answered()
    assert drained(merging) == [b"a", b"d"]
    assert (len(merging), merging.octets) == (0, 0)


def test_nothing_is_due_before_all_have_answered() -> None:
    merging = MergeQueue(100, 1000)
    merging.asked()
    merging.add(1.0, b"a")
    merging.answered()
    assert drained(merging) == [], "it came behind the question"
    turn(merging)
    assert drained(merging) == [b"a"]
    merging.add(0.5, b"b")
    assert drained(merging) == [b"b"], "late as it is, it must not wait any more"


def test_same_times_keep_their_order() -> None:
    merging = MergeQueue(100, 1000)
    for number in range(20):
        merging.add(1.0, b"%d" % number)
    turn(merging)
    assert drained(merging) == [b"%d" % number for number in range(20)]


def test_clocks_that_jump_hold_nothing_up() -> None:
    chance = random.Random(3)
    merging = MergeQueue(10_000, 100_000)
    number = 0
    waiting: dict[bytes, int] = {}
    for now in range(200):
        for step in (merging.asked, merging.answered):
            for _ in range(chance.randint(0, 5)):
                number += 1
                packed = b"%d" % number
                merging.add(chance.choice([now, now + 3600.0, now - 3600.0, 0.0]), packed)
                waiting[packed] = now
            step()
        for packed in drained(merging):
            del waiting[packed]
        assert all(now - since < 2 for since in waiting.values())
    merging.end()
    drained(merging)
    assert len(merging) == 0


def test_full_and_roomy_again() -> None:
    for merging in (MergeQueue(4, 1000), MergeQueue(1000, 4)):
        for number in range(4):
            assert not merging.full
            merging.add(number, b"x")
        assert merging.full
        turn(merging)
        merging.take()
        assert not merging.full
        assert not merging.has_room
        merging.take()
        assert merging.has_room
