"""The order of what several workers took down, and its bounds."""

from __future__ import annotations

import random

from wirelint.sources.mitm.workers.inbox import Inbox


def drained(inbox: Inbox) -> list[bytes]:
    found = []
    while (packed := inbox.take()) is not None:
        found.append(packed)
    return found


def turn(inbox: Inbox) -> None:
    inbox.asked()
    inbox.answered()


def test_what_ended_first_comes_first() -> None:
    inbox = Inbox(100, 1000)
    inbox.add(3.0, b"c")
    inbox.asked()
    inbox.add(2.0, b"b")
    inbox.add(4.0, b"d")
    assert drained(inbox) == []
    inbox.answered()
    assert drained(inbox) == [b"b", b"c"], "what was there when all were asked, and what ended before it"
    inbox.asked()
    inbox.add(1.0, b"a")
    inbox.answered()
    assert drained(inbox) == [b"a", b"d"]
    assert (len(inbox), inbox.octets) == (0, 0)


def test_nothing_is_due_before_all_have_answered() -> None:
    inbox = Inbox(100, 1000)
    inbox.asked()
    inbox.add(1.0, b"a")
    inbox.answered()
    assert drained(inbox) == [], "it came behind the question"
    turn(inbox)
    assert drained(inbox) == [b"a"]
    inbox.add(0.5, b"b")
    assert drained(inbox) == [b"b"], "late as it is, it must not wait any more"


def test_same_times_keep_their_order() -> None:
    inbox = Inbox(100, 1000)
    for number in range(20):
        inbox.add(1.0, b"%d" % number)
    turn(inbox)
    assert drained(inbox) == [b"%d" % number for number in range(20)]


def test_clocks_that_jump_hold_nothing_up() -> None:
    chance = random.Random(3)
    inbox = Inbox(10_000, 100_000)
    number = 0
    waiting: dict[bytes, int] = {}
    for now in range(200):
        for step in (inbox.asked, inbox.answered):
            for _ in range(chance.randint(0, 5)):
                number += 1
                packed = b"%d" % number
                inbox.add(chance.choice([now, now + 3600.0, now - 3600.0, 0.0]), packed)
                waiting[packed] = now
            step()
        for packed in drained(inbox):
            del waiting[packed]
        assert all(now - since < 2 for since in waiting.values())
    inbox.end()
    drained(inbox)
    assert len(inbox) == 0


def test_full_and_roomy_again() -> None:
    for inbox in (Inbox(4, 1000), Inbox(1000, 4)):
        for number in range(4):
            assert not inbox.full
            inbox.add(number, b"x")
        assert inbox.full
        turn(inbox)
        inbox.take()
        assert not inbox.full
        assert not inbox.roomy
        inbox.take()
        assert inbox.roomy
