"""What all rules about services hold to: they speak once an hour, and show no secret."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from lab.rule import run
from wirelint.core.engine import Engine
from wirelint.core.finding import Confidence, Finding
from wirelint.core.wire import exchanges
from wirelint.history.services import PERIOD
from wirelint.rules import catalogue

RULES = (
    "always-200-service",
    "catch-all-400",
    "catch-all-500",
    "error-envelope-inconsistent",
    "same-error-many-statuses",
    "throttle-signal-inconsistent",
)
CANARY = "walrus"
"""A word, so that no net for random characters catches it."""


@pytest.mark.parametrize("rule", RULES)
def test_a_service_is_told_about_once_an_hour(rule: str) -> None:
    (declared,) = (each for each in catalogue() if each.id == rule)
    assert declared.once_per == "service"
    for text in declared.bad:
        story = list(exchanges(text))
        span = story[-1].started - story[0].started + 10

        def again(after: float, service: str = "example", text: str = text) -> list[Finding]:
            engine = Engine([declared], least=Confidence.WEAK)
            found: list[Finding] = []
            for at, name in [(0.0, "example"), (after, service)]:
                for each in exchanges(text):
                    ended = None if each.ended is None else each.ended + at
                    own = name if each.service == "example" else each.service
                    moved = replace(each, service=own, started=each.started + at, ended=ended)
                    found += engine.audit(replace(moved)).findings
            return found

        assert len(again(span)) == 1
        assert len(again(PERIOD + span)) == 2
        assert len(again(span, "another")) == 2


@pytest.mark.parametrize("rule", RULES)
def test_no_secret_and_no_address_is_shown(rule: str) -> None:
    (declared,) = (each for each in catalogue() if each.id == rule)
    for text in declared.bad:
        secret = text.replace(" HTTP/1.1\nHost", f"&sig={CANARY} HTTP/1.1\nHost")
        secret = secret.replace("Host: ", f"Authorization: Bearer {CANARY}\nHost: ")
        found = run(rule, secret.replace('"message": "', f'"message": "{CANARY}: '))
        assert found
        assert CANARY.encode() not in msgspec.json.encode(found)
