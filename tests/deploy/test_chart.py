"""The Helm chart, as Helm rendered it: what the API takes, and the same as the manifests for kustomize."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from lab.chart import CHART, RENDERED, WITH_INJECTOR, digest, rendered
from lab.kube_api import validate
from lab.kustomize import BUILDS, Manifest, named, only, render
from wirelint import __version__

INJECTORS = [version for version, has in WITH_INJECTOR.items() if has]


@pytest.mark.parametrize("version", WITH_INJECTOR)
def test_what_helm_rendered_is_of_this_chart(version: str) -> None:
    first, _, _ = (RENDERED / f"{version}.yaml").read_text().partition("\n")
    assert first.endswith(digest()), "the chart has changed since: run `make chart` and commit what it writes"
    assert f"\nappVersion: {__version__}\n" in (CHART / "Chart.yaml").read_text()


@pytest.mark.parametrize("version", WITH_INJECTOR)
def test_the_api_takes_it(version: str) -> None:
    there = rendered(version)
    assert len(there) == (9 if WITH_INJECTOR[version] else 5)
    for manifest in there:
        validate(manifest, version)


@pytest.mark.parametrize("version", WITH_INJECTOR)
def test_the_receiver_is_the_one_of_kustomize(version: str) -> None:
    there, own = render(BUILDS["receiver"]), rendered(version)
    del only(there, "Deployment")["spec"]["replicas"]
    for kind in ("Deployment", "Service", "HorizontalPodAutoscaler", "NetworkPolicy"):
        assert only(own, kind) == only(there, kind)


def _tokens(text: str) -> Iterator[str]:
    """Yield CEL as JSON: types become members, names of fields get quotes."""
    for part in re.split(r'("(?:\\.|[^"\\])*")', text):
        if part.startswith('"'):
            yield part
        else:
            named_ = re.sub(r"(\w+): ", r'"\1": ', part)
            yield re.sub(r"Object((?:\.\w+)*)\{", r'{"type of it": "\1", ', named_)


def _untyped(value: Any, at: str) -> Any:
    """Return the value without its types, each of which must be its place; only maps with free keys have none."""
    if isinstance(value, list):
        return [_untyped(each, at) for each in value]
    if not isinstance(value, dict):
        return value
    assert value.pop("type of it", None) == (None if at.endswith((".requests", ".limits")) else at)
    return {key: _untyped(each, f"{at}.{key}") for key, each in value.items()}


def injected(policy: Manifest) -> list[tuple[str, Any]]:
    """Return the places that a policy patches, and the objects that it puts there."""
    (mutation,) = policy["spec"]["mutations"]
    patches = re.findall(r'path: "([^"]+)",\s*value: (Object(\.\w+)*\{.*)', mutation["jsonPatch"]["expression"])
    return [(path, _untyped(json.loads("".join(_tokens(text))), at)) for path, text, _ in patches for at in [_at(text)]]


def _at(text: str) -> str:
    found = re.match(r"Object((?:\.\w+)*)", text)
    assert found
    return found[1]


@pytest.mark.parametrize("version", INJECTORS)
def test_the_injected_sidecar_is_the_one_of_kustomize(version: str) -> None:
    policy = only(rendered(version), "MutatingAdmissionPolicy", "wirelint-sidecar")
    assert policy["apiVersion"].rpartition("/")[2] == ("v1beta1" if version == "1.34.0" else "v1")
    spec = only(render(BUILDS["overlays/reverse"]), "Deployment")["spec"]["template"]["spec"]
    assert injected(policy) == [
        ("/spec/initContainers/0", named(spec["initContainers"], "wirelint")),
        ("/spec/volumes/-", named(spec["volumes"], "wirelint")),
    ]


@pytest.mark.parametrize("version", INJECTORS)
def test_the_injector_takes_what_kustomize_takes(version: str) -> None:
    there = rendered(version)
    policies = [each for each in there if each["kind"] == "MutatingAdmissionPolicy"]
    bound = {each["spec"]["policyName"] for each in there if each["kind"] == "MutatingAdmissionPolicyBinding"}
    assert {each["metadata"]["name"] for each in policies} == bound
    for policy in policies:
        assert policy["spec"]["matchConstraints"]["objectSelector"] == {"matchLabels": {"wirelint": "sidecar"}}
        assert policy["spec"]["failurePolicy"] == "Ignore", "wirelint's faults keep no pod from starting"
    service = only(there, "MutatingAdmissionPolicy", "wirelint-service")
    (port,) = only(render(BUILDS["overlays/reverse"]), "Service")["spec"]["ports"]
    assert f'"/spec/ports/0/targetPort", value: {port["targetPort"]}}}' in json.dumps(service).replace("\\", "")


def test_values_are_checked_by_their_schema() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    parts = [schema, *(each for each in schema["properties"].values() if "properties" in each)]
    assert all(each["additionalProperties"] is False for each in parts)
    digest_ = schema["properties"]["image"]["properties"]["digest"]["pattern"]
    assert re.search(digest_, "sha256:" + "0" * 64)
    assert not re.search(digest_, "latest")
