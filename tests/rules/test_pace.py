"""The same is found however fast the exchanges follow each other."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from wirelint.core import wire
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.methods import SAFE
from wirelint.core.rule import Rule
from wirelint.rules import catalogue

ABOUT_PACE = {"hot-retry-loop", "throttle-signal-inconsistent"}
"""Rules whose examples are about how long clients wait."""

TIMED = ("# +", "# outbound")
STORIES = [
    (rule, text)
    for rule in catalogue()
    if rule.recalls and rule.id not in ABOUT_PACE
    for text in rule.bad
    if not any(mark in text for mark in TIMED)
]


def paced(exchanges: Sequence[Exchange], gap: float) -> list[Exchange]:
    return [
        replace(exchange, started=gap * at, first_byte=None, ended=gap * at + 0.001, timestamp=gap * at)
        for at, exchange in enumerate(exchanges)
    ]


def found(exchanges: Sequence[Exchange], gap: float) -> set[tuple[str, str, str]]:
    engine = Engine(catalogue())
    return {
        (finding.rule, finding.method, finding.route)
        for exchange in paced(exchanges, gap)
        for finding in engine.audit(exchange).findings
    }


@pytest.mark.parametrize(("rule", "text"), STORIES, ids=[rule.id for rule, _ in STORIES])
def test_a_story_is_found_at_any_pace(rule: Rule, text: str) -> None:
    exchanges = list(wire.exchanges(text, service="s"))
    assert found(exchanges, 0.002) == found(exchanges, 6.0)
    for at, exchange in enumerate(exchanges):
        # A success seen a moment before is passed over only where nothing could follow from it.
        if exchange.request.method in SAFE and exchange.status is not None and exchange.status < 300:
            again = [exchange, *exchanges] if at else []
            assert found(again, 0.002) == found(again, 6.0), at
