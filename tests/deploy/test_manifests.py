"""deploy/kubernetes as kustomize renders it: all of it is what the API takes, and no typo would be."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from lab.kube_api import VERSIONS, validate
from lab.kustomize import BUILDS, DEPLOY, OVERLAYS, Manifest, documents, named, only, render
from lab.prom import ROOT
from tools import find_tool


def built(name: str) -> list[Manifest]:
    return render(BUILDS[name])


def kustomize(folder: Path) -> list[Manifest]:
    if tool := find_tool("kustomize"):
        command = [str(tool), "build", str(folder)]
    elif tool := find_tool("kubectl"):
        command = [str(tool), "kustomize", str(folder)]
    else:
        pytest.skip("neither kustomize nor kubectl is installed")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return documents(done.stdout)


def by_name(there: list[Manifest]) -> dict[tuple[str, str], Manifest]:
    return {(each["kind"], each["metadata"]["name"]): each for each in there}


def fields(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """Yield every object in a manifest with its place."""
    if isinstance(value, dict):
        yield path, value
        for name, each in value.items():
            yield from fields(each, (*path, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from fields(each, (*path, number))


FREE = {"labels", "annotations", "matchLabels", "data", "requests", "limits"}
"""Objects whose fields anybody may name."""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", BUILDS)
def test_the_api_takes_it(name: str, version: str) -> None:
    for manifest in built(name):
        validate(manifest, version)


@pytest.mark.parametrize("kind", ["Deployment", "Service", "NetworkPolicy", "PodMonitor"])
def test_the_api_takes_no_field_that_it_does_not_know(kind: str) -> None:
    manifest = only(built("overlays/transparent"), kind)
    checked = 0
    for path, _ in fields(manifest):
        if FREE & set(path) or (kind == "Service" and path == ("spec", "selector")):
            continue
        broken = copy.deepcopy(manifest)
        place: Any = broken
        for step in path:
            place = place[step]
        place["restartPolicyy"] = "Always"
        with pytest.raises((kubernetes_validate.ValidationError, jsonschema.ValidationError)):
            validate(broken, VERSIONS[-1])
        checked += 1
    assert checked > 3


def test_nothing_needs_a_later_kubernetes_than_the_docs_say() -> None:
    """The schema of 1.29 has ``preStop.sleep``, but its API server refuses it: the gate is on from 1.30."""
    for name in BUILDS:
        for manifest in built(name):
            assert not [path for path, value in fields(manifest) if path[-1:] == ("preStop",) and "sleep" in value]


@pytest.mark.parametrize("name", BUILDS)
def test_kustomize_makes_the_same_of_it(name: str) -> None:
    assert by_name(kustomize(BUILDS[name])) == by_name(built(name))


def test_every_file_is_part_of_something() -> None:
    used = {DEPLOY / "redirect" / "Dockerfile"}
    for file in DEPLOY.rglob("kustomization.yaml"):
        (settings,) = documents(file.read_text(encoding="utf-8"))
        used |= {file, *(file.parent / name for name in settings.get("resources", []))}
        used |= {file.parent / patch["path"] for patch in settings.get("patches", []) if "path" in patch}
    assert {file for file in DEPLOY.rglob("*") if file.is_file()} == {file for file in used if file.is_file()}


OWN = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: ledger, labels: { wirelint: sidecar } }
spec:
  serviceName: ledger
  selector: { matchLabels: { app.kubernetes.io/name: ledger } }
  template:
    metadata:
      labels: { app.kubernetes.io/name: ledger }
      annotations: { wirelint/app-port: "9000" }
    spec:
      initContainers:
        - { name: migrate, image: "ledger:3" }
      containers:
        - name: ledger
          image: ledger:3
          ports: [{ name: http, containerPort: 9000 }]
---
apiVersion: v1
kind: Service
metadata: { name: ledger, labels: { wirelint: sidecar } }
spec:
  selector: { app.kubernetes.io/name: ledger }
  ports: [{ port: 80, targetPort: http }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: other, labels: { app.kubernetes.io/name: other } }
spec:
  selector: { matchLabels: { app.kubernetes.io/name: other } }
  template:
    metadata: { labels: { app.kubernetes.io/name: other } }
    spec: { containers: [{ name: other, image: "other:1" }] }
"""


