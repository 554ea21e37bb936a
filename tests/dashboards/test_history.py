"""Every expression of panels, rules and alerts on a real Prometheus that holds an hour and a half of real metrics."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.audits import audit, finding, plan
from lab.prom import RULES, Prometheus, filled, hurried, hurried_rules, lines, now, panels, written
from support import wait_until
from wirelint.core.exchange import FailureKind
from wirelint.core.finding import Severity, Side
from wirelint.core.verdict import Verdict
from wirelint.gen.dashboards import UIDS
from wirelint.monitoring.alerting_rules import alerts
from wirelint.monitoring.recording_rules import STARTS, rules
from wirelint.openapi.read import read_octets
from wirelint.rules import catalogue
from wirelint.sinks.coverage import Coverage
from wirelint.sinks.findings_log import FindingsLog
from wirelint.sinks.lines import Lines
from wirelint.sinks.metrics.budget import Limits
from wirelint.sinks.metrics.contract import ContractFigures
from wirelint.sinks.metrics.memories import Memories
from wirelint.sinks.metrics.registry import Metrics
from wirelint.sinks.metrics.reloads import Reloads
from wirelint.sources.mitm.workers.totals import Totals
from wirelint.sources.stats import Stats, StatsCollector

MINUTES = 90
SCRAPED = {"job": "wirelint", "instance": "proxy:9464", "cluster": "eu", "namespace": "shops"}
OF_PROMETHEUS = {"job", "instance", "alertname", "alertstate", "severity", "service", "rule"}
MADE = {"status"}
"""Labels that expressions make for themselves."""

FIRING = 'ALERTS{alertname="WirelintRuleFailing",alertstate="firing"}'

SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)(\{[^{}]*\})")
NAME = re.compile(r"\b((?:wirelint|process|scrape)_\w+|service\w*:[\w:]+|ALERTS|up)\b(?!\s*\()")
GROUPING = re.compile(r"\b(?:by|on|ignoring|without|group_left|group_right)\s*\(([^)]*)\)")
MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"")


DOCUMENT = b"openapi: 3.0.3\npaths: {/old: {get: {deprecated: true, responses: {default: {description: any}}}}}"
CALL = '{"jsonrpc": "2.0", "method": "stock.get", "id": 1}'


class Nowhere:
    """A place for lines that are never written."""

    def write(self, line: bytes) -> None:
        pass

    def close(self) -> None:
        pass


def samples(end: float) -> Iterator[str]:
    """Return what scrapes of a proxy would have seen until ``end``."""
    ours = catalogue()
    stats = Stats()
    metrics = Metrics(ours, mitmproxy="12.2.3", limits=Limits(services=2))
    first, second = ours[0], ours[1]
    log, sums = FindingsLog(Lines(Nowhere())), Totals(stats, lambda _number: 0)
    coverage = Coverage()
    coverage.expect("tidy", read_octets(DOCUMENT, named=True))
    differing = next(each for each in ours if each.contract is not None)
    own = (StatsCollector(stats), log, sums, Memories(lambda: {"made-up": 7}), Reloads(), ContractFigures(coverage))
    for collector in own:
        metrics.register(collector)
    for minute in range(MINUTES + 1):
        at = end - 60 * (MINUTES - minute)
        yield from lines(metrics, at, SCRAPED)
        yield f'up{{job="wirelint",instance="proxy:9464"}} 1 {at:.3f}'
        yield f'scrape_duration_seconds{{job="wirelint",instance="proxy:9464"}} 0.01 {at:.3f}'
        fresh = minute > MINUTES - 30
        for _ in range(20):
            metrics.accept(audit(service="shop", plan=plan(first)))
            metrics.accept(audit(service="tidy"))
        found = finding(first.id, service="shop", severity=Severity.MEDIUM, at=at, trace="a" * 32)
        metrics.accept(audit(found, service="shop", verdict=Verdict.CLIENT_ERROR))
        if fresh:
            found = finding(second.id, service="shop", severity=Severity.HIGH, method="POST", at=at)
            metrics.accept(audit(found, service="shop", status=500, verdict=Verdict.CLIENT_ERROR))
        metrics.accept(audit(service="shop", status=404, verdict=Verdict.SERVER_ERROR))
        metrics.accept(audit(service="shop", status=404, verdict=Verdict.CLIENT_ERROR, seconds=0.3))
        metrics.accept(audit(service="shop", status=503, verdict=Verdict.SERVER_ERROR, seconds=2.0))
        metrics.accept(audit(service="shop", verdict=Verdict.UNKNOWN, skipped="too_large", faults=(first.id,)))
        metrics.accept(audit(service="tidy", suppressed=(finding(second.id, service="tidy"),)))
        gone = audit(service="shop", status=None, verdict=Verdict.SERVER_ERROR, failure=FailureKind.CONNECT)
        metrics.accept(gone)
        metrics.accept(audit(service="tidy", status=None, verdict=Verdict.UNKNOWN, failure=FailureKind.CLIENT_GONE))
        retried = finding(first.id, service="tidy", severity=Severity.MEDIUM, side=Side.CLIENT, at=at)
        metrics.accept(audit(retried, service="tidy"))
        metrics.accept(audit(finding(differing.id, service="tidy", side=Side.CLIENT, at=at), service="tidy"))
        metrics.accept(audit(service="tidy", asked=CALL))
        metrics.accept(audit(service="tidy", verdict=Verdict.CLIENT_ERROR, asked=CALL))
        metrics.accept(audit(service="tidy", verdict=Verdict.SERVER_ERROR))
        metrics.accept(audit(service=f"another-{minute}"))
        metrics.observe_audit(0.0002)
        stats.captured = stats.audited = 50 * minute
        stats.overloaded = minute % 10 == 0
        log.lines.written = log.lines.lost["unwritable"] = sums.restarts = minute
        stats.streamed = stats.hung = stats.dropped["lost"] = stats.faults["sink"] = minute


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    yield from started(tmp_path_factory.mktemp("history"), lambda each: each)


def started(folder: Path, change: Callable[[str], str]) -> Iterator[Prometheus]:
    """Provide Prometheus with the history, and with the rules evaluated once a second."""
    quick = []
    for path in RULES:
        (folder / path.name).write_text(hurried_rules(path))
        quick.append(folder / path.name)
    data = written(folder, map(change, samples(now())))
    with Prometheus(folder, data=data, rules=quick) as running:
        wait_until(lambda: evaluated(running), "the rules to be evaluated", 30.0)
        yield running


def evaluated(running: Prometheus) -> bool:
    """Return whether all rules were evaluated, those again that read what others recorded."""
    names = {each["metric"]["__name__"] for each in running.instant('{__name__=~"service.*:.+"}')}
    recorded = {name for _, members in rules() for name, _ in members} - {STARTS}  # nothing starts in the history
    return names == recorded and bool(running.instant(FIRING))


def targets() -> Iterator[tuple[str, str, bool]]:
    """Name, expression and whether it is for one moment, of every target of every panel."""
    for uid in UIDS:
        for panel in panels(uid):
            for target in panel["targets"]:
                yield (
                    f"{uid}: {panel['title']} {target['refId']}",
                    hurried(filled(target["expr"])),
                    bool(target.get("instant")),
                )


def expressions() -> Iterator[tuple[str, str]]:
    """Name and text of every expression there is."""
    for name, expression, _ in targets():
        yield name, expression
    for _, members in rules():
        yield from members
    for members_ in alerts().values():
        for alert in members_:
            yield alert.name, alert.expression


def selectors(expression: str) -> set[str]:
    """Return the metrics that an expression reads, each with its matchers."""
    whole = {f"{name}{matchers}" for name, matchers in SELECTOR.findall(expression)}
    bare = set(NAME.findall(re.sub(r"\"[^\"]*\"", '""', SELECTOR.sub(" ", expression))))
    return whole | bare


def complaints(running: Prometheus) -> list[str]:
    """Return expressions without a result, or that read a missing metric."""
    end = time.time()
    found = []
    for name, expression, instant in targets():
        result = running.instant(expression) if instant else running.range(expression, end - 3600, end, 60)
        if not result:
            found.append(f"{name}: no data from {expression}")
    empty = {
        each
        for _, text in expressions()
        for each in selectors(text)
        if not running.instant(f"last_over_time({each}[1h])")
    }
    found += sorted(f"nothing is there that matches {each}" for each in empty)
    known = OF_PROMETHEUS | MADE | set(running.get("labels"))
    for name, expression in expressions():
        named = {label.strip() for group in GROUPING.findall(expression) for label in group.split(",") if label.strip()}
        named |= {label for _, matchers in SELECTOR.findall(expression) for label in MATCHER.findall(matchers)}
        found += [f"{name}: no metric has the label {label}" for label in sorted(named - known)]
    return found


def test_every_expression_has_data(prometheus: Prometheus) -> None:
    assert "\n".join(complaints(prometheus)) == ""


def test_every_rule_is_evaluated_without_an_error(prometheus: Prometheus) -> None:
    members = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert len(members) == sum(len(each) for _, each in rules()) + sum(map(len, alerts().values()))
    assert [rule["lastError"] for rule in members if rule["health"] != "ok"] == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wirelint_findings_total{", "wirelint_finding_total{", "matches wirelint_findings_total"),
        ("verdict=", "outcome=", "no metric has the label verdict"),
    ],
)
def test_a_renamed_metric_or_label_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, old: str, new: str, said: str
) -> None:
    folder = tmp_path_factory.mktemp("renamed")
    data = written(folder, (each.replace(old, new) for each in samples(now())))
    with Prometheus(folder, data=data) as running:
        assert [each for each in complaints(running) if said in each]


def numbers(result: list[dict[str, Any]], *labels: str) -> dict[tuple[str, ...], float]:
    return {tuple(each["metric"].get(name, "") for name in labels): float(each["value"][1]) for each in result}


def test_tiles_show_what_the_traffic_was(prometheus: Prometheus) -> None:
    titles = {panel["title"]: panel for panel in panels("wirelint-service")}

    def tile(title: str) -> float:
        expression = hurried(filled(titles[title]["targets"][0]["expr"], service="shop"))
        ((value),) = numbers(prometheus.instant(expression)).values()
        return value

    # The rules have looked at the last minutes alone, with 27 exchanges a minute: among them a 503, a 500, and one
    # without a response.
    assert tile("Reported errors") == pytest.approx(3 / 27, abs=0.005)
    assert tile("Actual errors") == pytest.approx(3 / 27, abs=0.005)
    assert tile("Client errors as success") == pytest.approx(1 / 27, abs=0.005)
    assert tile("Server errors as success") == 0
    assert tile("No response") == pytest.approx(1 / 27, abs=0.005)
    assert tile("Masked errors") == pytest.approx(1 / 27, abs=0.005)
    assert tile("Blamed errors") == pytest.approx(1 / 27, abs=0.005)
    assert tile("Unknown") == pytest.approx(1 / 27, abs=0.005)


def test_the_table_of_routes_knows_what_was_found_where(prometheus: Prometheus) -> None:
    (table,) = (panel for panel in panels("wirelint-service") if panel["title"] == "Rules and routes")
    first, second = catalogue()[0].id, catalogue()[1].id
    columns = [
        numbers(prometheus.instant(filled(each["expr"])), "rule", "method", "route") for each in table["targets"]
    ]
    for column in columns:
        assert set(column) == {(first, "GET", "/orders/{id}"), (second, "POST", "/orders/{id}")}
    assert columns[0][first, "GET", "/orders/{id}"] == pytest.approx(60, abs=3)
    assert columns[0][second, "POST", "/orders/{id}"] == pytest.approx(30, abs=3)
    assert all(
        0 < last - begun < 2 * 3600 * 1000 for begun, last in zip(columns[1].values(), columns[2].values(), strict=True)
    )


def test_an_alert_fires_and_new_findings_of_an_hour_of_history_do_not(prometheus: Prometheus) -> None:
    firing = numbers(prometheus.instant('ALERTS{alertstate="firing"}'), "alertname", "rule")
    assert ("WirelintRuleFailing", catalogue()[0].id) in firing
    assert not any(name == "WirelintNewFindings" for name, _ in firing)
