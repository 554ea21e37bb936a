"""Where Location leads, as seen from the request."""

from __future__ import annotations

import pytest

from lab.rule import answer
from wirelint.core.wire import exchanges
from wirelint.evidence.locations import location


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("/orders/42", "/orders/42"),
        ("42", "/v1/42"),
        ("./things/42?a=1#top", "/v1/things/42?a=1"),
        ("../v2/42", "/v2/42"),
        ("?page=2", "/v1/things?page=2"),
        ("//api.example/x", "/x"),
        ("https://API.example:443/x", "/x"),
        ("http://user@api.example:80", "/"),
        ("http://api.example:8080/x", None),
        ("http://other.example/x", None),
        ("mailto:ada@api.example", None),
        ("http://[::1/x", None),
        ("/" + "x" * 3000, None),
        ("", None),
    ],
)
def test_location(value: str, target: str | None) -> None:
    (exchange,) = exchanges(answer("201 Created", f"Location: {value}"))
    assert location(exchange) == target


def test_two_lines_are_none() -> None:
    (exchange,) = exchanges(answer("201 Created", "Location: /a", "Location: /b"))
    assert location(exchange) is None
