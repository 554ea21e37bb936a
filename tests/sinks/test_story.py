"""Findings that several exchanges prove are shown with all of them, in order."""

from __future__ import annotations

from typing import Any

from wirelint.core.audit import Audit
from wirelint.core.engine import Engine
from wirelint.core.finding import Finding
from wirelint.core.wire import exchanges
from wirelint.reports.common.groups import Groups
from wirelint.rules import catalogue
from wirelint.sinks import published
from wirelint.sinks.journal import Journal
from wirelint.sinks.layout import Line, block
from wirelint.sinks.terminal import Terminal

RULES = {rule.id: rule for rule in catalogue()}


def audits(name: str) -> list[Audit]:
    """Return the finding of a rule's first bad example."""
    rule = RULES[name]
    engine = Engine([rule])
    return [engine.audit(exchange) for exchange in exchanges(rule.bad[0])]


def the_finding(name: str) -> Finding:
    (finding,) = [finding for audit in audits(name) for finding in audit.findings]
    return finding


def test_it_is_about_the_exchange_at_fault() -> None:
    finding = the_finding("authenticated-told-401")
    assert (finding.status, finding.exchange_id) == (401, "example-1001")
    assert [(step.outcome, step.exchange_id) for step in finding.story] == [
        ("200", "example-1000"),
        ("401", "example-1001"),
        ("200", "example-1002"),
    ]


def test_the_verdict_of_the_exchange_that_proves_it_stays() -> None:
    assert [str(audit.verdict) for audit in audits("authenticated-told-401")] == ["ok", "client_error", "ok"]


def test_json_has_the_steps() -> None:
    story: list[dict[str, Any]] = published.fields(the_finding("upstream-failure-masked"))["story"]
    assert [(step["service"], step["request"], step["outcome"]) for step in story] == [
        ("example", "GET /items/{id}", "500"),
        ("stock", "GET /levels/{id}", "503"),
    ]
    assert all(step["note"] and step["time"] and step["exchange_id"] for step in story)


def test_a_finding_on_one_exchange_has_no_story() -> None:
    assert published.fields(the_finding("unauthorized-without-challenge"))["story"] == []


def test_the_report_has_the_steps() -> None:
    groups = Groups()
    groups.add(the_finding("authenticated-told-401"))
    (group,) = groups
    text = "\n".join(line.text.plain for line in block(group.finding, 80))
    places = [text.index(part) for part in ("1. GET /orders → 200", "2. GET /orders → 401", "3. GET /orders → 200")]
    assert places == sorted(places)


def test_the_terminal_tells_the_story_below_the_line() -> None:
    lines: list[Line] = []
    terminal = Terminal(lines.append)
    for audit in audits("upstream-failure-masked"):
        terminal.accept(audit)
    terminal.close()
    head, *steps = [line.text.plain for line in lines]
    assert "upstream-failure-masked" in head
    assert [step.strip() for step in steps] == [
        "1. example GET /items/{id} → 500  hides the failure",
        "2. stock GET /levels/{id} → 503  failed",
    ]


def test_the_journal_has_the_steps_and_the_right_example() -> None:
    journal = Journal()
    for audit in audits("authenticated-told-401"):
        journal.accept(audit)
    (shown,) = journal.snapshot()["findings"]
    assert [step["outcome"] for step in shown["story"]] == ["200", "401", "200"]
    found = journal.finding(shown["fingerprint"])
    assert found is not None
    (example,) = found["examples"]
    assert (example["id"], example["status"], example["request"]) == ("example-1001", 401, "GET /orders")
    assert example["duration"] is None


def test_what_clients_do_is_not_put_down_to_the_service() -> None:
    lines: list[Line] = []
    terminal, journal = Terminal(lines.append), Journal()
    for audit in audits("retry-after-ignored"):
        terminal.accept(audit)
        journal.accept(audit)
    terminal.close()
    assert "example (client) GET" in lines[0].text.plain
    told = journal.snapshot()
    assert [finding["side"] for finding in told["findings"]] == ["client"]
    assert told["totals"]["findings"] == 0
    assert [(each["findings"], each["worst"]) for each in told["services"]] == [(0, None)]
