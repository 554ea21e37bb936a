"""``wirelint export dashboards``: dashboards for Grafana."""

from __future__ import annotations

from pathlib import Path

import click

from wirelint.cli.common import common
from wirelint.cli.exports._files import FOLDER, write
from wirelint.cli.exports._shipped import shipped


@click.command("dashboards", short_help="Write dashboards for Grafana.")
@FOLDER
@common
def command(folder: Path) -> int:
    """Write the dashboards to import into Grafana, and provisioning for a Grafana of one's own.

    They need the recording rules of ``wirelint export alerts``.
    """
    files = shipped("dashboards")
    wanted = {path.removeprefix("dashboards/"): text for path, text in files.items()}
    write(folder, {path: text for path, text in wanted.items() if path.startswith(("wirelint-", "provisioning/"))})
    return 0
