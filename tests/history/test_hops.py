"""Which exchanges are joined to calls of their service, and which must not be."""

from __future__ import annotations

from typing import Any

import pytest

from lab.rule import audit
from wirelint.core.engine import Engine
from wirelint.core.exchange import Direction, Exchange, Failure, FailureKind, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.state import State
from wirelint.core.verdict import presumed
from wirelint.history.hops import Hops, Traces
from wirelint.rules import catalogue

ONE, TWO = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b700f067aa0ba902b7"


class Past:
    """Notes exchanges one by one; each by service, begin and end in seconds."""

    def __init__(self) -> None:
        self.state = State(b"test")
        self.traces = self.state.recall(Traces)

    def __call__(self, service: str, started: float, ended: float, trace: str | None = ONE, **more: Any) -> Hops | None:
        """Take in an exchange; what it completes."""
        exchange = an_exchange(service, started, ended, trace, **more)
        hops = self.traces.hops(exchange)
        self.state.note(exchange, presumed(exchange))
        return hops


def an_exchange(
    service: str,
    started: float,
    ended: float,
    trace: str | None,
    *,
    status: int | None = 200,
    path: str = "/x",
    agent: str = "a",
    outbound: bool = False,
    kind: FailureKind = FailureKind.RESET,
) -> Exchange:
    pairs = [("user-agent", agent)] + ([("x-request-id", trace)] if trace else [])
    return Exchange(
        request=Request(method="GET", target=path, headers=Headers.of(*pairs)),
        response=None if status is None else Response(status=status),
        failure=Failure(kind=kind) if status is None else None,
        service=service,
        direction=Direction.OUTBOUND if outbound else Direction.INBOUND,
        id=f"{service}-{started}",
        client="10.0.0.9",
        started=started,
        ended=ended,
        timestamp=started,
    )


@pytest.fixture
def past() -> Past:
    return Past()


def services(hops: Hops | None) -> list[str]:
    return [call.service for call in hops.calls] if hops is not None else []


def test_a_call_lies_within_and_bears_the_id(past: Past) -> None:
    past("stock", 1, 2, outbound=True)
    hops = past("shop", 0, 3)
    assert services(hops) == ["stock"]
    assert hops is not None
    assert hops.certain


@pytest.mark.parametrize(("started", "ended"), [(-1, 2), (1, 4), (4, 5)])
def test_what_does_not_lie_within_is_no_call(past: Past, started: float, ended: float) -> None:
    past("stock", started, ended, outbound=True)
    assert past("shop", 0, 3) is None


@pytest.mark.parametrize(("ended", "joined"), [(3.004, True), (3.006, False)])
def test_ends_may_be_noted_some_milliseconds_out_of_order(past: Past, ended: float, joined: bool) -> None:
    past("stock", 1, ended, outbound=True)
    assert services(past("shop", 0, 3)) == (["stock"] if joined else [])


def test_another_id_makes_it_no_call(past: Past) -> None:
    past("stock", 1, 2, TWO, outbound=True)
    assert past("shop", 0, 3) is None


def test_the_same_service_does_not_call_itself(past: Past) -> None:
    past("shop", 1, 2)
    assert past("shop", 0, 3) is None


def test_without_ids_time_gives_a_hint(past: Past) -> None:
    past("stock", 1, 2, None, outbound=True)
    hops = past("shop", 0, 3, None)
    assert hops is not None
    assert not hops.certain


def test_without_ids_two_that_it_may_belong_to_make_it_nobodys(past: Past) -> None:
    past("stock", 1, 2, None, outbound=True)
    past("other", 0.5, 2.5, None, path="/y")
    assert past("shop", 0, 3, None) is None


def test_one_id_for_two_exchanges_at_a_time_makes_it_nobodys(past: Past) -> None:
    past("stock", 1, 2, outbound=True)
    past("shop", 0.5, 2.5)
    assert past("shop", 0, 3) is None


def test_calls_side_by_side_are_not_each_others(past: Past) -> None:
    """A gateway asks two services at a time, and the quick one lies within the slow one."""
    for at in (0, 10):
        past("prices", at + 1.2, at + 1.5, f"{ONE[:-2]}{at:02}", path="/prices", agent="gateway")
        assert past("stock", at + 1, at + 2, f"{ONE[:-2]}{at:02}", path="/stock", agent="gateway") is None
        assert services(past("gateway", at, at + 3, f"{ONE[:-2]}{at:02}", path="/item")) == ["stock", "prices"]


