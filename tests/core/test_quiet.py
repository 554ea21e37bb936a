"""What is passed over by rules that look back, and what never is."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from wirelint.core.body import Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Failure, FailureKind, Request, Response
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.headers import Headers
from wirelint.core.quiet import Quiet
from wirelint.core.rule import Rule, When
from wirelint.core.state import State
from wirelint.core.verdict import presumed
from wirelint.core.visit import Visit
from wirelint.core.when import ALWAYS
from wirelint.history.visits import Present


def an_exchange(at: float, status: int | None = 200, **more: Any) -> Exchange:
    fields = [("user-agent", "a"), *more.pop("fields", [])]
    request = Request(
        method=more.pop("method", "GET"), target=more.pop("target", "/x"), headers=Headers.of(*fields), body=Body(b"")
    )
    response = None if status is None else Response(status=status, body=Body(more.pop("content", b"{}")))
    return Exchange(request=request, response=response, service="s", client="c", started=at, ended=at, **more)


def told(*exchanges: Exchange) -> list[bool]:
    """Return whether each was passed over."""
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
        an_exchange(1, fields=[("accept", "*/*")]),
    ],
)
def test_what_differs_is_not(other: Exchange) -> None:
    assert told(an_exchange(0), other) == [False, False]


@pytest.mark.parametrize("name", ["traceparent", "x-request-id", "x-datadog-trace-id", "sentry-trace"])
def test_what_differs_by_its_trace_alone_is(name: str) -> None:
    assert told(*(an_exchange(at, fields=[(name, f"0123456789abcde{at}")]) for at in range(3))) == [False, True, True]


def test_a_request_with_very_many_fields_is_never_passed_over() -> None:
    exchange = an_exchange(0, fields=[(f"x-{number}", "") for number in range(70)])
    assert told(exchange, exchange) == [False, False]


@pytest.mark.parametrize(
    "event",
    [
        an_exchange(1, status=404),
        an_exchange(1, status=302),
        an_exchange(1, method="DELETE"),
        an_exchange(1, method="HEAD"),
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
    search = replace(plain, request=replace(plain.request, body=Body(b'{"q": 1}')))
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
    view = Present

    def __init__(self, state: State) -> None:
        self.noted = 0

    def note(self, exchange: Exchange, visit: Visit) -> None:
        self.noted += 1

    def __len__(self) -> int:
        return self.noted


class Joined(Seen):
    """A memory that counts those, too, in which nothing is new but the trace; others belong to those for ``/with``."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.joined = 0

    def joins(self, exchange: Exchange, visit: Visit) -> bool:
        return exchange.request.target == "/with"

    def join(self, exchange: Exchange, visit: Visit) -> None:
        self.joined += 1


def counting(memory: type[Seen]) -> tuple[Engine, list[str]]:
    """Return an engine with a rule that looks back, and what that rule was asked about."""
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
        recalls=(memory,),
        check=look,
    )
    return Engine([rule]), ran


def test_the_engine_passes_over_rules_and_memories() -> None:
    engine, ran = counting(Seen)
    for at in range(4):
        engine.audit(an_exchange(at))
    assert (len(ran), engine.state.sizes()) == (1, {"seen": 1})


def a_traced(at: float, target: str = "/x") -> Exchange:
    return an_exchange(at, target=target, fields=[("x-request-id", f"0123456789abcde{at:.0f}")])


def test_traces_are_noted_where_nothing_else_is_new() -> None:
    engine, ran = counting(Joined)
    for at in range(4):
        assert not engine.audit(a_traced(at)).faults
    memory = engine.state.recall(Joined)
    assert (ran, memory.noted, memory.joined) == (["/x"], 1, 3)


def test_what_belongs_to_others_by_its_trace_is_not_passed_over() -> None:
    engine, ran = counting(Joined)
    for at in range(3):
        engine.audit(a_traced(at, "/with"))
    memory = engine.state.recall(Joined)
    assert (len(ran), memory.noted, memory.joined) == (3, 3, 0)


def test_a_memory_that_cannot_tell_whether_it_joins_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Joined, exchange: Exchange, visit: Visit) -> bool:
        raise RuntimeError

    monkeypatch.setattr(Joined, "joins", fails)
    engine, ran = counting(Joined)
    faults = [engine.audit(a_traced(at)).faults for at in range(2)]
    assert (faults, len(ran)) == ([(), ("state",)], 2)
