"""What the API of Kubernetes accepts, by its schemas, and of the Prometheus Operator's as much as is used."""

from __future__ import annotations

from typing import Any

import jsonschema
import kubernetes_validate

from lab.kustomize import Manifest

VERSIONS = ("1.29.1", "1.33.0", "1.37.0")
"""The first Kubernetes in which native sidecars are on by default, the first in which they are stable, and the last one
that the schemas know."""


def closed(required: str, **properties: Any) -> dict[str, Any]:
    """Return a schema of an object with just these fields."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "object", "additionalProperties": TEXT}
DURATION = {"type": "string", "pattern": r"^(\d+[smhd])+$"}
METADATA = closed("name", name=TEXT, labels=TEXTS)
# The part that is used of what the Prometheus Operator defines (v0.92), which no package for tests brings along.
CUSTOM: dict[str, dict[str, Any]] = {
    "PodMonitor": closed(
        "apiVersion kind metadata spec",
        apiVersion={"const": "monitoring.coreos.com/v1"},
        kind=TEXT,
        metadata=METADATA,
        spec=closed(
            "selector podMetricsEndpoints",
            selector=closed("matchLabels", matchLabels=TEXTS),
            namespaceSelector=closed("any", any={"type": "boolean"}),
            sampleLimit={"type": "integer", "minimum": 1},
            podMetricsEndpoints={
                "type": "array",
                "minItems": 1,
                "items": closed(
                    "port",
                    port={"type": "string", "pattern": "^[a-z0-9-]{1,15}$"},
                    path={"type": "string", "pattern": "^/"},
                    interval=DURATION,
                    scrapeTimeout=DURATION,
                ),
            },
        ),
    ),
    "PrometheusRule": closed(
        "apiVersion kind metadata spec",
        apiVersion={"const": "monitoring.coreos.com/v1"},
        kind=TEXT,
        metadata=METADATA,
        spec=closed(
            "groups",
            groups={
                "type": "array",
                "minItems": 1,
                "items": closed(
                    "name rules",
                    name=TEXT,
                    interval=DURATION,
                    rules={
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "oneOf": [
                                closed("record expr", record=TEXT, expr=TEXT),
                                closed(
                                    "alert expr",
                                    alert=TEXT,
                                    expr=TEXT,
                                    labels=TEXTS,
                                    annotations=TEXTS,
                                    **{"for": DURATION},
                                ),
                            ]
                        },
                    },
                ),
            },
        ),
    ),
}


def validate(manifest: Manifest, version: str) -> None:
    """Raise unless the API accepts it; unknown fields count as errors."""
    if manifest["kind"] in CUSTOM:
        jsonschema.validate(manifest, CUSTOM[manifest["kind"]])
    else:
        kubernetes_validate.validate(manifest, version, strict=True)
