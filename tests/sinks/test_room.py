"""Labels are for what matters: what is reserved, what makes room, what folds, and what earns no label."""

from __future__ import annotations

import msgspec
import pytest

from lab.audits import RULE, audit, finding, plan, rule
from lab.memory import exchange
from lab.prom import series, total, value
from wirelint.core.audit import Audit
from wirelint.core.engine import Engine
from wirelint.core.exchange import Direction, FailureKind
from wirelint.core.fold import Fold
from wirelint.core.verdict import Verdict
from wirelint.rules import catalogue
from wirelint.sinks.journal import Journal
from wirelint.sinks.metrics.budget import Limits
from wirelint.sinks.metrics.registry import Metrics


def at(made: Audit, when: float, direction: Direction = Direction.INBOUND) -> Audit:
    """Return an audit of an exchange at another time."""
    moved = msgspec.structs.replace(made.exchange, timestamp=when, direction=direction)
    found = tuple(msgspec.structs.replace(each, timestamp=when) for each in made.findings)
    return msgspec.structs.replace(made, exchange=moved, findings=found)


def test_a_hundred_services_with_a_hundred_routes_and_all_rules_keep_their_exchanges() -> None:
    rules = [rule(f"rule-{number}") for number in range(97)]
    metrics = Metrics(rules)
    shape = plan(*rules)
    count = 0
    for service in range(100):
        name = f"s{service}"
        for route in range(100):
            found = [finding(each.id, service=name, route=f"/r{route}") for each in rules[route % 7 :: 7]]
            status, verdict = (200, Verdict.SERVER_ERROR) if route % 2 else (500, Verdict.SERVER_ERROR)
            metrics.accept(audit(*found, service=name, status=status, verdict=verdict, plan=shape))
            count += 1
    samples = series(metrics)

    def added(name: str, **labels: str) -> float:
        wanted = set(labels.items())
        return sum(value for (of, have), value in samples.items() if of == f"wirelint_{name}" and wanted <= have)

    for service in range(100):
        for code in ("200", "500"):
            assert added("exchanges_total", service=f"s{service}", code=code, verdict="server_error") == 50
    assert added("exchanges_total") == count
    assert added("label_overflow_total", label="route") > 0
    assert added("label_overflow_total", label="code") == 0
    assert len([name for name, _ in samples if name.startswith("wirelint_")]) <= 10_000
    assert added("series_limit") == 10_000
    assert added("opportunities_total", rule="rule-7") == count
    assert added("route_duration_seconds_count") == count


def test_opportunities_are_no_overflow() -> None:
    rules = [rule(f"rule-{number}") for number in range(90)]
    metrics = Metrics(rules, limits=Limits(series=1000))
    for service in range(20):
        metrics.accept(audit(service=f"s{service}", plan=plan(*rules)))
    assert total(metrics, "opportunities_total", rule="rule-7") == 20
    assert total(metrics, "opportunities_total", service="_other") > 0
    assert value(metrics, "label_overflow_total", label="service") == 0


def test_made_up_hosts_leave_room_for_a_real_one() -> None:
    metrics, journal = Metrics([RULE]), Journal()
    for number in range(500):
        made_up = audit(service=f"h{number}.example", status=None, failure=FailureKind.CONNECT)
        for sink in (metrics, journal):
            sink.accept(at(made_up, 1000.0 + number, Direction.OUTBOUND))
    real = at(audit(service="real.example"), 1600.0, Direction.OUTBOUND)
    for sink in (metrics, journal):
        sink.accept(real)
    assert total(metrics, "exchanges_total", service="real.example") == 1
    assert total(metrics, "exchanges_total", service="_other", code="none") == 500
    assert value(metrics, "label_overflow_total", label="service") == 0
    assert {each["service"] for each in journal.services()["services"]} == {"_other", "real.example"}


def test_a_host_that_was_connected_to_keeps_its_label_when_it_fails(metrics: Metrics) -> None:
    for status in (200, None):
        failed = audit(service="pay.example", status=status, failure=None if status else FailureKind.CONNECT)
        metrics.accept(at(failed, 1000.0, Direction.OUTBOUND))
    assert total(metrics, "exchanges_total", service="pay.example") == 2


def test_a_service_of_the_settings_needs_no_connection(metrics: Metrics) -> None:
    metrics.accept(audit(service="dead", status=None, failure=FailureKind.CONNECT))
    assert total(metrics, "exchanges_total", service="dead", code="none") == 1


