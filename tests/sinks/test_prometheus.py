"""The metrics as dashboards and alerts know them."""

from __future__ import annotations

import dataclasses
import subprocess
import threading
from collections.abc import Mapping

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from audits import RULE, audit, finding, plan, rule
from tools import require_tool
from wirelint.core.engine import Engine
from wirelint.core.exchange import FailureKind
from wirelint.core.finding import Severity
from wirelint.core.verdict import Verdict
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue
from wirelint.sinks.budget import Limits
from wirelint.sinks.prometheus import Metrics
from wirelint.sources.mitm.stats import Stats

OPENMETRICS = "application/openmetrics-text; version=1.0.0"

CONTRACT: Mapping[str, set[str]] = {
    "wirelint_exchanges_total": {"service", "direction", "method", "code", "verdict"},
    "wirelint_findings_total": {"service", "rule", "severity", "method", "route"},
    "wirelint_rule_info": {"rule", "severity", "confidence", "status", "summary"},
    "wirelint_exchange_duration_seconds_bucket": {"service", "direction", "code_class", "le"},
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

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def series(metrics: Metrics) -> Series:
    """All samples by name and labels."""
    text = metrics.render()[1].decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """One sample; None where there is none."""
    return series(metrics).get((f"wirelint_{name}", frozenset(labels.items())))


def total(metrics: Metrics, name: str, **labels: str) -> float:
    """The sum of a metric's samples that have these labels among theirs."""
    wanted = set(labels.items())
    return sum(v for (n, have), v in series(metrics).items() if n == f"wirelint_{name}" and wanted <= have)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics([RULE, rule("other", Severity.HIGH)], mitmproxy="12.2.3", stats=Stats())


def test_names_and_labels_are_those_of_the_contract(metrics: Metrics) -> None:
    metrics.accept(
        audit(
            finding(), verdict=Verdict.CLIENT_ERROR, failure=FailureKind.RESET, skipped="truncated", faults=("other",)
        )
    )
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
    assert value(metrics, "exchanges_total", code="200", **common) == 2
    assert value(metrics, "exchanges_total", code="none", **common) == 1
    assert value(metrics, "upstream_failures_total", service="shop", kind="connect") == 1


def test_a_client_that_leaves_is_no_failure_of_the_service(metrics: Metrics) -> None:
    metrics.accept(audit(failure=FailureKind.CLIENT_GONE))
    assert total(metrics, "upstream_failures_total") == 0


def test_each_rule_has_its_series_at_zero_as_soon_as_a_service_is_seen(metrics: Metrics) -> None:
    assert total(metrics, "findings_total") == 0
    metrics.accept(audit())
    empty = {"service": "shop", "method": "", "route": ""}
    assert value(metrics, "findings_total", rule="made-up", severity="medium", **empty) == 0
    assert value(metrics, "findings_total", rule="other", severity="high", **empty) == 0
    metrics.accept(audit(finding()))
    assert value(metrics, "findings_total", rule="made-up", severity="medium", **empty) == 0
    found = {"service": "shop", "method": "GET", "route": "/orders/{id}"}
    assert value(metrics, "findings_total", rule="made-up", severity="medium", **found) == 1


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
    labels = {"service": "shop", "rule": "made-up", "severity": "medium", "method": "GET"}
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


def test_what_the_proxy_says_of_itself_is_read_when_scraped(metrics: Metrics) -> None:
    stats = Stats()
    metrics.stats = stats
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
        "loop_lag_peak", "dropped", "skipped", "faults", "last_tick", "overloaded", "unsampled",
    }, "a number that /metrics does not show"  # fmt: skip


def exemplars(metrics: Metrics) -> list[dict[str, str]]:
    """Labels of all exemplars, as a Prometheus would read them."""
    content_type, content = metrics.render(OPENMETRICS)
    assert content_type.startswith("application/openmetrics-text")
    families = parse_openmetrics(content.decode())  # type: ignore[no-untyped-call]
    return [sample.exemplar.labels for family in families for sample in family.samples if sample.exemplar]


