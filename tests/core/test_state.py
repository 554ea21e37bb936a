"""What is remembered: bounded in number and time whatever comes, by a clock that is but a value."""

from __future__ import annotations

import tracemalloc
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.memory import exchange
from lab.story import visit_of
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.state import WINDOW, State, Stories, Table, moment
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Visit
from wirelint.core.when import ALWAYS
from wirelint.history.visits import Present

PLENTY = 100_000


ONE = visit_of(exchange(), State())


def visit(ended: float = 0.0, status: int | None = 200, **changes: Any) -> Visit:
    """Return one like all others, except for the given attributes."""
    values: dict[str, Any] = {
        "status": status,
        "verdict": Verdict.OK if status is not None and status < 400 else Verdict.CLIENT_ERROR,
        "started": ended,
        "ended": ended,
    }
    made = msgspec.structs.replace(ONE, **(values | changes))
    made.judge(made.verdict)
    return made


def statuses(stories: Stories[Any], key: object, now: float) -> list[tuple[float, int | None]]:
    return [(each.ended, each.status) for each in stories.of(key, now)]


def test_a_table_keeps_what_was_renewed_lately() -> None:
    table: Table[str, int] = Table(2)
    table.keep("a", 1, 0.0)
    table.keep("b", 2, 1.0)
    table.keep("a", 3, 2.0)
    table.keep("c", 4, 3.0)
    assert [table.get(key, 3.0) for key in "abc"] == [3, None, 4]
    assert len(table) == 2
    assert list(table.newest(3.0)) == [("c", 4), ("a", 3)]
    assert table.full_until == 1.0


def test_a_table_forgets_by_the_time_given() -> None:
    table: Table[str, int] = Table(9, window=10.0)
    table.keep("a", 1, 0.0)
    assert table.get("a", 10.0) == 1
    assert table.get("a", 10.1) is None
    assert list(table.newest(10.1)) == []
    assert table.full_until == float("-inf")
    assert table.ensure("a", lambda: 7, 10.1) == 7
    assert table.ensure("a", lambda: 8, 20.0) == 7
    assert table.get("a", 30.0) == 7
    table.drop("a")
    table.drop("a")
    assert table.get("a", 30.0) is None
    assert len(table) == 0


def test_what_was_just_renewed_is_not_renewed_again() -> None:
    table: Table[str, int] = Table(9, window=320.0)
    table.keep("a", 7, 0.0)
    assert table.ensure("a", lambda: 8, 10.0) == 7
    assert table.get("a", 320.1) is None
    assert table.ensure("a", lambda: 8, 10.1) == 7
    assert table.get("a", 320.1) == 7
    # The clock went back.
    assert table.ensure("a", lambda: 8, 5.0) == 7
    assert table.get("a", 325.1) is None


def test_a_table_lets_go_of_what_expired_as_new_things_come() -> None:
    table: Table[int, int] = Table(1000, window=10.0)
    for number in range(100):
        table.keep(number, number, number / 100)
    for number in range(100, 200):
        table.keep(number, number, 50.0)
    assert len(table) == 100
    stories: Stories[int] = Stories(1000, window=10.0)
    for number in range(200):
        stories.add(number, visit(0.0 if number < 100 else 50.0))
    assert len(stories) == 100


@pytest.mark.parametrize("back", [1.0, 9.0])
def test_a_clock_that_goes_back_a_little_changes_nothing(back: float) -> None:
    table: Table[str, int] = Table(9, window=10.0)
    table.keep("a", 1, 100.0)
    assert table.get("a", 100.0 - back) == 1
    stories: Stories[str] = Stories(9, window=10.0)
    stories.add("a", visit(100.0, 401))
    stories.add("a", visit(100.0 - back, 403))
    assert statuses(stories, "a", 100.0 - back) == [(100.0, 401), (100.0 - back, 403)]


def test_what_is_of_another_clock_is_forgotten() -> None:
    table: Table[str, int] = Table(9, window=10.0)
    table.keep("a", 1, 1000.0)
    assert table.get("a", 5.0) is None
    assert list(table.newest(5.0)) == []
    for _ in range(16):
        table.keep("b", 2, 5.0)
    assert len(table) == 1
    stories: Stories[str] = Stories(9, window=10.0)
    stories.add("a", visit(1000.0))
    stories.add("a", visit(5.0, 401))
    assert statuses(stories, "a", 6.0) == [(5.0, 401)]
    stories.add("b", visit(1000.0))
    stories.add("c", visit(5.0))
    assert statuses(stories, "b", 6.0) == []


def test_the_same_clock_going_back_does_not_keep_things_for_ever() -> None:
    table: Table[int, int] = Table(1000, window=10.0)
    stories: Stories[int] = Stories(1000, window=10.0)
    for number in range(50):
        table.keep(number, number, 1e9)
        stories.add(number, visit(1e9))
    for number in range(50, 200):
        table.keep(number, number, float(number))
        stories.add(number, visit(float(number)))
    assert len(table) < 50
    assert len(stories) < 50