def test_a_service_not_seen_for_an_hour_makes_room() -> None:
    metrics = Metrics([RULE], limits=Limits(services=2))
    metrics.accept(at(audit(finding(service="old"), service="old"), 0.0))
    metrics.accept(at(audit(service="busy"), 3000.0))
    metrics.accept(at(audit(service="early"), 3500.0))  # within the hour
    metrics.accept(at(audit(service="new"), 3700.0))
    assert total(metrics, "exchanges_total", service="new") == 1
    assert total(metrics, "exchanges_total", service="busy") == 1
    assert total(metrics, "exchanges_total", service="_other") == 1
    assert not [labels for _, labels in series(metrics) if "old" in str(labels)]
    # Totals never fall.
    assert total(metrics, "exchanges_total") + total(metrics, "retired_total", of="exchanges") == 4
    assert total(metrics, "findings_total") + total(metrics, "retired_total", of="findings") == 1


def test_a_route_not_seen_for_an_hour_makes_room() -> None:
    metrics = Metrics([RULE], limits=Limits(routes=2))
    for number, when in enumerate((0.0, 3000.0, 3500.0, 3700.0, 3701.0)):
        metrics.accept(at(audit(finding(route=f"/r{number}")), when))
    shown = {dict(labels)["route"] for name, labels in series(metrics) if name == "wirelint_findings_total"}
    assert shown == {"", "/r1", "_other", "/r3"}
    assert total(metrics, "findings_total") + total(metrics, "retired_total", of="findings") == 5


def test_what_was_counted_before_is_folded(metrics: Metrics) -> None:
    for word in ("blue", "green"):
        metrics.accept(audit(finding(route=f"/tags/{word}/posts")))
    metrics.accept(audit(finding(route="/orders")))
    fold = Fold("shop", "/tags", frozenset({"blue", "green"}), "{name}")
    metrics.accept(msgspec.structs.replace(audit(finding(route="/tags/{name}/posts")), folds=(fold,)))
    routes = {dict(labels)["route"] for name, labels in series(metrics) if name == "wirelint_findings_total"}
    assert routes == {"", "/orders", "/tags/{name}/posts"}
    assert total(metrics, "findings_total") + total(metrics, "retired_total", of="findings") == 4


def test_the_journal_folds_as_well() -> None:
    journal = Journal()
    for word in ("blue", "green"):
        journal.accept(audit(finding(route=f"/tags/{word}")))
    fold = Fold("shop", "/tags", frozenset({"blue", "green"}), "{name}")
    journal.accept(msgspec.structs.replace(audit(), folds=(fold,)))
    (only,) = journal.snapshot()["findings"]
    assert (only["route"], only["count"]) == ("/tags/{name}", 2)


@pytest.mark.parametrize("path", ["/profile/{}-{}", "/u/{}.{}", "/authors/{}{}/posts"])
def test_a_thousand_users_are_one_finding(path: str) -> None:
    first = ["ann", "bob", "carl", "dora", "emil", "fay", "gus", "hana", "ivan", "jill"]
    last = ["abbot", "baker", "clark", "davis", "evans", "foster", "green", "harris", "irwin", "jones"]
    engine, metrics, journal = Engine(catalogue()), Metrics(catalogue()), Journal()
    for number in range(1000):
        name = path.format(first[number % 10], last[number // 10 % 10])
        made = engine.audit(exchange(401, name, at=float(number)))
        metrics.accept(made)
        journal.accept(made)
    found = [each for each in journal.snapshot()["findings"] if each["rule"] == "unauthorized-without-challenge"]
    assert [(each["route"], each["count"]) for each in found] == [
        (path.split("{", maxsplit=1)[0] + "{name}" + path.rsplit("}", maxsplit=1)[-1], 1000)
    ]
    shown = {dict(labels).get("route", "") for _, labels in series(metrics)}
    assert len(shown - {""}) == 1


def test_opportunities_leave_room_for_findings_of_many_services() -> None:
    rules = [rule(f"rule-{number}") for number in range(110)]
    metrics = Metrics(rules)
    shape = plan(*rules)
    for service in range(60):
        metrics.accept(audit(finding("rule-7", service=f"s{service}"), service=f"s{service}", plan=shape))
        metrics.render()
    assert total(metrics, "findings_total", rule="rule-7", service="_other") == 0
    assert total(metrics, "findings_total", rule="rule-7") == 60
