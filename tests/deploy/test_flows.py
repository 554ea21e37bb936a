"""Who gets where: the network policies of deploy/kubernetes, evaluated over a table of flows."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from lab.kustomize import BUILDS, DEPLOY, Manifest, documents, only, render

APP, AUDITED, METRICS, GRPC, AMBIENT = 8000, 8080, 9464, 9000, 15008
NAMESPACE = "kubernetes.io/metadata.name"


class Flow(NamedTuple):
    """A connection to a pod that has a sidecar."""

    port: int
    namespace: str = "callers"
    protocol: str = "TCP"


def _selected(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Return whether a label selector takes these labels; empty takes all (Kubernetes API, LabelSelector)."""
    assert selector.keys() <= {"matchLabels"}, "more than is known of selectors"
    return bool(selector.get("matchLabels", {}).items() <= labels.items())


def _peer(peer: dict[str, Any], namespace: str) -> bool:
    assert peer.keys() == {"namespaceSelector"}, "more than is known of peers"
    return _selected(peer["namespaceSelector"], {NAMESPACE: namespace})


def _port(port: dict[str, Any], flow: Flow) -> bool:
    """Return whether a port is meant; no protocol is TCP, no number is every port (NetworkPolicyPort)."""
    if port.get("protocol", "TCP") != flow.protocol:
        return False
    return "port" not in port or port["port"] <= flow.port <= port.get("endPort", port["port"])


def admitted(policies: list[Manifest], pod: dict[str, str], flow: Flow) -> bool:
    """Return whether a pod with these labels gets the flow.

    As the API defines it: a pod that no policy of type Ingress selects gets everything, any other one what at least one
    rule of one such policy allows. A rule without ``from`` allows every source, one without ``ports`` every port.
    """
    of = [
        policy["spec"]
        for policy in policies
        if "Ingress" in policy["spec"].get("policyTypes", ["Ingress"]) and _selected(policy["spec"]["podSelector"], pod)
    ]
    return not of or any(
        ("from" not in rule or any(_peer(peer, flow.namespace) for peer in rule["from"]))
        and ("ports" not in rule or any(_port(port, flow) for port in rule["ports"]))
        for spec in of
        for rule in spec.get("ingress", [])
    )


FLOWS = {
    "callers, through wirelint": Flow(AUDITED),
    "callers, past wirelint": Flow(APP),
    "Prometheus, of the service": Flow(9100, "monitoring"),
    "callers, gRPC of the service": Flow(GRPC),
    "ztunnel of Istio's ambient mode": Flow(AMBIENT, "istio-system"),
    "callers, QUIC": Flow(443, protocol="UDP"),
    "callers, UDP at the number of the app port": Flow(APP, protocol="UDP"),
    "callers, SCTP": Flow(2905, protocol="SCTP"),
    "Prometheus, of wirelint": Flow(METRICS, "monitoring"),
    "callers, metrics of wirelint": Flow(METRICS),
    "Prometheus, past wirelint": Flow(APP, "monitoring"),
    "the port below": Flow(APP - 1),
    "the port above": Flow(APP + 1),
    "the lowest": Flow(1),
    "the highest": Flow(65535),
}
ALWAYS_CLOSED = {"callers, metrics of wirelint"}
PAST = {"callers, past wirelint", "Prometheus, past wirelint"}
CLOSED = {
    "base": ALWAYS_CLOSED,
    "overlays/transparent": ALWAYS_CLOSED,
    "overlays/reverse": ALWAYS_CLOSED | PAST,
    "overlays/inbound-outbound": ALWAYS_CLOSED | PAST,
}
OPEN_BUT_FOR_CALLERS = {
    "callers, through wirelint",
    "ztunnel of Istio's ambient mode",
    "Prometheus, of wirelint",
}


def closed(there: list[Manifest]) -> set[str]:
    labels = only(there, "Deployment")["spec"]["template"]["metadata"]["labels"]
    policies = [each for each in there if each["kind"] == "NetworkPolicy"]
    return {name for name, flow in FLOWS.items() if not admitted(policies, labels, flow)}


@pytest.mark.parametrize("name", CLOSED)
def test_only_what_the_build_says_is_closed(name: str) -> None:
    assert closed(render(BUILDS[name])) == CLOSED[name]


def test_the_component_for_services_with_one_port_closes_the_rest() -> None:
    there = render(BUILDS["overlays/reverse"])
    (component,) = documents((DEPLOY / "components/only-audited/kustomization.yaml").read_text())
    (operation,) = documents(component["patches"][0]["patch"])[0]
    assert operation["path"] == "/spec/ingress/0/ports"
    only(there, "NetworkPolicy")["spec"]["ingress"][0]["ports"] = operation["value"]
    assert closed(there) == FLOWS.keys() - OPEN_BUT_FOR_CALLERS


def test_pods_without_a_sidecar_stay_as_they_are() -> None:
    policies = [each for each in render(BUILDS["overlays/reverse"]) if each["kind"] == "NetworkPolicy"]
    assert all(admitted(policies, {"app.kubernetes.io/name": "other"}, flow) for flow in FLOWS.values())


def test_a_rule_without_protocol_is_for_tcp_alone() -> None:
    policy = {"spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"ports": [{"port": 80}]}]}}
    assert admitted([policy], {}, Flow(80))
    assert not admitted([policy], {}, Flow(80, protocol="UDP"))
    assert not admitted([policy], {}, Flow(81))
    policy["spec"]["ingress"] = []
    assert not admitted([policy], {}, Flow(80))
