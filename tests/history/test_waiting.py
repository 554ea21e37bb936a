"""Which clients count as asked to wait, and where."""

from __future__ import annotations

import pytest

from lab.story import later, remembered, times, turn, visit_of
from wirelint.core.state import State
from wirelint.core.verdict import Verdict
from wirelint.core.wire import exchanges
from wirelint.history import waiting
from wirelint.history.waiting import Waiting, was_asked_to_wait

TOLD = turn("GET /reports/7", 429, "", "Retry-After: 30")


@pytest.mark.parametrize(
    ("story", "then", "expected"),
    [
        (TOLD, turn("GET /reports/8", 200), True),
        (turn("GET /reports/7", 503, "", "Retry-After: 30"), turn("GET /reports/8", 200), True),
        (turn("GET /reports/7", 429), turn("GET /reports/8", 200), False),
        (turn("GET /reports/7", 413, "", "Retry-After: 30"), turn("GET /reports/8", 200), False),
        (TOLD, turn("HEAD /reports/8", 200), True),
        (TOLD, turn("GET /orders/8", 200), False),
        (TOLD, turn("GET /reports/8", 200, asked=("User-Agent: other",)), False),
        (TOLD + later(700), turn("GET /reports/8", 200), False),
    ],
)
def test_who_was_told(story: str, then: str, expected: bool) -> None:
    memory, told = remembered(Waiting, story + then)
    assert memory.holds(told[-1], visit_of(told[-1], State())) is expected


def test_it_stays_small() -> None:
    most = waiting._MOST
    clients = ((f"User-Agent: {number}",) for number in range(most + 20))
    refused = (turn("GET /reports/7", 429, "", "Retry-After: 9", asked=client) for client in clients)
    memory, _ = remembered(Waiting, "".join(times(1, each, every=0.1) for each in refused))
    assert len(memory) == most


def test_was_told_to_wait() -> None:
    state, told = State(), list(exchanges(TOLD + TOLD))
    opens = was_asked_to_wait(state)
    assert not opens(told[1], visit_of(told[1], state))
    state.note(told[0], Verdict.CLIENT_ERROR)
    assert opens(told[1], visit_of(told[1], state))