def test_what_a_service_behind_the_gateway_calls_is_its_own(past: Past) -> None:
    past("prices", 1.2, 1.5, path="/prices", agent="stock/1.0")
    assert services(past("stock", 1, 2, path="/stock", agent="gateway")) == ["prices"]
    assert services(past("gateway", 0, 3, path="/item")) == ["stock"]


def test_a_client_like_the_gateways_own_is_told_from_it_once_the_gateway_is_known(past: Past) -> None:
    past("gateway", 0, 1, TWO, path="/calm/x")
    past("stock", 3, 4, path="/x")
    assert services(past("gateway", 2, 5, path="/calm/x")) == ["stock"]


def test_a_call_that_was_given_up_may_end_after_its_exchange(past: Past) -> None:
    assert past("shop", 0, 3, status=500) is None
    hops = past("stock", 1, 3.2, status=None, outbound=True, kind=FailureKind.CLIENT_GONE)
    assert hops is not None
    assert (hops.outer.service, services(hops)) == ("shop", ["stock"])
    assert hops.late is not None
    assert hops.about is hops.outer


def test_a_call_that_went_on_for_long_was_not_given_up_for_it(past: Past) -> None:
    past("shop", 0, 3, status=500)
    assert past("stock", 1, 9, status=None, outbound=True, kind=FailureKind.CLIENT_GONE) is None


def test_a_repeated_call_that_succeeds_is_no_failure(past: Past) -> None:
    past("stock", 1, 1.2, status=503, outbound=True)
    past("stock", 1.3, 1.5, outbound=True)
    hops = past("shop", 0, 3)
    assert hops is not None
    assert hops.final_failures() == []
    assert hops.last_word() is None


def test_a_failure_before_another_call_that_is_answered_is_not_the_last_word(past: Past) -> None:
    past("stock", 1, 1.2, status=503, outbound=True)
    past("copies", 1.3, 1.5, outbound=True, path="/copy")
    hops = past("shop", 0, 3)
    assert hops is not None
    assert [call.service for call in hops.final_failures()] == ["stock"]
    assert hops.last_word() is None


def test_old_exchanges_of_an_id_are_forgotten(past: Past) -> None:
    past("stock", 1, 2, outbound=True)
    past("else", 900, 901, TWO)
    assert past("shop", 0, 903) is None


def test_it_stays_small(past: Past) -> None:
    for number in range(20_000):
        past(f"s{number}", number, number + 0.5, f"{number:032x}", outbound=bool(number % 2))
    assert len(past.traces) <= 8192
    for number in range(1000):
        past("stock", 30_000 + number * 0.01, 30_000.005 + number * 0.01, outbound=True)
    assert len(services(past("shop", 29_999, 30_020))) <= 64


@pytest.mark.parametrize(("status", "joins"), [(200, False), (404, True), (503, True), (None, True)])
def test_an_exchange_joins_calls_that_something_is_to_be_concluded_from(
    past: Past, status: int | None, joins: bool
) -> None:
    past("stock", 1, 2, status=status, outbound=True)
    inbound = an_exchange("shop", 0, 3, ONE)
    assert past.traces.joins(inbound, past.state.visit(inbound)) is joins


def test_a_call_that_failed_shows_among_many_alike() -> None:
    """The answers of the shop differ by their traces alone, and so does what the stock is asked."""
    told = []
    for number in range(9):
        trace, begun = f"{number:032x}", number * 0.1
        told.append(an_exchange("stock", begun + 0.01, begun + 0.02, trace, status=503 if number == 5 else 200))
        told.append(an_exchange("shop", begun, begun + 0.03, trace, agent="browser"))
    found = audit("degraded-as-complete", *told)
    assert [finding.exchange_id for finding in found] == [told[11].id]


def test_a_call_is_found_though_it_was_made_many_times_before(past: Past) -> None:
    engine = Engine([rule for rule in catalogue() if Traces in rule.recalls], state=past.state)
    for number in range(9):
        engine.audit(an_exchange("stock", number, number + 0.5, f"{number:032x}", outbound=True))
    assert services(past("shop", 7.9, 8.7, f"{8:032x}")) == ["stock"]
