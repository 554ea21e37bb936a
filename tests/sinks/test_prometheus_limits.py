"""What becomes of metrics when more comes than there is room for."""

from __future__ import annotations

import msgspec
import pytest

from lab.audits import RULE, audit, finding, plan, rule
from lab.prom import series, total, value
from wirelint.core.audit import Audit
from wirelint.core.fold import Fold
from wirelint.core.verdict import Verdict
from wirelint.sinks.metrics.budget import Limits
from wirelint.sinks.metrics.registry import Metrics


def test_zero_series_leave_half_of_the_budget_free() -> None:
    metrics = Metrics([rule(f"rule-{number}") for number in range(50)], limits=Limits(series=1000))
    for number in range(60):
        metrics.accept(audit(service=f"s{number}", plan=plan()))
    zeros = [labels for name, labels in series(metrics) if name == "wirelint_findings_total"]
    assert 0 < len(zeros) < 500
    assert total(metrics, "exchanges_total", service="_other") == 0


def test_a_service_too_many_is_folded_and_all_else_stays_exact() -> None:
    metrics = Metrics([RULE], limits=Limits(services=2))
    for name in ("a", "b", "c", "d", "a"):
        found = finding(service=name)
        metrics.accept(audit(found, service=name, method="POST", verdict=Verdict.CLIENT_ERROR))
    other = {"service": "_other", "method": "POST", "code": "200", "verdict": "client_error", "direction": "inbound"}
    other["protocol"] = "http"
    assert value(metrics, "exchanges_total", **other) == 2
    assert total(metrics, "exchanges_total", service="a") == 2
    assert total(metrics, "findings_total", service="_other", rule="made-up", route="/orders/{id}", method="GET") == 2
    assert value(metrics, "label_overflow_total", label="service") == 2
    assert value(metrics, "label_overflow_total", label="route") == 0


def test_a_route_too_many_is_folded_alone() -> None:
    metrics = Metrics([RULE], limits=Limits(routes=3))
    for number in range(10):
        metrics.accept(audit(finding(route=f"/r{number}")))
    metrics.accept(audit(finding(service="b"), service="b"))
    labels = {"service": "shop", "rule": "made-up", "side": "server", "method": "GET"}
    assert value(metrics, "findings_total", route="_other", **labels) == 7
    assert value(metrics, "findings_total", route="/r1", **labels) == 1
    assert value(metrics, "label_overflow_total", label="route") == 7
    assert total(metrics, "findings_total", service="b", route="/orders/{id}") == 1


def test_a_method_nobody_knows_and_a_code_that_is_none(metrics: Metrics) -> None:
    metrics.accept(audit(method="BREW"))
    metrics.accept(audit(status=999))
    metrics.accept(audit(status=999))
    assert total(metrics, "exchanges_total", method="_OTHER", code="200") == 1
    assert total(metrics, "exchanges_total", code="_other") == 2
    assert value(metrics, "label_overflow_total", label="code") == 2
    assert total(metrics, "exchanges_total") == 3


def test_series_stay_within_the_budget_whatever_comes() -> None:
    limits = Limits(services=1000, routes=1000, series=2000)
    rules = [rule(f"rule-{number}") for number in range(20)]
    metrics = Metrics(rules, limits=limits)
    shape = plan(*rules)
    count = 0
    for service in range(150):
        for step in range(20):
            found = finding(f"rule-{step}", service=f"s{service}", route=f"/r{service}/{step}")
            metrics.accept(audit(found, service=f"s{service}", status=400 + step, skipped="streamed", plan=shape))
            count += 1
    ours = [name for name, _ in series(metrics) if name.startswith("wirelint_")]
    assert len(ours) <= limits.series
    # Nothing is lost on the way, and no rule or verdict is ever folded.
    assert total(metrics, "exchanges_total") == total(metrics, "findings_total") == count
    assert total(metrics, "findings_total", rule="rule-7") == 150
    assert total(metrics, "opportunities_total", rule="rule-7") == count
    assert total(metrics, "skipped_total", reason="streamed") == count
    assert value(metrics, "label_overflow_total", label="route") != 0
    assert value(metrics, "series") == pytest.approx(len(ours), rel=0.1)


def test_memory_does_not_grow_with_what_clients_choose() -> None:
    metrics = Metrics([RULE])
    for number in range(5000):
        unique = plan(RULE)
        metrics.accept(audit(finding(route=f"/r{number}"), service=f"s{number}", method=f"M{number}", plan=unique))
    counts = metrics._counts
    assert len(counts._cells) + len(counts._exchanges) + len(counts._plays) < 6000
    assert len(counts._findings) < 1000
    assert total(metrics, "opportunities_total") == 5000


def timed(route: str, service: str = "shop", method: str = "GET", seconds: float = 0.05) -> Audit:
    return msgspec.structs.replace(audit(service=service, method=method, seconds=seconds), route=route)


def test_each_route_has_its_durations() -> None:
    metrics = Metrics([RULE])
    metrics.accept(timed("/orders/{id}", seconds=0.3))
    metrics.accept(timed("/orders/{id}", seconds=0.04))
    metrics.accept(timed("/orders/{id}", method="PUT"))
    labels = {"service": "shop", "method": "GET", "route": "/orders/{id}"}
    assert value(metrics, "route_duration_seconds_count", **labels) == 2
    assert value(metrics, "route_duration_seconds_bucket", le="0.25", **labels) == 1
    assert value(metrics, "route_duration_seconds_sum", **labels) == pytest.approx(0.34)


def test_routes_without_room_are_counted_together_and_are_no_overflow() -> None:
    metrics = Metrics([RULE], limits=Limits(routes=3))
    for number in range(10):
        metrics.accept(timed(f"/r{number}"))
    assert total(metrics, "route_duration_seconds_count", service="shop") == 10
    assert total(metrics, "route_duration_seconds_count", route="_other") == 7
    small = Metrics([RULE], limits=Limits(series=400))
    for number in range(10):
        small.accept(timed(f"/r{number}", service=f"s{number % 5}"))
    assert total(small, "route_duration_seconds_count") == 10
    assert total(small, "exchanges_total", service="s4") == 2
    for each in (metrics, small):
        assert value(each, "label_overflow_total", label="route") == 0
        assert value(each, "label_overflow_total", label="service") == 0


def test_durations_move_with_a_route_that_folds() -> None:
    metrics = Metrics([RULE])
    for name in ("ann", "bob", "cid"):
        metrics.accept(timed(f"/u/{name}"))
    fold = Fold("shop", "/u", frozenset({"ann", "bob"}), "{name}")
    metrics.accept(msgspec.structs.replace(timed("/u/{name}"), folds=(fold,)))
    assert total(metrics, "route_duration_seconds_count", route="/u/{name}") == 2
    assert total(metrics, "route_duration_seconds_count", route="/u/cid") == 1
    assert total(metrics, "route_duration_seconds_count") + total(metrics, "retired_total", of="routes") == 4
