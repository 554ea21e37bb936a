"""``wirelint export compose``: Docker Compose with Prometheus and Grafana."""

from __future__ import annotations

from pathlib import Path

import click

from wirelint.cli.common import common
from wirelint.cli.exports._files import FOLDER, write
from wirelint.cli.exports._shipped import shipped

_BUILT = "    build: .\n    image: wirelint:local\n    pull_policy: build\n"
_LOCAL = "image: wirelint:local\n  pull_policy: never\n"
_IMAGE = "image: ${WIRELINT_IMAGE:-wirelint:local}\n"


@click.command("compose", short_help="Write files for Docker Compose.")
@FOLDER
@common
def command(folder: Path) -> int:
    """Write docker-compose.yml, which runs wirelint with Prometheus and Grafana, and what it mounts.

    WIRELINT_IMAGE names the image: UPSTREAM=http://host.docker.internal:8000 docker compose up
    """
    files = shipped("docker-compose.yml", "deploy/compose", "dashboards")
    text = files["docker-compose.yml"].replace(_BUILT, f"    {_IMAGE}").replace(_LOCAL, _IMAGE)
    write(folder, {**files, "docker-compose.yml": text})
    return 0
