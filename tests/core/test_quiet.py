"""What is passed over by rules that look back, and what never is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from wirelint.core.body import Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Failure, FailureKind, Headers, Request, Response
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.quiet import Quiet
from wirelint.core.rule import Rule, When
from wirelint.core.state import State
from wirelint.core.verdict import Verdict, presumed
from wirelint.core.when import ALWAYS


def an_exchange(at: float, status: int | None = 200, **more: Any) -> Exchange:
    fields = [("user-agent", "a"), *more.pop("fields", [])]
    request = Request(
        method=more.pop("method", "GET"), target=more.pop("target", "/x"), headers=Headers.of(*fields), body=Body(b"")
    )
    response = None if status is None else Response(status=status, body=Body(more.pop("content", b"{}")))
    return Exchange(request=request, response=response, service="s", client="c", started=at, ended=at, **more)


def told(*exchanges: Exchange) -> list[bool]:
    """Whether each was passed over."""
    quiet, found = Quiet(), []
    for exchange in exchanges:
        found.append(quiet.holds(exchange))
        if not found[-1]:
            quiet.note(exchange, presumed(exchange))
    return found


def test_the_same_again_is_passed_over() -> None:
    assert told(an_exchange(0), an_exchange(1), an_exchange(2)) == [False, True, True]


def test_from_time_to_time_it_is_noted_all_the_same() -> None:
    assert told(an_exchange(0), an_exchange(4.9), an_exchange(5.1), an_exchange(6)) == [False, True, False, True]


def test_a_clock_that_goes_back_hides_nothing() -> None:
    assert told(an_exchange(100), an_exchange(1)) == [False, False]


@pytest.mark.parametrize(
    "other",
    [
        an_exchange(1, target="/y"),
        an_exchange(1, method="HEAD"),
        an_exchange(1, status=204),
        an_exchange(1, content=b"{ }"),
        an_exchange(1, fields=[("authorization", "Bearer a")]),
        an_exchange(1, fields=[("x-request-id", "0123456789abcdef")]),
    ],
)
def test_what_differs_is_not(other: Exchange) -> None:
    assert told(an_exchange(0), other) == [False, False]


@pytest.mark.parametrize(
    "event",
    [
        an_exchange(1, status=404),
        an_exchange(1, status=302),
        an_exchange(1, method="DELETE"),
        an_exchange(1, method="POST", status=201),
        an_exchange(1, status=None, failure=Failure(kind=FailureKind.RESET)),
        an_exchange(1, status=200, failure=Failure(kind=FailureKind.RESET)),
    ],
)
def test_whatever_happens_to_the_service_ends_the_quiet(event: Exchange) -> None:
    assert told(an_exchange(0), event, an_exchange(2), an_exchange(3)) == [False, False, False, True]


@pytest.mark.parametrize("again", [an_exchange(1, status=500), an_exchange(1, method="PUT")])
def test_trouble_itself_is_never_passed_over(again: Exchange) -> None:
    assert told(again, again, again) == [False, False, False]


def test_a_request_with_content_is_never_passed_over() -> None:
    plain = an_exchange(0)
    search = msgspec.structs.replace(plain, request=msgspec.structs.replace(plain.request, body=Body(b'{"q": 1}')))
    assert told(search, search) == [False, False]


def test_it_stays_small() -> None:
    quiet = Quiet()
    for number in range(10_000):
        exchange = an_exchange(0, target=f"/{number}", status=500 if number % 3 else 200)
        quiet.holds(exchange)
        quiet.note(exchange, presumed(exchange))
    assert len(quiet._noted) <= 4096


class Seen:
    """A memory that counts."""

    wants = ALWAYS

    def __init__(self, state: State) -> None:
        self.noted = 0

    def note(self, exchange: Exchange, verdict: Verdict) -> None:
        self.noted += 1

    def __len__(self) -> int:
        return self.noted


def test_the_engine_passes_over_rules_and_memories() -> None:
    ran: list[str] = []

    def look(exchange: Exchange, context: object) -> list[Hit]:
        ran.append(exchange.request.target)
        return []

    rule = Rule(
        id="r",
        severity=Severity.LOW,
        confidence=Confidence.STRONG,
        because="x",
        basis="x",
        when=When(),
        recalls=(Seen,),
        check=look,
    )
    engine = Engine([rule])
    for at in range(4):
        engine.audit(an_exchange(at))
    assert (len(ran), engine.state.sizes()) == (1, {"seen": 1})
