"""What all rules about clients hold to."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from lab.rule import audit, run
from wirelint.core.finding import Side
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue

RULES = (
    "retry-after-ignored",
    "hot-retry-loop",
    "forbidden-retried",
    "stale-credential-loop",
    "unsafe-auto-retry",
    "sunset-ignored",
)
CANARY = "walrus"
"""A word, so that no net for random characters catches it."""
MASKED = ("Authorization: Bearer [REDACTED]",)


@pytest.mark.parametrize("rule", RULES)
def test_it_is_the_client_that_is_told_about(rule: str) -> None:
    (declared,) = (each for each in catalogue() if each.id == rule)
    for text in declared.bad:
        for finding in run(rule, text):
            assert finding.side is Side.CLIENT
            assert finding.message.startswith("the client ")


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "sunset-ignored"])
def test_without_times_nothing_is_known_of_what_came_first(rule: str) -> None:
    (declared,) = (each for each in catalogue() if each.id == rule)
    for text in declared.bad:
        assert audit(rule, *exchanges(text)) != []
        timeless = (replace(each, started=0.0, ended=0.0, timestamp=None) for each in exchanges(text))
        assert audit(rule, *timeless) == []


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "sunset-ignored"])
def test_what_was_under_way_already_could_not_know(rule: str) -> None:
    (declared,) = (each for each in catalogue() if each.id == rule)
    for text in declared.bad:
        told = list(exchanges(text))
        # All are answered after the last was sent.
        slow = [replace(each, ended=(each.ended or 0.0) + 100.0) for each in told]
        assert audit(rule, *slow) == []


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "sunset-ignored"])
def test_other_clients_and_masked_credentials_are_never_the_same(rule: str) -> None:
    (declared,) = (each for each in catalogue() if each.id == rule)
    for text in declared.bad:
        told = list(exchanges(text))
        others = (replace(each, client=f"client {at}") for at, each in enumerate(told))
        assert audit(rule, *others) == []
        plain = "\n".join(line for line in text.split("\n") if not line.startswith("Authorization:"))
        host = "Host: shop.example\n"
        assert run(rule, plain.replace(host, f"{host}{MASKED[0]}\n")) == []


@pytest.mark.parametrize("rule", RULES)
def test_no_secret_and_no_address_is_shown(rule: str) -> None:
    (declared,) = (each for each in catalogue() if each.id == rule)
    for text in declared.bad:
        secret = text.replace(" HTTP/1.1\nHost", f"?sig={CANARY} HTTP/1.1\nHost").replace('": "', f'": "{CANARY} ')
        found = run(rule, secret.replace("66d3d6c2aa3e8a2a1d1a8d3f9f1b2c4e", CANARY))
        assert found
        assert CANARY.encode() not in msgspec.json.encode(found)
