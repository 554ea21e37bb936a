"""Which announcements of an end are remembered."""

from __future__ import annotations

import pytest

from lab.memory import exchange, note
from wirelint.core.exchange import Exchange
from wirelint.core.state import State
from wirelint.core.verdict import Verdict
from wirelint.history.sunsets import Sunsets, end_was_announced

END = "Sat, 03 Jan 2026 20:00:00 GMT"
LATER = "Sat, 03 Oct 2026 20:00:00 GMT"
DAY = 86_400.0


def announcing(value: str = END, **more: float) -> Exchange:
    return exchange(target="/orders", got=(("Sunset", value),), **more)  # type: ignore[arg-type]


def told(*before: Exchange, at: float = 2.0) -> str | None:
    state = State()
    sunsets = state.recall(Sunsets)
    note(state, *before)
    found = sunsets.of(exchange(410, "/orders", at=at))
    return None if found is None else found.written


def test_the_latest_announcement_counts() -> None:
    assert told() is None
    assert told(announcing()) == END
    assert told(announcing(), announcing(LATER)) == LATER


@pytest.mark.parametrize("value", ["soon", "", "@1767398400"])
def test_no_date_is_no_announcement(value: str) -> None:
    assert told(announcing(value)) is None
    assert told(announcing(), announcing(value)) is None


def test_what_takes_an_announcement_back() -> None:
    assert told(announcing(), exchange(200, "/orders")) is None
    assert told(announcing(), exchange(200, "/orders?page=2")) is None
    for other in (exchange(304, "/orders"), exchange(404, "/orders"), exchange(200, "/"), exchange(200, "/orders/1")):
        assert told(announcing(), other) == END


def test_an_error_in_a_success_takes_nothing_back() -> None:
    state = State()
    sunsets = state.recall(Sunsets)
    note(state, announcing())
    state.note(exchange(200, "/orders"), Verdict.SERVER_ERROR)
    assert sunsets.of(exchange(410, "/orders")) is not None


def test_one_resource_of_a_route_does_not_speak_for_the_others() -> None:
    state = State()
    sunsets = state.recall(Sunsets)
    note(state, exchange(target="/orders/1", got=(("Sunset", END),)), exchange(target="/orders/2"))
    found = sunsets.of(exchange(410, "/orders/1"))
    assert found is not None
    assert found.is_about(sunsets.now(exchange(410, "/orders/1")))
    assert not found.is_about(sunsets.now(exchange(410, "/orders/2")))
    note(state, exchange(target="/orders/1"))
    assert sunsets.of(exchange(410, "/orders/1")) is None
    assert len(sunsets) == 0


def test_it_lasts_a_month() -> None:
    assert told(announcing(at=1.0), at=29 * DAY) == END
    assert told(announcing(at=1.0), at=31 * DAY) is None


def test_rules_are_only_asked_where_there_was_an_announcement() -> None:
    state = State()
    sunsets, opens = state.recall(Sunsets), end_was_announced(state)

    def asked(subject: Exchange) -> bool:
        return opens(subject, state.visit(subject))

    assert not asked(exchange(410, "/orders"))
    assert asked(announcing())
    note(state, announcing())
    assert asked(exchange(410, "/orders"))
    assert not asked(exchange(410, "/users"))
    assert len(sunsets) == 1
