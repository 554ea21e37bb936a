"""The order in which received exchanges are audited."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import islice

import pytest

from wirelint.core.exchange import Exchange, Request
from wirelint.sources import reorder_buffer
from wirelint.sources.reorder_buffer import ReorderBuffer


def ending(at: float) -> Exchange:
    """Return an exchange by its end."""
    return Exchange(request=Request(method="GET", target="/"), ended=at)


def ends(found: Iterable[Exchange]) -> list[float]:
    """Return the ends of exchanges."""
    return [each.ended or 0.0 for each in found]


def test_what_ended_first_is_audited_first_within_the_time_that_it_is_held() -> None:
    waiting = ReorderBuffer(hold=1.0)
    for at, now in ((5.0, 0.0), (3.0, 0.2), (4.0, 0.9), (9.0, 1.5)):
        waiting.add(ending(at), 10, now)
    assert ends(waiting.due(0.9)) == []
    assert ends(waiting.due(1.0)) == [3.0, 4.0, 5.0]
    assert ends(waiting.due(2.4)) == []
    assert ends(waiting.due(2.5)) == [9.0]
    assert len(waiting) == waiting.octets == 0


def test_what_is_not_taken_stays_due() -> None:
    waiting = ReorderBuffer(hold=1.0)
    for at in (2.0, 1.0, 3.0):
        waiting.add(ending(at), 10, 0.0)
    assert ends(islice(waiting.due(1.0), 1)) == [1.0]
    assert ends(waiting.due(1.0)) == [2.0, 3.0]


def test_what_comes_too_late_is_audited_at_once() -> None:
    waiting = ReorderBuffer(hold=1.0)
    waiting.add(ending(5.0), 10, 0.0)
    assert ends(waiting.due(1.0)) == [5.0]
    waiting.add(ending(4.0), 10, 1.0)
    assert ends(waiting.due(1.1)) == [4.0]


def test_a_full_backlog_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reorder_buffer, "LIMIT", 100)
    waiting = ReorderBuffer(hold=1000.0)
    numbers = random.Random(1).sample(range(150), 150)
    for number in numbers:
        waiting.add(ending(float(number)), 10, 0.0)
    found = ends(waiting.due(0.0))
    assert len(waiting) < 100
    assert not waiting.full
    assert sorted(found + ends(waiting.due(1000.0))) == sorted(map(float, numbers))


def test_octets_fill_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reorder_buffer, "OCTETS_LIMIT", 1000)
    waiting = ReorderBuffer()
    waiting.add(ending(1.0), 1000, 0.0)
    assert waiting.full
    assert ends(waiting.due(0.0)) == [1.0]
    assert not waiting.full


def test_a_clock_that_is_ahead_does_not_end_the_order_of_others() -> None:
    waiting = ReorderBuffer(hold=1.0)
    waiting.add(ending(1000.0), 10, 0.0)
    assert ends(waiting.due(1.0)) == [1000.0]
    waiting.add(ending(8.0), 10, 2.0)
    assert ends(waiting.due(3.0)) == [8.0]
    waiting.add(ending(10.0), 10, 3.1)
    waiting.add(ending(9.0), 10, 3.2)
    assert ends(waiting.due(3.3)) == []
    assert ends(waiting.due(4.1)) == [9.0, 10.0]
