"""As much of kustomize as ``deploy/kubernetes`` uses, so that its tests need no program beside Python.

Whatever it does not know is refused, and where kubectl or kustomize is installed a test compares what both make of it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from lab.prom import ROOT

DEPLOY = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("reverse", "transparent", "inbound-outbound")
BUILDS = {
    name: DEPLOY / name for name in ("base", *(f"overlays/{name}" for name in OVERLAYS), "monitoring", "receiver")
}
"""What can be built, by name."""

KNOWN = {
    *("apiVersion", "kind", "resources", "components", "configMapGenerator", "generatorOptions", "patches", "images"),
}
# The field by which Kubernetes merges lists of objects; other lists are replaced.
KEYS = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
}

Manifest = dict[str, Any]


def documents(text: str) -> list[Any]:
    """Return the documents of a YAML text."""
    return [each for each in YAML(typ="safe", pure=True).load_all(text) if each is not None]


def render(folder: Path) -> list[Manifest]:
    """Return the output of ``kustomize build folder``, in any order.

    Raises:
        ValueError: it takes more than is known here.
    """
    return _applied(folder, [], "Kustomization")


def _applied(folder: Path, there: list[Manifest], kind: str) -> list[Manifest]:
    (settings,) = documents((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    if settings["kind"] != kind or settings.keys() - KNOWN:
        raise ValueError(f"{folder}: not a {kind}, or with more than {sorted(KNOWN)}")
    for name in settings.get("resources", []):
        place = folder / name
        there += render(place) if place.is_dir() else documents(place.read_text(encoding="utf-8"))
    for name in settings.get("components", []):
        there = _applied(folder / name, there, "Component")
    there += _config_maps(folder, settings)
    for patch in settings.get("patches", []):
        _patch(there, patch, folder)
    for image in settings.get("images", []):
        _rename(there, image)
    return there


def _config_maps(folder: Path, settings: Mapping[str, Any]) -> Iterator[Manifest]:
    options = settings.get("generatorOptions", {})
    for wanted in settings.get("configMapGenerator", []):
        if wanted.keys() != {"name", "files"} or not options.get("disableNameSuffixHash"):
            raise ValueError(f"{folder}: a ConfigMap of more than files, or with a hash in its name")
        yield {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": wanted["name"], "labels": options["labels"], "annotations": options["annotations"]},
            "data": {file: (folder / file).read_text(encoding="utf-8") for file in wanted["files"]},
        }


def _patch(there: list[Manifest], patch: Mapping[str, Any], folder: Path) -> None:
    text = patch["patch"] if "patch" in patch else (folder / patch["path"]).read_text(encoding="utf-8")
    (change,) = documents(text)
    target = patch.get("target") or {"kind": change["kind"], "name": change["metadata"]["name"]}
    hit = [manifest for manifest in there if _meant(manifest, target)]
    if not hit and "target" not in patch:
        raise ValueError(f"{folder}: nothing to patch: {target}")
    for manifest in hit:
        if isinstance(change, list):
            for operation in change:
                _operate(manifest, operation)
        else:
            merged = _merged(manifest, {**change, "apiVersion": manifest["apiVersion"], "kind": manifest["kind"]})
            merged["metadata"]["name"] = manifest["metadata"]["name"]
            manifest.clear()
            manifest.update(merged)


def _meant(manifest: Manifest, target: Mapping[str, str]) -> bool:
    if target.keys() - {"kind", "name", "labelSelector"}:
        raise ValueError(f"more than is known of targets: {target}")
    label, _, value = target.get("labelSelector", "").partition("=")
    metadata = manifest["metadata"]
    return (
        re.fullmatch(target.get("kind", ".*"), manifest["kind"]) is not None
        and re.fullmatch(target.get("name", ".*"), metadata["name"]) is not None
        and (not label or metadata.get("labels", {}).get(label) == value)
    )


def _operate(manifest: Manifest, operation: Mapping[str, Any]) -> None:
    """JSON Patch (RFC 6902), of it only "replace"."""
    if operation["op"] != "replace":
        raise ValueError(f"more than is known of patches: {operation}")
    *parents, last = (int(step) if step.isdigit() else step for step in operation["path"].split("/")[1:])
    place: Any = manifest
    for step in parents:
        place = place[step]
    place[last]  # fails where nothing is there to be replaced
    place[last] = operation["value"]


def _merged(base: Any, change: Any, key: str | None = None) -> Any:
    """Return a strategic merge: objects by field, lists of objects by their key field, new members first."""
    if isinstance(base, dict) and isinstance(change, dict):
        both = {name: _merged(base.get(name), value, KEYS.get(name)) for name, value in change.items()}
        return {**base, **both}
    if isinstance(base, list) and isinstance(change, list) and key is not None:
        changes = {each[key]: each for each in change}
        old = [_merged(each, changes.pop(each[key], {})) for each in base]
        return [*changes.values(), *old]
    return copy.deepcopy(change)


def _rename(there: list[Manifest], image: Mapping[str, str]) -> None:
    for manifest in there:
        spec = manifest.get("spec", {}).get("template", {}).get("spec", {})
        for container in (*spec.get("initContainers", []), *spec.get("containers", [])):
            name, _, tag = container["image"].partition(":")
            if name == image["name"]:
                container["image"] = f"{image.get('newName', name)}:{image.get('newTag', tag)}"


def only(there: list[Manifest], kind: str, name: str | None = None) -> Manifest:
    """Return the only manifest of a kind, or that of a name."""
    (found,) = (each for each in there if each["kind"] == kind and name in {None, each["metadata"]["name"]})
    return found


def named(members: list[Manifest], name: str) -> Manifest:
    """Return the element of a name in a list of containers, ports and the like."""
    (found,) = (each for each in members if each["name"] == name)
    return found
