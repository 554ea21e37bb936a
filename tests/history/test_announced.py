"""Which announcements of resources are remembered, and where."""

from __future__ import annotations

import pytest

from lab.story import later, remembered, turn
from wirelint.history.announced import Announced, Announcement


def announced(story: str, then: str = "GET /orders/42") -> Announcement | None:
    memory, told = remembered(Announced, story + turn(then, 404))
    return memory.of(told[-1])


@pytest.mark.parametrize("status", [201, 202, 302, 303])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_by_location(status: int, method: str) -> None:
    found = announced(turn(f"{method} /orders", status, "", "Location: /orders/42"))
    assert found is not None
    assert found.named
    assert found.created is (status == 201)


@pytest.mark.parametrize(
    "story",
    [
        turn("GET /orders", 302, "", "Location: /orders/42"),
        turn("POST /orders", 200, "", "Location: /orders/42"),
        turn("POST /orders", 307, "", "Location: /orders/42"),
        turn("POST /orders", 201, "", "Location: /orders/4"),
        turn("POST /orders", 201, "", "Location: http://[/orders/42"),
        turn("POST /orders", 200, '{"id": 42}'),
        turn("PUT /orders", 201, '{"id": 42}'),
        turn("POST /orders?x=1", 201, '{"id": 42}'),
        turn("POST /orders", 201, '{"id": true}'),
        turn("POST /orders", 201, '{"id": {"n": 42}}'),
        turn("POST /orders", 201, '{"id": 42}', "Location: http://other.example/42"),
        turn("POST /orders", 201, "", "Location: /orders/42") + later(700),
    ],
)
def test_nothing_is_announced(story: str) -> None:
    assert announced(story) is None


def test_by_id() -> None:
    for made in ('{"id": 42}', '{"id": "42"}'):
        found = announced(turn("POST /orders/", 201, made))
        assert found is not None
        assert not found.named
    assert announced(turn("POST /orders", 201, '{"id": "a/b"}'), "GET /orders/a%2Fb") is not None


@pytest.mark.parametrize(
    ("made", "place"),
    [('{"id": true}', "True"), ('{"id": null}', "None"), ('{"id": ""}', ""), (f'{{"id": "{"x" * 200}"}}', "x" * 200)],
)
def test_what_is_no_id(made: str, place: str) -> None:
    assert announced(turn("POST /orders", 201, made), f"GET /orders/{place}") is None


def test_only_what_was_created_has_its_id_there() -> None:
    assert announced(turn("POST /orders", 202, '{"id": 42}')) is None


def test_a_query_belongs_to_it() -> None:
    story = turn("POST /orders", 201, "", "Location: /orders/42?key=7")
    assert announced(story) is None
    assert announced(story, "GET /orders/42?key=7") is not None
