"""Runs one rule over HTTP text or over an exchange, hints included."""

from __future__ import annotations

from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Finding
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue


def run(rule_id: str, subject: str | Exchange) -> list[Finding]:
    """What rule ``rule_id`` finds in ``subject``; fails the test if the rule does."""
    engine = Engine([rule for rule in catalogue() if rule.id == rule_id], least=Confidence.WEAK)
    assert engine.rules, rule_id
    found: list[Finding] = []
    for exchange in [subject] if isinstance(subject, Exchange) else exchanges(subject):
        audit = engine.audit(exchange)
        assert audit.faults == ()
        found += audit.findings
    return found


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
