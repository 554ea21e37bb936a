"""Services that speak TLS where http:// was given are named once."""

from __future__ import annotations

import msgspec
import pytest

from wirelint.core import wire
from wirelint.core.audit import Audit
from wirelint.core.engine import Engine
from wirelint.core.exchange import Failure, FailureKind
from wirelint.sinks.scheme_check import SchemeCheck

ASKED = "GET / HTTP/1.1\nHost: a\n\n"


def audit(answer: str, *, failure: FailureKind | None = None) -> Audit:
    (exchange,) = wire.exchanges(ASKED + answer, service="shop")
    if failure is not None:
        exchange = msgspec.structs.replace(exchange, response=None, failure=Failure(failure, "x"))
    return Engine(()).audit(exchange)


OK = "HTTP/1.1 200 OK\n\nfine"
GO = "HTTP/1.1 400 Bad Request\n\nClient sent an HTTP request to an HTTPS server.\n"


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (audit(OK), []),
        (audit(GO), ["shop: expects TLS: give its URL with https://"]),
        (
            audit(OK, failure=FailureKind.RESET),
            ["shop: closed the connection without an answer: if it expects TLS, give https:// in its URL"],
        ),
        (audit(OK, failure=FailureKind.CONNECT), []),
        (audit("HTTP/1.1 400 Bad Request\n\nname is missing"), []),
    ],
)
def test_the_first_exchange_decides(first: Audit, said: list[str]) -> None:
    heard: list[str] = []
    check = SchemeCheck(heard.append)
    for each in (first, audit(GO), audit(OK, failure=FailureKind.RESET)):
        check.accept(each)
    assert heard == said
