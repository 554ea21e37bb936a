"""A real Prometheus that scrapes the real proxy while the demo's clients use it."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator

import pytest

from lab.prom import RULES, Prometheus, filled, hurried, hurried_rules, panels
from support import HOST, Process, free_port, listening, wait_until
from wirelint.gen.dashboards import UIDS

pytestmark = pytest.mark.e2e

EMPTY = {
    "Abandoned exchanges",
    "Accepted findings, by rule",
    "Audits given up",
    "Dropped, by reason",
    "Errors of rules, and faults elsewhere",
    "Findings about clients",
    "Firing alerts",
    "Folded labels",
    "Log of findings",
    "Not inspected, by reason",
    "Time until clients left, median",
    "Workers",
}
"""What has nothing to show when all is well, and what the demo has no service for."""


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("live")
    port = free_port()
    demo = [sys.executable, "-m", "wirelint", "demo", "--forever", "--no-browser", "--metrics-port", str(port)]
    quick = []
    for path in RULES:
        (folder / path.name).write_text(hurried_rules(path))
        quick.append(folder / path.name)
    with (
        Process(demo, log=folder / "demo.log", cwd=folder, port=port, timeout=60.0),
        Prometheus(folder, targets=[f"{HOST}:{port}"], rules=quick) as running,
    ):
        assert listening(port)
        wait_until(lambda: seen(running), "traffic of all kinds to be scraped", 90.0)
        yield running


def seen(running: Prometheus) -> bool:
    """Return whether there is enough for a rate of everything, and the rules were evaluated over it."""
    needed = (
        "count(count by (service) (rate(wirelint_exchanges_total[1m]))) >= 5",
        "sum(rate(wirelint_upstream_failures_total[1m])) > 0",
        'sum(rate(wirelint_exchanges_total{code=~"5..",verdict="client_error"}[1m])) > 0',
        "sum(service:wirelint_hidden_errors:ratio3d) > 0",
        "count(service:wirelint_hidden_server_errors:ratio30d) > 0",
        "count(wirelint_last_finding_timestamp_seconds) >= 8",
    )
    return all(running.instant(each) for each in needed)


def test_panels_show_the_demo(prometheus: Prometheus) -> None:
    quiet = []
    end = time.time()
    for uid in UIDS:
        for panel in panels(uid):
            for target in panel["targets"]:
                expression = hurried(filled(target["expr"], __rate_interval="30s", __range="60s", __range_s="60"))
                if target.get("instant"):
                    result = prometheus.instant(expression, end)
                else:
                    result = prometheus.range(expression, end - 20, end, 5)
                if not result:
                    quiet.append(panel["title"])
    assert set(quiet) <= EMPTY | {"4xx that are masked"}


def test_services_that_lie_are_told_from_the_tidy_one(prometheus: Prometheus) -> None:
    hidden = {
        each["metric"]["service"]: float(each["value"][1])
        for each in prometheus.instant("service:wirelint_hidden_errors:ratio3d")
    }
    assert hidden["tidy"] == 0
    assert hidden["shop"] > 0
    assert hidden["gateway"] > 0


def test_a_first_day_raises_no_alert(prometheus: Prometheus) -> None:
    broken = [
        rule["lastError"]
        for group in prometheus.get("rules")["groups"]
        for rule in group["rules"]
        if rule["health"] == "err"
    ]
    assert broken == []
    assert not prometheus.instant(
        'ALERTS{alertname=~"WirelintDown|WirelintAbsent|WirelintRuleFailing|WirelintFailing|WirelintNewFindings"}'
    )


def test_exemplars_name_the_finding(prometheus: Prometheus) -> None:
    end = time.time()
    found = prometheus.get("query_exemplars", query="wirelint_findings_total", start=end - 300, end=end)
    labels = [each["labels"] for series in found for each in series["exemplars"]]
    assert labels
    assert all(re.fullmatch(r"[0-9a-f]+", each["finding_id"]) for each in labels)