def test_the_example_in_the_docs_can_be_built(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"<!-- a test builds this example -->\n```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "kustomization.yaml").write_text(example)
    (tmp_path / "ledger.yaml").write_text(
        OWN.replace("StatefulSet", "Deployment").replace("  serviceName: ledger\n", "")
    )
    (tmp_path / "wirelint.toml").write_text('profile = "internal"\n')
    shutil.copytree(DEPLOY / "components", tmp_path / "components")
    there = kustomize(tmp_path)
    for manifest in there:
        validate(manifest, VERSIONS[-1])
    spec = only(there, "Deployment", "ledger")["spec"]["template"]["spec"]
    sidecar = named(spec["initContainers"], "wirelint")
    assert re.fullmatch(r"images\.example/wirelint@sha256:[0-9a-f]{64}", sidecar["image"])
    settings = only(there, "ConfigMap")["metadata"]["name"]
    assert re.fullmatch("wirelint-[a-z0-9]{10}", settings), "another file gives it another name"
    assert named(spec["volumes"], "wirelint-config")["configMap"]["name"] == settings
    told = {each["name"]: each.get("value") for each in sidecar["env"]}
    mounts = {each["name"]: each["mountPath"] for each in sidecar["volumeMounts"]}
    assert told["WIRELINT_CONFIG"] == f"{mounts['wirelint-config']}/wirelint.toml"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_autoscaler_in_the_docs_looks_at_the_service_alone(version: str) -> None:
    page = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"<!-- a test validates this example -->\n```yaml\n(.*?)```", page, re.DOTALL)
    (scaler,) = documents(example)
    validate(scaler, version)
    deployment = only(built("base"), "Deployment")
    assert scaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    (metric,) = scaler["spec"]["metrics"]
    named(deployment["spec"]["template"]["spec"]["containers"], metric["containerResource"]["container"])


@pytest.mark.parametrize("name", ["kubernetes.md", "scale.md"])
def test_what_the_docs_name_is_there(name: str) -> None:
    page = ROOT / "docs" / name
    text = page.read_text(encoding="utf-8")
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)} - {""}
    paths = set(re.findall(r"\bdeploy/kubernetes(?:/[\w.-]*\w)*", text))
    assert links
    assert not [link for link in links if not (page.parent / link).exists()]
    assert not [path for path in paths if not (ROOT / path).exists()]


@pytest.mark.parametrize("mode", OVERLAYS)
def test_the_components_fit_a_service_of_ones_own(mode: str, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "ledger.yaml").write_text(OWN)
    # kustomize takes components by relative paths alone.
    (tmp_path / "components").symlink_to(DEPLOY / "components")
    parts = {"reverse": ["reverse"], "transparent": ["transparent"], "inbound-outbound": ["reverse", "outbound"]}[mode]
    lines = ["apiVersion: kustomize.config.k8s.io/v1beta1", "kind: Kustomization", "resources: [ledger.yaml]"]
    lines += ["components:", *(f"  - ../components/{part}" for part in ("sidecar", *parts, "annotations"))]
    (own / "kustomization.yaml").write_text("\n".join(lines) + "\n")

    there = render(own)
    for manifest in there:
        validate(manifest, VERSIONS[-1])
    assert by_name(kustomize(own)) == by_name(there)

    before = {(each["kind"], each["metadata"]["name"]): each for each in documents(OWN)}
    assert only(there, "Deployment", "other") == before["Deployment", "other"]
    template = only(there, "StatefulSet")["spec"]["template"]
    old = before["StatefulSet", "ledger"]["spec"]["template"]["spec"]
    assert template["spec"]["containers"] == old["containers"]
    names = [each["name"] for each in template["spec"]["initContainers"]]
    assert names[-2:] == ["wirelint", "migrate"], "what runs before the service may call it, too"
    assert named(template["spec"]["initContainers"], "migrate") == old["initContainers"][0]
    assert template["metadata"]["annotations"]["prometheus.io/port"] == "9464"
    assert template["metadata"]["labels"] == {"app.kubernetes.io/name": "ledger", "wirelint": "sidecar"}
    assert only(there, "Service")["spec"]["ports"][0]["targetPort"] == ("http" if mode == "transparent" else 8080)
