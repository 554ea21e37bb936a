"""Who sends what again, and when one knew of the other."""

from __future__ import annotations

import msgspec
import pytest

from lab.story import ADA, BOB, turn, visit_of
from wirelint.core.state import State
from wirelint.core.visit import Visit
from wirelint.core.wire import exchanges
from wirelint.history.repeats import by_a_person, has_become, is_probe, knew, repeats, same_client

BROKEN = turn("GET /prices", 500, '{"error": "no"}')


def visits(*story: str) -> list[Visit]:
    state = State()
    return [visit_of(exchange, state) for exchange in exchanges("".join(story))]


def moved(visit: Visit, started: float, ended: float) -> Visit:
    return msgspec.structs.replace(visit, started=started, ended=ended)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((), (), True),
        ((ADA,), (ADA,), True),
        ((ADA,), (BOB,), False),
        ((ADA,), (), False),
        ((), (ADA,), False),
        ((), ("User-Agent: another",), False),
        ((ADA,), (ADA, "User-Agent: another"), False),
        ((ADA,), (ADA, "X-Forwarded-For: 192.0.2.7"), False),
        (("Authorization: [REDACTED]",), ("Authorization: [REDACTED]",), False),
        (("Authorization: [REDACTED]",), (), False),
        ((), ("Authorization: [REDACTED]",), False),
    ],
)
def test_same_client(one: tuple[str, ...], other: tuple[str, ...], same: bool) -> None:
    first, second = visits(turn("GET /a", 200, asked=one), turn("GET /b", 200, asked=other))
    assert same_client(first, second) is same


def test_what_was_sent_after_an_answer_knew_of_it() -> None:
    told, later = visits(BROKEN, BROKEN)
    assert knew(moved(later, 2.0, 3.0), moved(told, 1.0, 2.0))
    assert not knew(moved(later, 1.9, 3.0), moved(told, 1.0, 2.0))
    assert not knew(moved(later, 1.0, 3.0), moved(told, 1.0, 1.0))
    assert not knew(told, later)


def test_a_row() -> None:
    *story, now = visits(BROKEN, BROKEN, BROKEN)
    assert repeats(story, now) == [*story, now]
    assert repeats([], now) == [now]


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        (turn("GET /other", 500), 3),
        (turn("GET /other", 200, "{}"), 3),
        (turn("PUT /other", 500, sent="{}"), 3),
        (turn("PUT /other", 204, sent="{}"), 1),
        (turn("POST /other", 201, sent="{}"), 1),
        (turn("DELETE /other", 204), 1),
        (turn("OPTIONS /other", 204), 3),
        (turn("GET /prices", 200, "{}"), 1),
        (turn("GET /prices", 502), 1),
        (turn("GET /prices", 502, asked=(ADA,)), 3),
        (turn("GET /prices", 500, asked=(ADA,)), 3),
    ],
)
def test_what_ends_a_row(between: str, expected: int) -> None:
    *story, now = visits(BROKEN, BROKEN, between, BROKEN)
    assert len(repeats(story, now)) == expected


def test_those_under_way_are_left_out() -> None:
    first, second, third = visits(BROKEN, BROKEN, BROKEN)
    first, second, third = moved(first, 0.0, 1.0), moved(second, 0.5, 2.0), moved(third, 2.0, 3.0)
    assert repeats([first, second], third) == [second, third]
    hedged = moved(second, 2.0, 2.5)
    assert repeats([first, hedged], third) == [first, third]


def test_content_that_is_not_known_repeats_nothing() -> None:
    long = turn("POST /prices", 500, sent='{"text": "' + "tea " * 5000 + '"}')
    *story, now = visits(long, long, long)
    assert repeats(story, now) == [now]


def test_a_row_becomes_one_once() -> None:
    row = [moved(visit, at, at) for at, visit in enumerate(visits(*[BROKEN] * 7))]
    assert [has_become(row[:length], 4, 10.0) for length in range(8)] == [False] * 4 + [True] + [False] * 3
    assert has_become(row[:4], 4, 3.0)
    assert not has_become(row[:4], 4, 2.9)
    assert not has_become(row[1:4], 4, 10.0)
    # Sparse first, dense from here on.
    assert has_become([moved(row[0], -50.0, -50.0), *row[1:5]], 4, 10.0)


@pytest.mark.parametrize(
    ("fields", "person"),
    [
        ((), False),
        (("Accept: text/html,*/*",), True),
        (("Accept: application/json",), False),
        (("Sec-Fetch-Mode: navigate",), True),
        (("Sec-Fetch-Mode: cors",), False),
    ],
)
def test_by_a_person(fields: tuple[str, ...], person: bool) -> None:
    (exchange,) = exchanges(turn("GET /prices", 200, asked=fields))
    assert by_a_person(exchange) is person


@pytest.mark.parametrize(
    ("path", "probe"),
    [
        ("/healthz", True),
        ("/actuator/health/liveness", True),
        ("/READY", True),
        ("/ping?verbose=1", True),
        ("/v1/status", True),
        ("/healthcare", False),
        ("/prices?from=/health", False),
        ("/" + "a" * 1100 + "/health", False),
    ],
)
def test_is_probe(path: str, probe: bool) -> None:
    (exchange,) = exchanges(turn(f"GET {path}", 200))
    assert is_probe(exchange) is probe
