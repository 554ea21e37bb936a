"""Generate the Kubernetes form of ``dashboards/``: the rules as a PrometheusRule, the dashboards as ConfigMaps."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from wirelint.gen.dashboards import UIDS
from wirelint.monitoring import alerting_rules, recording_rules

_RULE: Final = """\
# Written by make gen from what dashboards/prometheus holds, for the Prometheus Operator.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: wirelint
  labels:
    release: kube-prometheus-stack # what its Prometheus looks for
spec:
"""

_MAPS: Final = """\
# Written by make gen. Makes ConfigMaps of the dashboards, for a Grafana whose sidecar looks for the label.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
generatorOptions:
  disableNameSuffixHash: true # nothing but the sidecar refers to them, and old ones would stay
  labels:
    grafana_dashboard: "1"
  annotations:
    grafana_folder: wirelint
configMapGenerator:
"""


def files(root: Path) -> dict[Path, str]:
    """Return each file with its content.

    :param root: the top of the checkout.
    """
    return {
        root / "deploy" / "kubernetes" / "monitoring" / "prometheusrule.yaml": _rule(),
        # kustomize reads no file outside its own folder, so it is beside the dashboards.
        root / "dashboards" / "kustomization.yaml": _maps(),
    }


def _rule() -> str:
    lines = ["  groups:"]
    for text in (recording_rules.text(), alerting_rules.text()):
        _, _, groups = text.partition("\ngroups:\n")
        lines += ["  " + line if line else "" for line in groups.splitlines()]
    return _RULE + "\n".join(lines) + "\n"


def _maps() -> str:
    return _MAPS + "".join(f"  - name: {uid}\n    files: [{uid}.json]\n" for uid in UIDS)