def test_stories_are_in_order_and_of_the_window() -> None:
    stories: Stories[str] = Stories(99, window=10.0)
    for at, status in ((0.0, 200), (1.0, 401), (5.0, 200), (12.0, 404)):
        stories.add("a", visit(at, status))
    assert statuses(stories, "a", 10.0) == [(0.0, 200), (1.0, 401), (5.0, 200), (12.0, 404)]
    assert statuses(stories, "a", 12.0) == [(5.0, 200), (12.0, 404)]
    assert statuses(stories, "a", 99.0) == []
    assert statuses(stories, "b", 12.0) == []
    assert "a" in stories
    assert "b" not in stories


def test_successes_alike_are_kept_as_the_first_and_the_last() -> None:
    stories: Stories[str] = Stories(99)
    for at in range(10):
        stories.add("a", visit(float(at)))
    assert statuses(stories, "a", 10.0) == [(0.0, 200), (9.0, 200)]
    assert len(stories) == 2
    stories.add("a", visit(10.0, 401))
    for at in range(11, 20):
        stories.add("a", visit(float(at)))
    assert statuses(stories, "a", 20.0) == [(0.0, 200), (9.0, 200), (10.0, 401), (11.0, 200), (19.0, 200)]
    assert len(stories) == 5


@pytest.mark.parametrize(
    "other",
    [
        {"status": 204},
        {"method": "HEAD"},
        {"route": "/lists"},
        {"credential": b"b"},
        {"credential": None},
        {"client": 2},
        {"tenant": 2},
        {"verdict": Verdict.CLIENT_ERROR},
        {"verdict": Verdict.UNKNOWN},
        {"status": 401},
        {"status": 302},
        {"status": None},
    ],
)
def test_what_differs_is_not_merged(other: dict[str, Any]) -> None:
    stories: Stories[str] = Stories(99)
    for at, changes in enumerate(({}, {}, other, {}, {}, {})):
        stories.add("a", visit(float(at), **changes))
    assert [each.ended for each in stories.of("a", 5.0)] == [0.0, 1.0, 2.0, 3.0, 5.0]


def test_failures_alike_are_all_kept_up_to_the_longest() -> None:
    stories: Stories[str] = Stories(99, longest=5)
    for at in range(9):
        stories.add("a", visit(float(at), 401))
    assert [each.ended for each in stories.of("a", 9.0)] == [4.0, 5.0, 6.0, 7.0, 8.0]
    assert len(stories) == 5


def test_the_story_told_longest_ago_goes_first() -> None:
    stories: Stories[str] = Stories(3)
    for at, key in enumerate("abac"):
        stories.add(key, visit(float(at), 401))
    assert [key in stories for key in "abc"] == [True, False, True]
    assert len(stories) == 3


def test_nothing_grows_with_the_number_of_keys() -> None:
    table: Table[int, bytes] = Table(500)
    stories: Stories[int] = Stories(500)
    one = visit(1.0, 401)

    def fill(start: int, end: int) -> int:
        for number in range(start, end):
            table.keep(number, b"x", 1.0)
            stories.add(number, one)
            stories.add(number, one)
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        first = fill(0, 2000)
        last = fill(2000, PLENTY)
    finally:
        tracemalloc.stop()
    assert len(table) == 500
    assert len(stories) <= 500
    assert last < first * 1.5


@given(st.lists(st.tuples(st.integers(0, 6), st.floats(0, 3000), st.sampled_from([200, 200, 401])), max_size=80))
def test_what_is_counted_is_what_is_held(told: list[tuple[int, float, int]]) -> None:
    stories: Stories[int] = Stories(20, longest=4)
    for key, at, status in told:
        stories.add(key, visit(at, status))
        assert len(stories) <= 20
        now = stories.of(key, at)
        assert now[-1].ended == at
        assert len(now) <= 4
        assert all(abs(at - each.ended) <= WINDOW for each in now)
    assert sum(len(story.visits) for story in stories._stories.values()) == len(stories)


class Counting:
    """A memory that counts."""

    wants = ALWAYS
    view = Present

    def __init__(self, state: State) -> None:
        self.state = state
        self.seen: list[Verdict] = []

    def note(self, exchange: Exchange, visit: Visit) -> None:
        self.seen.append(visit.verdict)

    def __len__(self) -> int:
        return len(self.seen)


def test_memories_are_made_once_and_note_all_from_then_on() -> None:
    state = State()
    subject = Exchange(request=Request(method="GET", target="/"), response=Response(status=200))
    state.note(subject, Verdict.OK)
    memory = state.recall(Counting)
    assert state.recall(Counting) is memory
    assert memory.state is state
    state.note(subject, Verdict.UNKNOWN)
    assert memory.seen == [Verdict.UNKNOWN]
    assert state.sizes() == {"counting": 1}


def test_seals_compare_and_tell_nothing() -> None:
    state = State(b"key")
    assert state.seal("token", "a") == State(b"key").seal("token", "a")
    assert state.seal("token", "a") != State(b"other").seal("token", "a")
    assert state.seal("token", "a") != state.seal("token", "b")
    assert state.seal("\udc80") != state.seal("\udc81")
    assert State().seal("a") != State().seal("a")
    assert b"token" not in state.seal("token")


def test_the_moment_of_an_exchange_is_its_end() -> None:
    request = Request(method="GET", target="/")
    assert moment(Exchange(request=request, started=3.0, ended=5.0)) == 5.0
    assert moment(Exchange(request=request, started=3.0)) == 3.0
