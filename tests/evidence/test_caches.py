"""By which signs a stored response is known."""

from __future__ import annotations

import pytest

from lab.rule import answer
from wirelint.core.exchange import Exchange, Request
from wirelint.core.wire import exchanges
from wirelint.evidence.caches import from_cache


@pytest.mark.parametrize(
    ("field", "stored"),
    [
        ("Age: 1", True),
        ("Age: 0", False),
        ("Age: soon", False),
        ("X-Cache: HIT", True),
        ("X-Cache: Hit from cloudfront", True),
        ("X-Cache: MISS, HIT", True),
        ("X-Cache: MISS", False),
        ("CF-Cache-Status: DYNAMIC", False),
        ("CF-Cache-Status: STALE", True),
        ("Cache-Status: edge; hit; ttl=30", True),
        ("Cache-Status: edge; fwd=uri-miss", False),
        ("Cache-Control: max-age=60", False),
        ("X-Cache: white", False),
    ],
)
def test_from_cache(field: str, stored: bool) -> None:
    (exchange,) = exchanges(answer("200 OK", field))
    assert from_cache(exchange) is stored


def test_no_response_is_no_copy() -> None:
    assert not from_cache(Exchange(request=Request(method="GET", target="/")))