def test_findings_point_at_the_finding_and_its_trace(metrics: Metrics) -> None:
    found = finding(trace="4bf92f3577b34da6a3ce929d0e0e4736")
    metrics.accept(audit(found))
    assert exemplars(metrics) == [{"finding_id": found.fingerprint, "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}]


@pytest.mark.parametrize(("length", "kept"), [(94, True), (95, False), (5000, False)])
def test_an_exemplar_is_never_longer_than_allowed(metrics: Metrics, length: int, kept: bool) -> None:
    metrics.accept(audit(finding(trace="t" * length)))
    (labels,) = exemplars(metrics)
    assert sum(len(name) + len(text) for name, text in labels.items()) <= 128
    assert ("trace_id" in labels) is kept


def test_plain_text_has_no_exemplars(metrics: Metrics) -> None:
    metrics.accept(audit(finding(trace="t" * 16)))
    content_type, content = metrics.render("text/plain;version=0.0.4")
    assert content_type.startswith("text/plain")
    assert b" # " not in content


@pytest.mark.parametrize("accept", ["", "*/*", ";;;=,", "application/openmetrics-text; version=x", "é"])
def test_any_accept_field_gets_metrics(metrics: Metrics, accept: str) -> None:
    assert b"wirelint_build_info" in metrics.render(accept)[1]


def test_promtool_has_nothing_to_say() -> None:
    promtool = require_tool("promtool")
    rules = catalogue()
    metrics = Metrics(rules, mitmproxy="12.2.3", stats=Stats())
    engine = Engine(rules)
    for each in rules:
        for text in each.bad:
            for exchange in exchanges(text):
                metrics.accept(engine.audit(exchange))
    metrics.observe_audit(0.0002)
    run = subprocess.run(
        [promtool, "check", "metrics"], input=metrics.render()[1], capture_output=True, check=False, timeout=60
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


def test_text_that_utf8_cannot_hold_does_not_break_the_page(metrics: Metrics) -> None:
    metrics.accept(audit(finding(service="\udcff", route='/\ud800"\n'), service="\udcff"))
    assert total(metrics, "findings_total", service="?") == 1


def test_nothing_of_the_wire_becomes_a_label() -> None:
    canary = "kanarie-7f3a-geheim"
    rules = catalogue()
    metrics = Metrics(rules)
    engine = Engine(rules)
    text = (
        f"POST /login/{canary}?token={canary} HTTP/1.1\nHost: {canary}.example\nAuthorization: Bearer {canary}\n"
        f"Cookie: sid={canary}\nContent-Type: application/json\nX-Other: {canary}\n\n"
        f'{{"password": "{canary}"}}\n'
        f"HTTP/1.1 401 {canary}\nContent-Type: application/json\nSet-Cookie: sid={canary}\n\n"
        f'{{"error": "bad token {canary}", "token": "{canary}"}}\n'
    )
    for exchange in exchanges(text):
        metrics.accept(engine.audit(exchange))
    assert total(metrics, "findings_total") > 0
    for accept in ("", OPENMETRICS):
        assert canary not in metrics.render(accept)[1].decode()


def test_scrapes_while_counting_agree(metrics: Metrics) -> None:
    done = threading.Event()
    problems: list[object] = []

    def scrape() -> None:
        last = 0.0
        while not done.is_set():
            try:
                now = series(metrics)
            except Exception as error:  # noqa: BLE001 - to be shown by the test
                problems.append(error)
                return
            counted = sum(v for (name, _), v in now.items() if name == "wirelint_exchanges_total")
            timed = sum(v for (name, _), v in now.items() if name == "wirelint_exchange_duration_seconds_count")
            if counted != timed or counted < last:
                problems.append((counted, timed, last))
            last = counted

    threads = [threading.Thread(target=scrape) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(3000):
        metrics.accept(audit(finding(route=f"/{number % 50}"), status=200 + number % 300, plan=plan(RULE)))
    done.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert total(metrics, "exchanges_total") == 3000


class Hands:
    """Two further processes."""

    living = 2
    restarts = 3
    cpu_seconds = 1000.0
    resident_bytes = 1 << 40
    descriptors = 10_000


def test_further_processes(metrics: Metrics) -> None:
    alone = series(metrics)
    assert not [name for name, _ in alone if "worker" in name]
    metrics.crew = Hands()
    now = series(metrics)
    assert now["wirelint_workers", frozenset()] == 2
    assert now["wirelint_worker_restarts_total", frozenset()] == 3
    for name, more in (
        ("process_cpu_seconds_total", 1000.0),
        ("process_resident_memory_bytes", 1 << 40),
        ("process_open_fds", 10_000),
    ):
        if (name, frozenset()) in alone:  # there are none but on Linux
            assert more <= now[name, frozenset()] < more + alone[name, frozenset()] * 2 + 100
