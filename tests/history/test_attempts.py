"""What of a rejected write is remembered: only what would have changed, and none of it readable."""

from __future__ import annotations

import pytest

from lab.story import remembered, turn
from wirelint.history.attempts import Attempts, values

SEEN = turn("GET /a/1", 200, '{"name": "Ada", "age": 36, "on": true, "tags": ["x"], "home": {"city": "London"}}')


def fields(sent: str, status: int = 400, method: str = "PUT") -> set[str]:
    memory, told = remembered(Attempts, SEEN + turn(f"{method} /a/1", status, "{}", sent=sent) + SEEN)
    attempt = memory.of(told[-1])
    return set() if attempt is None else set(attempt.fields)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ('{"name": "Grace", "age": 36}', {"name"}),
        ('{"home": {"city": "Paris", "zip": "1"}}', {"home.city"}),
        ('{"on": 1}', {"on"}),
        ('{"tags": ["y"], "name": null}', set()),
        ('{"name": "Ada"}', set()),
        ('[{"name": "Grace"}]', set()),
        ("name=Grace", set()),
    ],
)
def test_fields_that_would_have_changed(sent: str, expected: set[str]) -> None:
    assert fields(sent) == expected


def test_statuses_that_leave_it_open() -> None:
    assert {status for status in range(400, 500) if not fields('{"name": "Grace"}', status)} == {
        408, 409, 412, 423, 424, 425, 499
    }  # fmt: skip
    assert fields('{"name": "Grace"}', 500) == set()
    assert fields('{"name": "Grace"}', 204) == set()


def test_only_short_changes_of_the_resource_itself_count() -> None:
    assert fields('{"name": "Grace"}', method="PATCH") == {"name"}
    assert fields('{"name": "Grace"}', method="POST") == set()
    assert fields(f'{{"name": "{"x" * 17_000}"}}') == set()


def test_a_write_that_works_ends_it() -> None:
    story = SEEN + turn("PUT /a/1", 400, sent='{"age": 1}') + turn("PUT /a/1", 204, sent='{"age": 2}') + SEEN
    memory, _ = remembered(Attempts, story)
    assert len(memory) == 0


def test_values_are_bounded() -> None:
    assert len(values({str(number): number for number in range(1000)})) == 64
    deep: dict[str, object] = {"x": 1}
    for _ in range(900):
        deep = {"a": deep}
    assert values(deep) == {}
    assert values([1]) == {}
    assert values({"a": {"b": {"c": 1, "d": {"e": 2}}}}).keys() == {"a.b.c"}
