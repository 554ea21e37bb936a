"""The rules for Prometheus, by its own tool."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from lab.prom import DASHBOARDS, ROOT, RULES
from tools import require_tool
from wirelint.monitoring.alerting_rules import BURNS, alerts, text
from wirelint.monitoring.budgets import OBJECTIVE
from wirelint.monitoring.promql import counted, matched
from wirelint.monitoring.recording_rules import rules
from wirelint.monitoring.yaml import block, scalar

TESTS = sorted((DASHBOARDS / "prometheus/tests").glob("*.yml"))


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([require_tool("promtool"), *map(str, words)], capture_output=True, text=True, check=False)


def test_they_are_in_order() -> None:
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", *RULES)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_they_say_what_they_should(path: Path) -> None:
    done = promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "test", "case"),
    [
        ('code=~"4..",verdict="server_error"', 'code=~"4.."', "ratios", "shares of known traffic"),
        (
            'protocol="http",code=~"[123]..",verdict=~',
            'protocol="http",code!~"[45]..",verdict=~',
            "ratios",
            "shares of known traffic",
        ),
        ('code=~"5..|none"', 'code=~"5.."', "ratios", "shares of known traffic"),
        (" - service:wirelint_abandoned_errors:ratio5m > 0.05", " > 0.05", "burn", "lies are seen beside an outage"),
        ("service:wirelint_hidden_server_errors:ratio1h + ", "", "burn", "lies are seen beside an outage"),
        (" + service:wirelint_masked_errors:ratio1h", "", "alerts", "fails more often than it reports"),
        (" - service:wirelint_blamed_errors:ratio1h", "", "alerts", "fails more often than it reports"),
        (
            "service:wirelint_hidden_server_errors:ratio1h",
            "service:wirelint_hidden_errors:ratio1h",
            "burn",
            "mistakes of clients",
        ),
        (" >= 139", " >= 1", "burn", "two percent hidden"),
        (
            "unless\n                  wirelint_findings_total offset 5m",
            "unless\n                  wirelint_findings_total",
            "births",
            "the first error of a kind",
        ),
        ("(up offset 5m or process_start_time_seconds > time() - 300)", "up", "births", "after a gap of Prometheus"),
        ("[7d] offset 1h", "[7d] offset 30d", "alerts", "rules that are new at a service"),
        (
            "unless\n            process_start_time_seconds == process",
            "unless\n            process",
            "births",
            "a process is counted when it starts",
        ),
        (
            "process_start_time_seconds > time() - 600",
            "process_start_time_seconds",
            "births",
            "a process is counted when it starts",
        ),
        ("sum by (cluster, namespace, job, service) (", "sum by (job, service) (", "births", "every fifth value"),
    ],
)
def test_a_wrong_expression_is_noticed(tmp_path: Path, right: str, wrong: str, test: str, case: str) -> None:
    for path in RULES:
        (tmp_path / path.name).write_text(path.read_text().replace(right, wrong))
    assert any((tmp_path / path.name).read_text() != path.read_text() for path in RULES)
    (tmp_path / "tests").mkdir()
    document = yaml.safe_load((DASHBOARDS / f"prometheus/tests/{test}.yml").read_text())
    document["tests"] = [each for each in document["tests"] if case in each["name"]]
    (tmp_path / f"tests/{test}.yml").write_text(yaml.safe_dump(document, sort_keys=False))
    done = promtool("test", "rules", tmp_path / f"tests/{test}.yml")
    assert done.returncode != 0
    assert "FAILED" in done.stdout + done.stderr


def test_each_alert_can_be_looked_up() -> None:
    headings = set(re.findall(r"^#+ (\w+)$", (DASHBOARDS / "README.md").read_text(), re.MULTILINE))
    tested = "".join(path.read_text() for path in TESTS)
    for alert in (each for members in alerts().values() for each in members):
        assert alert.name in headings
        assert f"alertname: {alert.name}\n" in tested or f"alertname: {alert.name}," in tested
        assert alert.summary
        assert alert.description.removesuffix("{{ end }}{{ end }}").endswith((".", "?"))
        assert (ROOT / alert.runbook.partition("#")[0]).exists()


def test_every_expression_keeps_where_it_was_scraped() -> None:
    """Alertmanagers route and inhibit by namespace and cluster."""
    for alert in (each for members in alerts().values() for each in members):
        for by in re.findall(r"by \(([^)]*)\)", alert.expression):
            assert {"cluster", "namespace", "job"} <= set(by.split(", ")), alert.name


def test_the_example_for_alertmanager_is_valid_and_names_alerts() -> None:
    example = DASHBOARDS / "alertmanager.yml"
    done = subprocess.run(
        [require_tool("amtool"), "check-config", example], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    names = {alert.name for members in alerts().values() for alert in members}
    assert set(re.findall(r"Wirelint\w+", example.read_text())) <= names


def test_runbooks_and_dashboards_may_be_elsewhere() -> None:
    written = text("https://docs.example/wirelint/", "https://grafana.example")
    assert "https://docs.example/wirelint/dashboards/README.md#wirelinthung" in written
    assert "https://grafana.example/d/wirelint-service?" in written


def test_one_error_alone_burns_no_budget() -> None:
    assert [burn.traffic(OBJECTIVE) for burn in BURNS] == [139, 334, 667, 2000]
    assert all(1 / burn.traffic(OBJECTIVE) < burn.threshold(OBJECTIVE) for burn in BURNS)


def test_what_alerts_subtract_is_of_one_moment() -> None:
    group = {record: name for name, members in rules() for record, _ in members}
    for alert in (each for members in alerts().values() for each in members):
        for part in alert.expression.split("\nand\n"):
            assert len({group[record] for record in re.findall(r"service:\w+:\w+", part)}) <= 1, alert.name


def test_windows_are_as_long_as_names_say() -> None:
    for _, members in rules():
        for name, expression in members:
            window = re.findall(r"\d+[mhd]$", name)
            assert set(re.findall(r"\[(\d+[mhd])\]", expression)) <= set(window), name


def test_expressions() -> None:
    assert matched("m", 'a="b"', "x") == 'm{x,a="b"}'
    assert matched("m", 'a="b"') == 'm{a="b"}'
    assert matched("m") == "m"
    assert counted("m", "j") == (
        "(m unless m offset $__range and on (job, instance)"
        " (up{j} offset $__range or process_start_time_seconds{j} > time() - $__range_s)) or increase(m[$__range])"
    )


def test_yaml() -> None:
    assert block("a\nb", 4) == "|-\n    a\n    b"
    assert scalar('ä "x": {{ y }}') == '"ä \\"x\\": {{ y }}"'
