"""Proxy-Status: only the last member speaks for the status."""

from __future__ import annotations

import pytest

from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.evidence.proxy_status import Declared, declared


def of(value: str) -> Declared | None:
    response = Response(status=200, headers=Headers.of(("Proxy-Status", value)))
    return declared(Exchange(request=Request(method="GET", target="/"), response=response))


@pytest.mark.parametrize(
    ("value", "upstream"),
    [
        ("edge; error=connection_timeout", 504),
        ("edge; error=connection_refused", 502),
        ("edge; error=destination_unavailable", 503),
        ("edge; error=http_request_denied", None),
        ("edge; error=something_new", None),
        ("edge; received-status=503", 503),
        ("edge; received-status=404", None),
        ("inner; error=dns_error, edge; received-status=200", None),
        ("edge", None),
    ],
)
def test_what_calls_for_a_gateway_status(value: str, upstream: int | None) -> None:
    found = of(value)
    assert found is not None
    assert found.upstream == upstream


@pytest.mark.parametrize("value", ["", "edge; error=", "(a b)", "edge,"])
def test_what_cannot_be_read_declares_nothing(value: str) -> None:
    assert of(value) is None
