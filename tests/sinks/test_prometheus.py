"""The metrics as dashboards and alerts know them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping

import pytest

from lab.audits import RULE, audit, finding, plan, rule
from lab.prom import series, total, value
from wirelint.core.exchange import FailureKind
from wirelint.core.finding import Severity
from wirelint.core.verdict import Verdict
from wirelint.sinks.metrics.families import Families, counter, gauge
from wirelint.sinks.metrics.registry import Metrics
from wirelint.sources.mitm.workers.totals import Totals, WorkerTotals
from wirelint.sources.stats import Stats, StatsCollector

CONTRACT: Mapping[str, set[str]] = {
    "wirelint_exchanges_total": {"service", "direction", "method", "code", "verdict", "protocol"},
    "wirelint_findings_total": {"service", "rule", "side", "method", "route"},
    "wirelint_rule_info": {"rule", "severity", "confidence", "status", "summary"},
    "wirelint_exchange_duration_seconds_bucket": {"service", "direction", "code_class", "le"},
    "wirelint_route_duration_seconds_bucket": {"service", "method", "route", "le"},
    "wirelint_calls_total": {"service", "protocol", "operation", "outcome"},
    "wirelint_abandoned_wait_seconds_bucket": {"service", "le"},
    "wirelint_event_loop_delay_seconds_bucket": {"le"},
    "wirelint_upstream_failures_total": {"service", "kind"},
    "wirelint_last_finding_timestamp_seconds": {"service", "rule"},
    "wirelint_first_finding_timestamp_seconds": {"service", "rule"},
    "wirelint_skipped_total": {"service", "reason"},
    "wirelint_audit_duration_seconds_bucket": {"le"},
    "wirelint_rule_errors_total": {"rule"},
    "wirelint_dropped_total": {"reason"},
    "wirelint_label_overflow_total": {"label"},
    "wirelint_build_info": {"version", "mitmproxy", "python"},
    "wirelint_opportunities_total": {"rule", "service"},
}


def test_names_and_labels_are_those_of_the_contract(metrics: Metrics) -> None:
    metrics.accept(
        audit(
            finding(), verdict=Verdict.CLIENT_ERROR, failure=FailureKind.RESET, skipped="truncated", faults=("other",)
        )
    )
    metrics.accept(audit(status=None, verdict=Verdict.UNKNOWN, failure=FailureKind.CLIENT_GONE))
    metrics.accept(audit(asked='{"jsonrpc": "2.0", "method": "balance", "id": 1}'))
    metrics.observe_audit(0.0001)
    seen: dict[str, set[str]] = {}
    for name, labels in series(metrics):
        seen.setdefault(name, {key for key, _ in labels})
    assert {name: seen.get(name) for name in CONTRACT} == CONTRACT
    assert not [name for name in seen if name.endswith("_created")]
    assert not [name for name in seen if not name.startswith(("wirelint_", "process_"))]


def test_an_exchange_is_counted_by_report_and_outcome(metrics: Metrics) -> None:
    metrics.accept(audit(status=200, verdict=Verdict.SERVER_ERROR))
    metrics.accept(audit(status=200, verdict=Verdict.SERVER_ERROR))
    metrics.accept(audit(status=None, verdict=Verdict.SERVER_ERROR, failure=FailureKind.CONNECT))
    common = {"service": "shop", "direction": "inbound", "method": "GET", "verdict": "server_error"}
    common["protocol"] = "http"
    assert value(metrics, "exchanges_total", code="200", **common) == 2
    assert value(metrics, "exchanges_total", code="none", **common) == 1
    assert value(metrics, "upstream_failures_total", service="shop", kind="connect") == 1


def test_a_client_that_leaves_is_no_failure_of_the_service(metrics: Metrics) -> None:
    metrics.accept(audit(failure=FailureKind.CLIENT_GONE))
    assert total(metrics, "upstream_failures_total") == 0


def test_each_rule_has_its_series_at_zero_as_soon_as_a_service_is_seen(metrics: Metrics) -> None:
    assert total(metrics, "findings_total") == 0
    metrics.accept(audit())
    empty = {"service": "shop", "side": "server", "method": "", "route": ""}
    assert value(metrics, "findings_total", rule="made-up", **empty) == 0
    assert value(metrics, "findings_total", rule="other", **empty) == 0
    metrics.accept(audit(finding()))
    assert value(metrics, "findings_total", rule="made-up", **empty) == 0
    found = {"service": "shop", "side": "server", "method": "GET", "route": "/orders/{id}"}
    assert value(metrics, "findings_total", rule="made-up", **found) == 1


def test_opportunities_are_counted_by_rule(metrics: Metrics) -> None:
    second = rule("other", Severity.HIGH)
    shape = plan(RULE, second)
    for _ in range(3):
        metrics.accept(audit(plan=shape))
    metrics.accept(audit(plan=plan(second)))
    assert value(metrics, "opportunities_total", rule="made-up", service="shop") == 3
    assert value(metrics, "opportunities_total", rule="other", service="shop") == 4


def test_durations_fall_into_the_buckets_of_opentelemetry(metrics: Metrics) -> None:
    for seconds in (0.0049, 0.0051, 12.0, None):
        metrics.accept(audit(seconds=seconds))
    labels = {"service": "shop", "direction": "inbound", "code_class": "2xx"}
    bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0]
    got = [value(metrics, "exchange_duration_seconds_bucket", le=str(bound), **labels) for bound in bounds]
    assert got == [1] + [2] * 13
    assert value(metrics, "exchange_duration_seconds_bucket", le="+Inf", **labels) == 3
    assert value(metrics, "exchange_duration_seconds_count", **labels) == 3
    assert value(metrics, "exchange_duration_seconds_sum", **labels) == pytest.approx(12.01)


def test_first_and_last_finding(metrics: Metrics) -> None:
    for at in (2000.0, 1000.0, 3000.0):
        metrics.accept(audit(finding(at=at)))
    assert value(metrics, "first_finding_timestamp_seconds", service="shop", rule="made-up") == 1000
    assert value(metrics, "last_finding_timestamp_seconds", service="shop", rule="made-up") == 3000


def test_what_the_proxy_says_of_itself_is_read_when_scraped() -> None:
    stats = Stats()
    metrics = Metrics([RULE])
    metrics.register(StatsCollector(stats))
    stats.dropped["queue_full"] = 7
    stats.skipped["killed"] = 2
    stats.faults["audit"] = 1
    stats.loop_lag, stats.queue_depth, stats.overloaded = 0.25, 5, True
    assert value(metrics, "dropped_total", reason="queue_full") == 7
    assert value(metrics, "dropped_total", reason="lost") == 0
    assert value(metrics, "skipped_total", service="", reason="killed") == 2
    assert value(metrics, "faults_total", place="audit") == 1
    assert value(metrics, "event_loop_lag_seconds") == 0.25
    assert value(metrics, "queue_depth") == 5
    assert value(metrics, "overloaded") == 1
    # All of it but the last tick, which /healthz goes by, and what is not in the sample, which is counted by service.
    assert {field.name for field in dataclasses.fields(stats)} == {
        "captured", "audited", "streamed", "hung", "in_flight", "queue_depth", "held_bytes", "loop_lag",
        "loop_lag_peak", "loop_delays", "loop_delay_sum", "dropped", "skipped", "faults", "last_tick",
        "overloaded", "unsampled",
    }, "a number that /metrics does not show"  # fmt: skip


def test_further_processes(metrics: Metrics) -> None:
    alone = series(metrics)
    assert not [name for name, _ in alone if "worker" in name]
    sums = Totals(Stats(), lambda _number: 0)
    sums.started(WorkerTotals(pid=os.getpid(), cpu=1000.0, resident=1 << 40))
    sums.living, sums.restarts = 2, 3
    metrics.register(sums)
    now = series(metrics)
    assert now["wirelint_workers", frozenset()] == 2
    assert now["wirelint_worker_restarts_total", frozenset()] == 3
    for name, more in (
        ("process_cpu_seconds_total", 1000.0),
        ("process_resident_memory_bytes", 1 << 40),
        ("process_open_fds", 1),
    ):
        if (name, frozenset()) in alone:  # there are none but on Linux
            assert more <= now[name, frozenset()] < more + alone[name, frozenset()] * 2 + 100


class Tides:
    """A collector, as another part of the program might have one."""

    def collect(self) -> Families:
        yield gauge("tide_metres", "How high the water is.", {"north": 1.5, "south": -0.5}, "coast")
        yield counter("tides", "How often it came.", 3)
        yield counter("faults", "Internal faults outside rules.", {"audit": 2, "tide": 1}, "place")


def test_a_collector_needs_but_to_be_registered(metrics: Metrics) -> None:
    metrics.register(Tides())
    assert value(metrics, "tide_metres", coast="south") == -0.5
    assert value(metrics, "tides_total") == 3
    assert value(metrics, "faults_total", place="audit") == 2
    assert value(metrics, "faults_total", place="tide") == 1
    text = metrics.render()[1].decode()
    assert text.count("# TYPE wirelint_faults_total counter\n") == 1
    assert "# HELP wirelint_tide_metres How high the water is.\n" in text
