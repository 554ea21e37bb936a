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
    """Return the findings of rule ``rule_id`` in these exchanges; fail the test if the rule raises."""
    (rule,) = (each for each in catalogue() if each.id == rule_id)
    engine = Engine([rule], least=Confidence.WEAK, knowledge=knowledge(rule))
    found: list[Finding] = []
    for exchange in told:
        audited = engine.audit(exchange)
        assert audited.faults == ()
        found += audited.findings
    return found


def run(rule_id: str, subject: str | Exchange) -> list[Finding]:
    """Return the findings of rule ``rule_id`` in ``subject``; fail the test if the rule raises."""
    return audit(rule_id, *([subject] if isinstance(subject, Exchange) else exchanges(subject)))


def of(rule: str, *story: str) -> list[Finding]:
    """Return a rule's findings in a story that is given in parts."""
    return run(rule, "".join(story))


def one(rule: str, text: str) -> Finding:
    """Return the only finding of a rule; fail the test if there is none, or more."""
    (finding,) = run(rule, text)
    return finding


def notes(finding: Finding) -> list[str]:
    """Return the note of each step of the story."""
    return [step.note for step in finding.story]


def steps(finding: Finding) -> list[tuple[str, str]]:
    """Return the outcome and the note of each step of the story."""
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
