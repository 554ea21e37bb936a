"""The slices in which records are audited: longer with a backlog, short while the event loop is late."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from wirelint.sources.mitm.drain import Drain
from wirelint.sources.mitm.record import Pool
from wirelint.sources.stats import Stats

COST = 0.0001
"""Seconds that an audit takes by the clock of these tests."""


class Loop:
    """Keeps what is planned: seconds from now and the call."""

    def __init__(self) -> None:
        self.planned: list[tuple[float, Any]] = []

    def call_later(self, delay: float, call: Any) -> None:
        self.planned.append((delay, call))


class Waiting:
    """A record of which nothing is held."""

    def release(self, pool: Pool) -> None:
        pass


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    made = Loop()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: made)
    return made


def slices(loop: Loop, monkeypatch: pytest.MonkeyPatch, waiting: int, *, calm: bool) -> list[tuple[float, int]]:
    """Return the pauses before the first two slices, and the number of records audited in each."""
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    audited: list[object] = []

    def audit(record: object) -> None:
        now[0] += COST
        audited.append(record)

    queue = Drain(audit, Stats(), Pool(), limit=10_000)
    queue.calm = calm
    for _ in range(waiting):
        queue.add(Waiting())  # type: ignore[arg-type]  # it takes the place of a record
    found = []
    for at in range(2):
        delay, call = loop.planned[at]
        before = len(audited)
        call()
        found.append((delay, len(audited) - before))
    return found


def test_slices_grow_with_the_backlog_up_to_a_bound(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    short = slices(loop, monkeypatch, 20, calm=False)[0][1]
    loop.planned.clear()
    (_, long), (pause, _) = slices(loop, monkeypatch, 640, calm=False)
    assert long > 8 * short
    assert pause == 0.0
    loop.planned.clear()
    assert slices(loop, monkeypatch, 9_000, calm=False)[0][1] * COST < 0.011


def test_slices_stay_short_while_the_event_loop_is_late(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = slices(loop, monkeypatch, 640, calm=True)
    assert first[1] * COST < 0.0007
    assert second == first
    assert second[0] > 0.0
