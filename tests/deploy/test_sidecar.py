"""What the sidecar of deploy/kubernetes may do, where it listens, and that wirelint started as it says answers."""

from __future__ import annotations

import re
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import click
import pytest

from lab.kustomize import BUILDS, OVERLAYS, Manifest, named, only, render
from lab.prom import ROOT
from support import HOST, Background, free_port, wait_until
from wirelint.cli import cli
from wirelint.cli.proxy import Wanted, _redirected, _wanted
from wirelint.sinks.metrics.budget import Limits

PODS = ("base", *(f"overlays/{name}" for name in OVERLAYS))
RUNS = ("base", "overlays/reverse", "overlays/inbound-outbound")


def image_environment() -> dict[str, str]:
    """Return wirelint's variables that the image sets."""
    return dict(re.findall(r"\b(WIRELINT_\w+)=([^\s\\]+)", (ROOT / "Dockerfile").read_text(encoding="utf-8")))


def pod(name: str) -> dict[str, Any]:
    return dict(only(render(BUILDS[name]), "Deployment")["spec"]["template"])


def sidecar(name: str) -> dict[str, Any]:
    return named(pod(name)["spec"]["initContainers"], "wirelint")


def default(option: str) -> Any:
    """Return the default of one of the options of ``wirelint proxy``."""
    command = cli.get_command(click.Context(cli), "proxy")
    assert command is not None
    return named([each.to_info_dict() for each in command.params], option)["default"]


def variables(container: Manifest, of: Manifest) -> dict[str, str]:
    """Return a container's environment, with what it takes from its pod."""
    found = {}
    for variable in container.get("env", []):
        if "value" in variable:
            found[variable["name"]] = variable["value"]
            continue
        path = variable["valueFrom"]["fieldRef"]["fieldPath"]
        match = re.fullmatch(r"metadata\.(labels|annotations)\['([^']+)'\]", path)
        assert match, path
        found[variable["name"]] = of["metadata"][match[1]][match[2]]
    return found


def words(container: Manifest, of: Manifest) -> list[str]:
    """Return a container's arguments as Kubernetes fills them in."""
    known = variables(container, of)
    return [re.sub(r"\$\((\w+)\)", lambda found: known[found[1]], word) for word in container["args"]]


@pytest.mark.parametrize("name", PODS)
def test_it_is_native_and_can_do_no_more_than_it_must(name: str) -> None:
    container = sidecar(name)
    assert container["restartPolicy"] == "Always"
    assert container["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["resources"]["limits"] == {"memory": "256Mi"}
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    (mount,) = container["volumeMounts"]
    assert mount == {"name": "wirelint", "mountPath": image_environment()["WIRELINT_CONFDIR"]}
    assert named(pod(name)["spec"]["volumes"], "wirelint")["emptyDir"]["sizeLimit"]
    # Neither a registry's host nor a tag that means another image every day.
    assert re.fullmatch(r"[a-z-]+:local", container["image"])


@pytest.mark.parametrize("name", PODS)
def test_only_the_redirect_is_root_and_only_for_the_network(name: str) -> None:
    spec = pod(name)["spec"]
    for container in (*spec["initContainers"], *spec["containers"]):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"]["drop"] == ["ALL"]
        assert context["capabilities"].get("add", []) == (
            ["NET_ADMIN", "NET_RAW"] if container["name"] == "wirelint-redirect" else []
        )
        assert (context["runAsUser"] == 0) == (container["name"] == "wirelint-redirect")
    assert spec["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", PODS)
def test_it_is_called_as_the_command_line_allows(name: str) -> None:
    there = pod(name)
    container = sidecar(name)
    first, *services = words(container, there)
    assert first == "proxy"
    if services[0].startswith("--"):
        assert services[:1] == ["--transparent"]
        assert _redirected(services[1]) == ("shop", 15001)
    else:
        assert [_wanted(word) for word in services] == [Wanted("shop", "http://127.0.0.1:8000", None)]
    command = cli.get_command(click.Context(cli), "proxy")
    assert command is not None
    known = {option.envvar for option in command.params if isinstance(option, click.Option)}
    assert {each for each in variables(container, there) if each.startswith("WIRELINT_")} <= known
    app = named(there["spec"]["containers"], "shop")
    assert app["ports"][0]["containerPort"] == int(there["metadata"]["annotations"]["wirelint/app-port"])


@pytest.mark.parametrize("name", PODS)
def test_ports_are_those_that_it_listens_on(name: str) -> None:
    container = sidecar(name)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"audited": default("port"), "wirelint": default("metrics_port")}
    # In the base it carries nothing, so it must not take the pod out.
    in_path = ("startupProbe", "readinessProbe") if name != "base" else ()
    assert {key for key in container if key.endswith("Probe")} == {"livenessProbe", *in_path}
    for probe in ("livenessProbe", *in_path):
        assert container[probe]["httpGet"]["port"] == "wirelint"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert all(container[probe]["httpGet"]["path"] == "/readyz" for probe in in_path)


