"""The list of what the demo shows is complete and consistent."""

from __future__ import annotations

import re

from wirelint.demo.clients import PERSONAS
from wirelint.demo.scenarios import ABOUT, FLOWS, SCENARIOS, expected_rules
from wirelint.demo.services import SERVICES

SHOWN = {
    "ok-with-error-body",
    "unauthorized-without-challenge",
    "forbidden-as-401",
    "missing-credentials-as-403",
    "masked-upstream-text",
    "error-page-as-success",
    "throttled-without-retry-hint",
    "unavailable-without-retry-hint",
    "throttle-misreported",
    "method-not-allowed-without-allow",
    "created-without-location",
    "problem-status-mismatch",
    "body-status-contradiction",
    "server-error-on-malformed-request",
    "tunnelled-error",
    "response-truncated",
}


def test_every_rule_has_a_scenario() -> None:
    assert {s.rule for s in SCENARIOS} - {None} == SHOWN
    assert {rule for s in SCENARIOS for rule in s.also} <= SHOWN


def test_the_tidy_service_shows_none() -> None:
    assert expected_rules("tidy") == frozenset()
    assert not [s.name for s in SCENARIOS if s.service == "tidy" and (s.also or not s.complete)]
    assert len([s for s in SCENARIOS if s.service == "tidy"]) > 20


def test_every_other_service_shows_one_and_does_some_things_right() -> None:
    for service in ABOUT.keys() - {"tidy"}:
        assert expected_rules(service)
        assert [s for s in SCENARIOS if s.service == service and s.rule is None and s.path != "/health"]


def test_names() -> None:
    names = [s.name for s in SCENARIOS]
    assert len(set(names)) == len(names) == len({id(step) for flow in FLOWS for step in flow.steps})
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", name) for name in names)
    assert {s.service for s in SCENARIOS} == set(ABOUT) == set(SERVICES)
    assert all(flow.persona in PERSONAS and flow.weight > 0 for flow in FLOWS)
    assert {flow.persona for flow in FLOWS} == set(PERSONAS)


def test_a_flow_stays_with_one_service() -> None:
    assert all(len({step.service for step in flow.steps}) == 1 for flow in FLOWS)


def test_credentials_are_demo_values() -> None:
    secrets = {s.headers[name] for s in SCENARIOS for name in ("Authorization", "X-API-Key") if name in s.headers}
    assert secrets
    assert all(re.fullmatch(r"((Bearer|Token) )?demo-[a-z]+", secret) for secret in secrets)
