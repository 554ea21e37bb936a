"""The dashboards as files: fresh, whole, and by the rules that Grafana's own linter has."""

from __future__ import annotations

import builtins
import importlib
import itertools
import json
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from lab.prom import DASHBOARDS, ROOT, panels
from wirelint.gen.dashboards import UIDS, files

COUNTED = re.compile(r"(\w+_(?:total|bucket))(?![\w:])(\{[^{}]*\})?(\[[^\]]+\])?")
LINK = re.compile(r"(\"/d/([a-z-]+)[^\"]*\")")
EVERY = [pytest.param(uid, id=uid) for uid in UIDS]


def whole(uid: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((DASHBOARDS / f"{uid}.json").read_text())
    return made


def targets(uid: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for panel in panels(uid):
        for target in panel["targets"]:
            yield panel["title"], target


def lost(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Return the parts of ``before`` that are missing or different in ``after``."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key not in after:
                yield f"{path}.{key}"
            else:
                yield from lost(value, after[key], f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for at, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from lost(one, other, f"{path}[{at}]")
    elif before != after:
        yield f"{path}: {before!r} became {after!r}"


def round_trip(data: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        model = importlib.import_module("grafana_foundation_sdk.models.dashboard").Dashboard
        encoder = importlib.import_module("grafana_foundation_sdk.cog.encoder").JSONEncoder
    return json.loads(json.dumps(model.from_json(data), cls=encoder))


def test_what_is_committed_is_what_is_made() -> None:
    for path, text in files(ROOT).items():
        assert path.read_text() == text, f"{path.name}: make gen"
    assert {path.stem for path in DASHBOARDS.glob("*.json")} == set(UIDS)


@pytest.mark.parametrize("uid", EVERY)
def test_grafanas_models_know_every_field(uid: str) -> None:
    assert list(lost(whole(uid), round_trip(whole(uid)))) == []


def test_a_misspelt_field_would_be_noticed() -> None:
    data = whole("wirelint-overview")
    data["panels"][0]["fieldConfig"]["defaults"]["noVallue"] = data["panels"][0].pop("description")
    data["panels"][0]["descriptoin"] = "x"
    assert set(lost(data, round_trip(data))) == {
        ".panels[0].fieldConfig.defaults.noVallue",
        ".panels[0].descriptoin",
    }


def test_without_the_sdk_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name.startswith("grafana_foundation_sdk"):
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    for name in [each for each in sys.modules if each.startswith("grafana_foundation_sdk")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ValueError, match="make gen"):
        files(ROOT)


@pytest.mark.parametrize("uid", EVERY)
def test_settings(uid: str) -> None:
    data = whole(uid)
    assert data["uid"] == uid
    assert data["schemaVersion"] <= 42
    assert data["editable"] is False
    assert data["description"]
    assert "wirelint" in data["tags"]
    assert data.get("id") is None
    others = {f"/d/{each}" for each in UIDS if each != uid}
    assert {each["url"] for each in data["links"]} == others
    assert all(each["includeVars"] and each["keepTime"] for each in data["links"])
    assert len({panel["id"] for panel in data["panels"]}) == len(data["panels"])


@pytest.mark.parametrize("uid", EVERY)
def test_links_lead_to_dashboards_that_there_are(uid: str) -> None:
    text = (DASHBOARDS / f"{uid}.json").read_text()
    assert {found for _, found in LINK.findall(text)} <= set(UIDS)


@pytest.mark.parametrize("uid", EVERY)
def test_variables(uid: str) -> None:
    data = whole(uid)
    variables = {each["name"]: each for each in data["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    rest = json.dumps([data["panels"], data["annotations"]]) + json.dumps(list(variables.values()))
    for name, variable in variables.items():
        assert f"${name}" in rest or f"${{{name}" in rest, f"{name} is used by nothing"
        assert variable["label"]
        if variable["type"] == "query":
            assert variable["datasource"]["uid"] == "${datasource}"
            assert variable["refresh"] == 2
            assert variable["multi"]
            assert variable["includeAll"]
            all_value = {"cluster": ".*", "namespace": ".*", "job": None}.get(name, ".+")
            assert variable.get("allValue") == all_value
    known = set(variables) | {
        "__rate_interval",
        "__interval",
        "__range",
        "__range_s",
        "__value",
        "__data",
        "__url_time_range",
        "__all",
        "1",
    }
    assert set(re.findall(r"\$\{?(\w+)", rest)) <= known


def test_all_variables_are_where_they_are_asked_for() -> None:
    names = {uid: {each["name"] for each in whole(uid)["templating"]["list"]} for uid in UIDS}
    asked = {"datasource", "cluster", "namespace", "job", "service", "rule", "severity"}
    assert names["wirelint-overview"] == asked
    assert names["wirelint-service"] == asked | {"page"}
    assert names["wirelint-auditor"] == asked - {"severity"} | {"instance"}
    assert "http://localhost:9464" in (DASHBOARDS / "wirelint-service.json").read_text()


@pytest.mark.parametrize("uid", EVERY)
def test_panels_explain_themselves(uid: str) -> None:
    shown = panels(uid)
    for panel in shown:
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert defaults["unit"]
        assert defaults["noValue"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["targets"]
        references = [each["refId"] for each in panel["targets"]]
        assert len(set(references)) == len(references)
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}"
            assert bool(target.get("instant")) != bool(target.get("range"))
        if panel["type"] == "table":
            assert all(each.get("format") == "table" for each in panel["targets"] if each.get("instant"))
    assert len({panel["title"] for panel in shown}) >= len(shown) - 1


@pytest.mark.parametrize("uid", EVERY)
def test_queries(uid: str) -> None:
    for title, target in targets(uid):
        expression = target["expr"]
        for name, matchers, window in COUNTED.findall(expression):
            assert window or "unless" in expression or "audited" in name or "> 0" in expression, f"{title}: bare {name}"
            assert 'job=~"$job"' in matchers, f"{title}: {name} of all jobs"
        windows = {"$__range", "$__range:5m"} if target.get("instant") else {"$__rate_interval"}
        assert set(re.findall(r"\[([$\d][^\]]*[a-z])\]", expression)) <= windows, title
        assert set(re.findall(r"offset ([^\s)]+)", expression)) <= {"$__range"}, title


def test_the_overview_reads_recorded_series_alone() -> None:
    for title, target in targets("wirelint-overview"):
        names = re.findall(r"([\w:]+)\{", target["expr"])
        assert names, title
        assert all(":" in name or name == "ALERTS" for name in names), f"{title}: {target['expr']}"


@pytest.mark.parametrize("uid", EVERY)
def test_every_selector_follows_the_variables(uid: str) -> None:
    for title, target in targets(uid):
        for matchers in re.findall(r"[\w:]\{([^{}]*)\}", target["expr"]):
            assert {"cluster", "namespace", "job"} <= set(re.findall(r"(\w+)=~\"\$", matchers)), f"{title}: {matchers}"


@pytest.mark.parametrize("uid", EVERY)
def test_panels_do_not_lie_on_each_other(uid: str) -> None:
    places = [panel["gridPos"] for panel in whole(uid)["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in itertools.combinations(places, 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one, other)


def test_columns_of_tables_are_set_by_names_that_they_have() -> None:
    for panel in itertools.chain.from_iterable(map(panels, UIDS)):
        if panel["type"] != "table":
            continue
        renamed = {
            name
            for step in panel["transformations"]
            if step["id"] == "organize"
            for name in step["options"]["renameByName"].values()
        }
        empty, *overrides = panel["fieldConfig"]["overrides"]
        assert empty["properties"] == [{"id": "noValue", "value": "-"}]
        for override in overrides:
            name = override["matcher"]["options"]
            assert not renamed or name in renamed, f"{panel['title']}: {name}"


def test_provisioning_finds_what_it_names() -> None:
    folder = DASHBOARDS / "provisioning"
    texts = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.*")}
    # Grafana looks into all of these folders.
    assert set(texts) == {
        "alerting/none.yml",
        "dashboards/wirelint.yml",
        "datasources/prometheus.yml",
        "plugins/none.yml",
    }
    assert all("\napiVersion: 1\n" in text for text in texts.values())
    assert "$${__value.raw}" in texts["datasources/prometheus.yml"]
    assert "manageAlerts: true" in texts["datasources/prometheus.yml"]
    assert "path: /var/lib/grafana/dashboards" in texts["dashboards/wirelint.yml"]


def test_every_picture_of_the_docs_is_there_and_shown() -> None:
    texts = "".join(path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    shown = {name.rpartition("/")[2] for name in re.findall(r"\]\(((?:docs/)?images/[^)]+)\)", texts)}
    assert shown == {path.name for path in (ROOT / "docs/images").iterdir()}
