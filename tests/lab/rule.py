"""Runs one rule over HTTP text or over an exchange, hints included."""

from __future__ import annotations

import pytest

from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Finding
from wirelint.core.knowledge import NOTHING, Knowledge
from wirelint.core.rule import Rule
from wirelint.core.wire import exchanges
from wirelint.openapi.read import read_octets
from wirelint.rules import catalogue

EVERY_RULE = pytest.mark.parametrize("rule", catalogue(), ids=lambda rule: rule.id)
"""Runs a test once for each rule there is."""


def knowledge(rule: Rule) -> Knowledge:
    """Return what the examples of a rule are audited with: its document, if it has one."""
    return Knowledge(contract=read_octets(rule.document.encode())) if rule.document else NOTHING


def audit(rule_id: str, *told: Exchange) -> list[Finding]:
    """What rule ``rule_id`` finds in these exchanges; fails the test if the rule does."""
    (rule,) = (each for each in catalogue() if each.id == rule_id)
    engine = Engine([rule], least=Confidence.WEAK, knowledge=knowledge(rule))
    found: list[Finding] = []
    for exchange in told:
        audited = engine.audit(exchange)
        assert audited.faults == ()
        found += audited.findings
    return found


def run(rule_id: str, subject: str | Exchange) -> list[Finding]:
    """What rule ``rule_id`` finds in ``subject``; fails the test if the rule does."""
    return audit(rule_id, *([subject] if isinstance(subject, Exchange) else exchanges(subject)))


def of(rule: str, *story: str) -> list[Finding]:
    """What a rule finds in a story that is told in parts."""
    return run(rule, "".join(story))


def one(rule: str, text: str) -> Finding:
    """The only finding of a rule; fails the test if there is none, or more."""
    (finding,) = run(rule, text)
    return finding


def notes(finding: Finding) -> list[str]:
    """What is said of each step of the story."""
    return [step.note for step in finding.story]


def steps(finding: Finding) -> list[tuple[str, str]]:
    """The outcome of each step of the story, and what is said of it."""
    return [(step.outcome, step.note) for step in finding.story]


def answer(head: str, *fields: str, request: str = "GET /v1/things HTTP/1.1", sent: str = "", body: str = "") -> str:
    """HTTP text of one pair: ``head`` is the status line's end, ``sent`` the request's fields."""
    lines = [
        request,
        "Host: api.example",
        *(line for line in sent.split("\n") if line),
        "",
        f"HTTP/1.1 {head}",
        *fields,
    ]
    return "\n".join([*lines, "", body, ""])
