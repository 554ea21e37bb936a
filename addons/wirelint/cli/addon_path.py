"""Define ``wirelint addon-path``, for ``mitmdump -s "$(wirelint addon-path)"``."""

from __future__ import annotations

from pathlib import Path

import click

import wirelint
from wirelint.cli.common import common


@click.command("addon-path", short_help="Print where the script for mitmdump -s is.")
@common
def command() -> int:
    """Print where the mitmproxy script is: mitmdump -s "$(wirelint addon-path)"."""
    path = Path(wirelint.__file__).parent.parent / "wirelint_addon.py"
    if not path.is_file():
        raise click.UsageError(f"the script is not where it was installed: {path}", click.get_current_context())
    click.echo(path)
    return 0
