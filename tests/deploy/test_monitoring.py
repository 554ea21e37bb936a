"""Rules and dashboards for Kubernetes: the same as in dashboards/, to the last character."""

from __future__ import annotations

from lab.kustomize import BUILDS, documents, only, render
from lab.prom import DASHBOARDS
from wirelint.gen.dashboards import UIDS

MOST_OCTETS = 256 * 1024
"""What kubectl apply can note of an object in its annotation."""


def test_the_rules_are_those_for_any_prometheus() -> None:
    groups = []
    for name in ("rules.yml", "alerts.yml"):
        (file,) = documents((DASHBOARDS / "prometheus" / name).read_text(encoding="utf-8"))
        groups += file["groups"]
    rule = only(render(BUILDS["monitoring"]), "PrometheusRule")
    assert rule["spec"]["groups"] == groups
    # The operator merges them by name.
    assert len({group["name"] for group in groups}) == len(groups)


def test_the_dashboards_are_those_for_any_grafana() -> None:
    maps = [each for each in render(BUILDS["monitoring"]) if each["kind"] == "ConfigMap"]
    assert {each["metadata"]["name"] for each in maps} == set(UIDS)
    for each in maps:
        name = each["metadata"]["name"]
        file = (DASHBOARDS / f"{name}.json").read_text(encoding="utf-8")
        assert each["data"] == {f"{name}.json": file}
        assert each["metadata"]["labels"] == {"grafana_dashboard": "1"}
        assert len(file.encode()) < MOST_OCTETS
    assert {path.stem for path in DASHBOARDS.glob("*.json")} == set(UIDS)