@pytest.mark.parametrize("name", PODS)
def test_services_lead_where_the_mode_says(name: str) -> None:
    service = only(render(BUILDS[name]), "Service")
    assert service["spec"]["selector"].items() <= pod(name)["metadata"]["labels"].items()
    through = name in {"overlays/reverse", "overlays/inbound-outbound"}
    assert service["spec"]["ports"][0]["targetPort"] == (default("port") if through else 8000)


@pytest.mark.parametrize("name", OVERLAYS)
def test_prometheus_finds_it(name: str) -> None:
    monitor = only(render(BUILDS[f"overlays/{name}"]), "PodMonitor")["spec"]
    there = pod(f"overlays/{name}")
    assert monitor["selector"]["matchLabels"].items() <= there["metadata"]["labels"].items()
    (endpoint,) = monitor["podMetricsEndpoints"]
    assert endpoint["port"] in {port["name"] for port in sidecar(f"overlays/{name}")["ports"]}
    assert monitor["sampleLimit"] > Limits().series
    assert not [key for key in there["metadata"]["annotations"] if key.startswith("prometheus.io")], "scraped twice"


def test_the_forward_proxy_is_the_services_alone() -> None:
    there = pod("overlays/inbound-outbound")
    own = variables(sidecar("overlays/inbound-outbound"), there)
    app = variables(named(there["spec"]["containers"], "shop"), there)
    assert own["WIRELINT_FORWARD_HOST"] == HOST
    assert app["HTTP_PROXY"] == app["http_proxy"] == f"http://{HOST}:{own['WIRELINT_FORWARD']}"
    assert HOST in app["NO_PROXY"].split(",")
    assert app["NO_PROXY"] == app["no_proxy"]


def test_what_is_redirected_arrives_at_wirelint() -> None:
    there = pod("overlays/transparent")
    redirect, wirelint = there["spec"]["initContainers"]
    assert redirect["name"] == "wirelint-redirect", "rules are there before anything listens"
    told = variables(redirect, there)
    assert told["APP_PORT"] == there["metadata"]["annotations"]["wirelint/app-port"]
    assert words(wirelint, there)[-1] == f"shop={told['WIRELINT_PORT']}"
    assert f"--uid-owner {wirelint['securityContext']['runAsUser']}" in redirect["args"][0]
    assert named(there["spec"]["containers"], "shop")["securityContext"]["runAsUser"] != 10001


@pytest.mark.e2e
@pytest.mark.parametrize("name", RUNS)
def test_started_as_the_manifest_says_it_passes_its_probes_and_counts(
    name: str, background: Background, tmp_path: Path
) -> None:
    there = pod(name)
    container = sidecar(name)
    app, port, page = free_port(), free_port(), free_port()
    command = [*named(there["spec"]["containers"], "shop")["command"]]
    assert command[:3] == ["python", "-m", "wirelint.demo.service"]
    command[command.index("0.0.0.0")] = HOST
    command[command.index("8000")] = str(app)
    background([sys.executable, *command[1:]], port=app)

    told = image_environment() | variables(container, there)
    told |= {"WIRELINT_HOST": HOST, "WIRELINT_METRICS_HOST": HOST, "WIRELINT_CONFDIR": str(tmp_path)}
    told |= {key: str(free_port()) for key in told if key == "WIRELINT_FORWARD"}
    told |= {"WIRELINT_PORT": str(port), "WIRELINT_METRICS_PORT": str(page), "WIRELINT_PAGE_PORT": "0"}
    started = [word.replace(":8000", f":{app}") for word in words(container, there)]
    background([sys.executable, "-m", "wirelint", *started], port=port, env=told, cwd=tmp_path)

    def get(path: str, of: int = page) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{of}{path}", timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, ""

    probes = [probe["httpGet"]["path"] for key, probe in container.items() if key.endswith("Probe")]
    wait_until(lambda: all(get(path)[0] == 200 for path in probes), "the probes to pass")
    assert get("/products", of=port)[0] == 200
    counted = re.compile(r'^wirelint_exchanges_total\{.*service="shop".*\} 1\.0$', re.MULTILINE)
    wait_until(lambda: counted.search(get("/metrics")[1]) is not None, "the exchange to be counted")
    assert 'direction="inbound"' in get("/metrics")[1]
