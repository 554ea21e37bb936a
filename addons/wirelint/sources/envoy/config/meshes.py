"""Resources of Istio and of Envoy Gateway that have their Envoys send exchanges."""

from __future__ import annotations

from typing import Final

from wirelint.sources.envoy.config.blocks import LOG_NAME, Block, HostPort, http_filter
from wirelint.sources.envoy.config.lua import FilterSettings, script

PROVIDER: Final = "wirelint"


def istio(receiver: HostPort, settings: FilterSettings, namespace: str) -> dict[str, list[Block]]:
    """Return file names and resources: filter, telemetry, and a provider for the settings of the mesh.

    :param receiver: where ``wirelint receive`` listens, as the mesh resolves it.
    :param settings: of the filter.
    :param namespace: whose workloads send; that of Istio itself for all.
    """
    context = ("SIDECAR_INBOUND", "GATEWAY")
    patches = [
        {
            "applyTo": "HTTP_FILTER",
            "match": {
                "context": each,
                "listener": {"filterChain": {"filter": {"name": "envoy.filters.network.http_connection_manager"}}},
            },
            "patch": {"operation": "INSERT_FIRST", "value": http_filter(settings)},
        }
        for each in context
    ]
    provider = {
        "name": PROVIDER,
        "envoyHttpAls": {"service": receiver.host, "port": receiver.port, "logName": LOG_NAME},
    }
    return {
        "wirelint.yaml": [
            {
                "apiVersion": "networking.istio.io/v1alpha3",
                "kind": "EnvoyFilter",
                "metadata": {"name": "wirelint", "namespace": namespace},
                "spec": {"configPatches": patches},
            },
            {
                "apiVersion": "telemetry.istio.io/v1",
                "kind": "Telemetry",
                "metadata": {"name": "wirelint", "namespace": namespace},
                "spec": {"accessLogging": [{"match": {"mode": "SERVER"}, "providers": [{"name": PROVIDER}]}]},
            },
        ],
        "mesh-config.yaml": [{"meshConfig": {"extensionProviders": [provider]}}],
    }


def envoy_gateway(receiver: HostPort, settings: FilterSettings, namespace: str, gateway: str) -> dict[str, list[Block]]:
    """Return file names and resources: the filter for a Gateway, and the access log of its proxies.

    :param receiver: the Service of ``wirelint receive`` and its port.
    :param settings: of the filter.
    :param namespace: of the Gateway.
    :param gateway: its name.
    """
    service, _, rest = receiver.host.partition(".")
    sink = {
        "type": "ALS",
        "als": {
            "type": "HTTP",
            "logName": LOG_NAME,
            "backendRefs": [{"name": service, "namespace": rest.partition(".")[0] or namespace, "port": receiver.port}],
        },
    }
    return {
        "wirelint.yaml": [
            {
                "apiVersion": "gateway.envoyproxy.io/v1alpha1",
                "kind": "EnvoyExtensionPolicy",
                "metadata": {"name": "wirelint", "namespace": namespace},
                "spec": {
                    "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway}],
                    "lua": [{"type": "Inline", "inline": script(settings)}],
                },
            },
            {
                "apiVersion": "gateway.envoyproxy.io/v1alpha1",
                "kind": "EnvoyProxy",
                "metadata": {"name": "wirelint", "namespace": namespace},
                "spec": {"telemetry": {"accessLog": {"settings": [{"sinks": [sink]}]}}},
            },
        ],
    }
