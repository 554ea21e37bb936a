"""Which lists of methods are remembered."""

from __future__ import annotations

import pytest

from lab.story import remembered, turn
from wirelint.history.allowed import Allowed


def methods(*fields: str, status: int = 204, asked: tuple[str, ...] = ()) -> set[str] | None:
    memory, told = remembered(Allowed, turn("OPTIONS /a", status, "", *fields, asked=asked) + turn("GET /a", 200))
    listed = memory.of(told[-1])
    return None if listed is None else set(listed.methods)


def test_lists() -> None:
    assert methods("Allow: GET, put ,, DELETE") == {"GET", "PUT", "DELETE"}
    assert methods("Allow: GET", "Allow: PUT", status=405) == {"GET", "PUT"}


@pytest.mark.parametrize("value", ["", ",", "GET; PUT", "*", "GET," * 400])
def test_no_lists(value: str) -> None:
    assert methods(f"Allow: {value}") is None


def test_lists_that_are_not_about_the_resource() -> None:
    assert methods("Allow: GET", asked=("Access-Control-Request-Method: PUT",)) is None
    for status in (301, 401, 403, 404, 500):
        assert methods("Allow: GET", status=status) is None
