"""A running Alertmanager, with kube-prometheus' inhibition beside that of the example: who silences whom."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.prom import DASHBOARDS
from support import HOST, Process, free_port, wait_until
from tools import require_tool
from wirelint.monitoring.alerting_rules import alerts

OF_KUBE_PROMETHEUS = [
    {
        "source_matchers": ["severity = critical"],
        "target_matchers": ["severity =~ warning|info"],
        "equal": ["namespace", "alertname"],
    },
    {
        "source_matchers": ["severity = warning"],
        "target_matchers": ["severity = info"],
        "equal": ["namespace", "alertname"],
    },
]
OF_SERVICES = {(each.name, each.severity) for each in alerts()["wirelint-services"]}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("alertmanager"), free_port()
    example = yaml.safe_load((DASHBOARDS / "alertmanager.yml").read_text())
    example["inhibit_rules"] += OF_KUBE_PROMETHEUS
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(example))
    command: list[str | Path] = [
        require_tool("alertmanager"),
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={HOST}:{port}",
        "--cluster.listen-address=",
    ]
    with Process(command, log=folder / "log", port=port):
        yield f"http://{HOST}:{port}/api/v2/alerts"


def silenced(url: str, *labels: dict[str, str]) -> list[dict[str, str]]:
    """Let alerts with these labels fire, and return those that are inhibited."""
    body = json.dumps([{"labels": each} for each in labels]).encode()
    asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    urllib.request.urlopen(asked, timeout=10).close()
    found: list[dict[str, Any]] = []

    def all_are_there() -> bool:
        with urllib.request.urlopen(url, timeout=10) as answer:
            found[:] = [each for each in json.load(answer) if each["labels"] in labels]
        return len(found) == len(labels) and all(each["status"]["state"] != "unprocessed" for each in found)

    wait_until(all_are_there, "Alertmanager to have all alerts")
    return [each["labels"] for each in found if each["status"]["inhibitedBy"]]


def alert(name: str, severity: str, service: str, **labels: str) -> dict[str, str]:
    return {"alertname": name, "severity": severity, "job": "wirelint", "service": service, **labels}


@pytest.mark.parametrize("where", [{"namespace": "shops"}, {}], ids=["one namespace", "none"])
def test_no_service_silences_another(url: str, where: dict[str, str]) -> None:
    critical = [each for each in OF_SERVICES if each[1] == "critical"]
    warnings = [each for each in OF_SERVICES if each[1] == "warning"]
    loud = [alert(*each, f"loud-{len(where)}", **where) for each in critical]
    quiet = [alert(*each, f"quiet-{number}-{len(where)}", **where) for number, each in enumerate(warnings)]
    assert [each for each in silenced(url, *loud, *quiet) if each in quiet] == []


def test_one_cause_is_one_alert(url: str) -> None:
    slow = ("WirelintHiddenErrorBudgetSlowBurn", "WirelintErrorGap", "WirelintNewFindings")
    burning = [alert("WirelintHiddenErrorBudgetBurn", "critical", "burning")]
    burning += [alert(name, "warning", "burning") for name in slow]
    assert {each["alertname"] for each in silenced(url, *burning)} == set(slow)
    down = [alert(name, severity, "down") for name, severity in OF_SERVICES]
    awake = {each["alertname"] for each in down if each not in silenced(url, *down)}
    assert awake == {"WirelintUnanswered", "WirelintUnansweredQuiet", "WirelintAbandoned", "WirelintHung"}


def test_each_name_has_one_severity() -> None:
    every = {(each.name, each.severity) for members in alerts().values() for each in members}
    assert len(every) == len({name for name, _ in every})


def test_kube_prometheus_is_what_silences_by_name(url: str) -> None:
    """The test of the other services could not fail if these rules were not loaded."""
    assert silenced(url, alert("Same", "critical", "one"), alert("Same", "warning", "other")) == [
        alert("Same", "warning", "other")
    ]
