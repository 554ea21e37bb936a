"""``wirelint export kubernetes``: manifests for kustomize."""

from __future__ import annotations

from pathlib import Path

import click

from wirelint.cli.common import common
from wirelint.cli.exports._files import FOLDER, write
from wirelint.cli.exports._shipped import shipped


@click.command("kubernetes", short_help="Write manifests for Kubernetes.")
@FOLDER
@common
def command(folder: Path) -> int:
    """Write bases, components and overlays for kustomize, with rules for the Prometheus Operator and dashboards.

    Begin with deploy/kubernetes/overlays. The image is wirelint:local; set yours by ``images`` of a kustomization.
    """
    files = shipped("deploy/kubernetes", "dashboards")
    wanted = [path for path in files if not path.startswith("dashboards/prometheus/") and not path.endswith(".md")]
    write(folder, {path: files[path] for path in sorted(wanted)})
    return 0
