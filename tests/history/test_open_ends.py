"""Which requests count as left open."""

from __future__ import annotations

import pytest

from lab.story import ADA, BOB, later, remembered, times, turn, visit_of
from wirelint.core.state import State
from wirelint.core.verdict import Verdict
from wirelint.core.wire import exchanges
from wirelint.history import open_ends
from wirelint.history.open_ends import OpenEnds, was_left_open

AGAIN = turn("POST /orders", 201, sent='{"item": "tea"}', asked=(BOB,))


def asked(outcome: int | str, request: str = "POST /orders", sent: str = '{"item": "tea"}') -> str:
    if isinstance(outcome, int):
        return turn(request, outcome, sent=sent, asked=(ADA,))
    return (
        f"{request} HTTP/1.1\nHost: shop.example\nContent-Type: application/json\n\n{sent}\n# failure: {outcome} gone\n"
    )


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        (asked(500), True),
        (asked(504), True),
        (asked("reset"), True),
        (asked("timeout"), True),
        (asked("connect"), False),
        (asked("tls"), False),
        (asked(201), False),
        (asked(429), False),
        (turn("POST /orders", 503, "", "Retry-After: 5", sent='{"item": "tea"}'), False),
        (asked(500, "POST /carts"), False),
        (asked(500, sent='{"item": "milk"}'), False),
        (asked(500, "PUT /orders"), False),
        (asked(500) + later(700), False),
    ],
)
def test_what_is_left_open(story: str, expected: bool) -> None:
    memory, told = remembered(OpenEnds, story + AGAIN)
    assert memory.holds(told[-1], visit_of(told[-1], State())) is expected


def test_a_patch_may_be_left_open() -> None:
    memory, told = remembered(OpenEnds, asked(500, "PATCH /orders/7") + asked(200, "PATCH /orders/7"))
    assert memory.holds(told[-1], visit_of(told[-1], State()))


def test_what_is_not_known_is_not_the_same() -> None:
    unknown = asked(500, sent="x" * 20_000)
    memory, told = remembered(OpenEnds, unknown + unknown)
    assert not memory.holds(told[-1], visit_of(told[-1], State()))
    assert len(memory) == 0


def test_it_stays_small() -> None:
    most = open_ends._MOST
    failed = (asked(500, f"POST /orders/{number}") for number in range(most + 20))
    memory, _ = remembered(OpenEnds, "".join(times(1, each, every=0.1) for each in failed))
    assert len(memory) == most


def test_was_left_open() -> None:
    state, told = State(), list(exchanges(asked(500) + AGAIN))
    opens = was_left_open(state)
    assert not opens(told[1], visit_of(told[1], state))
    state.note(told[0], Verdict.SERVER_ERROR)
    assert opens(told[1], visit_of(told[1], state))
