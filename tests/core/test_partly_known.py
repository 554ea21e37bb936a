"""Exchanges of which a source does not know everything: nothing is concluded from what is missing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from wirelint.core import wire
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.state import State
from wirelint.history.visits import Present
from wirelint.rules import catalogue

RULES = {rule.id: rule for rule in catalogue()}


def found(rule: str, example: int = 0, **known: bool) -> bool:
    """Return whether a rule finds one of its own examples if their exchanges have these attributes."""
    engine = Engine([RULES[rule]])
    exchanges = wire.exchanges(RULES[rule].bad[example], service="s")
    return any(engine.audit(replace(each, **known)).findings for each in exchanges)


@pytest.mark.parametrize("rule", ["repeated-delete-5xx", "hot-retry-loop"])
def test_examples_are_no_story(rule: str) -> None:
    assert found(rule)
    assert not found(rule, alone=True)


@pytest.mark.parametrize(
    ("rule", "example"),
    [("missing-credentials-as-403", 1), ("missing-credentials-misreported", 0), ("auth-status-inconsistent", 0)],
)
def test_credentials_that_a_recorder_left_out_are_not_missing(rule: str, example: int) -> None:
    assert found(rule, example)
    assert not found(rule, example, credentials_hidden=True)


def test_a_caller_that_is_cached_is_not_taken_for_one_whose_credentials_are_hidden() -> None:
    present = Present(State(b"a key of this test"))
    (exchange,) = wire.exchanges("GET /a HTTP/1.1\nHost: a\n\nHTTP/1.1 404 Not Found\n\n", service="s")

    def is_anonymous(each: Exchange) -> bool:
        return present.visit(each).anonymous

    assert is_anonymous(exchange)
    assert not is_anonymous(replace(exchange, credentials_hidden=True))
    assert is_anonymous(exchange)


def test_a_pace_that_an_unknown_field_may_ask_for_is_no_loop() -> None:
    engine = Engine([RULES["hot-retry-loop"]])
    text = "GET /a HTTP/1.1\nHost: a\n\nHTTP/1.1 503 Service Unavailable\n\n"
    (exchange,) = wire.exchanges(text, service="s")

    def loops(*, known: bool) -> bool:
        row = [
            replace(exchange, id=f"{known}-{at}", started=0.2 * at, ended=0.2 * at + 0.1, fields_known=known)
            for at in range(8)
        ]
        return any(engine.audit(each).findings for each in row)

    assert loops(known=True)
    assert not loops(known=False)
