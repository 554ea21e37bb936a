"""A request line that is safe to show."""

from __future__ import annotations

import pytest

from wirelint.core.exchange import Request
from wirelint.sinks.request_line import request_line


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/orders/17", "GET /orders/17"),
        ("/orders/9f86d081-884c-4d65-9a2f-1a3b5c7d9e0f/lines/3", "GET /orders/{uuid}/lines/3"),
        ("/cards/4111111111111111", "GET /cards/{id}"),
        ("/search?q=my+secret&page=2&flag", "GET /search?q=…&page=…&…"),
        ("/reset?sk_live_123456=1&a%20b=2", "GET /reset?…&…"),
        ("/a?" + "&".join(f"{letter}=1" for letter in "abcdefghijkl"), "GET /a?a=…&b=…&c=…&d=…&e=…&f=…&g=…&h=…&…"),
        ("/" + "/".join("abcdefghijklmnopq"), "GET /a/b/c/d/e/f/g/h/i/j/k/l/…"),
        ("*", "GET *"),
    ],
)
def test_a_request_line_shows_nothing_a_client_chose_freely(target: str, shown: str) -> None:
    assert request_line(Request(method="GET", target=target)) == shown
    assert request_line(Request(method="hunter2", target="/")) == "_OTHER /"
