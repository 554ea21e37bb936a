"""Metrics as they are scraped: both forms, exemplars, nothing secret, and while others count."""

from __future__ import annotations

import subprocess
import threading

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from lab.audits import RULE, audit, finding, plan
from lab.prom import series, total
from tools import require_tool
from wirelint.core.engine import Engine
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue
from wirelint.sinks.metrics.registry import Metrics
from wirelint.sources.stats import Stats, StatsCollector

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def exemplars(metrics: Metrics) -> list[dict[str, str]]:
    """Return labels of all exemplars, as a Prometheus would read them."""
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
    metrics = Metrics(rules, mitmproxy="12.2.3")
    metrics.register(StatsCollector(Stats()))
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
    canary = "walrus"  # a word, so that no net for random characters catches it
    rules = catalogue()
    metrics = Metrics(rules)
    engine = Engine(rules)
    text = (
        f"POST /login/ann.{canary}?token={canary} HTTP/1.1\nHost: {canary}.example\nAuthorization: Bearer {canary}\n"
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
