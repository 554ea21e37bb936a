"""Define ``wirelint config``, which shows the settings in force and their origins."""

from __future__ import annotations

import sys
from typing import Any, Final

import click
from rich.text import Text

from wirelint.cli import cli
from wirelint.cli.common import common
from wirelint.rules import catalogue
from wirelint.settings import tables
from wirelint.settings.file import ConfigError, nearest
from wirelint.settings.options import effective
from wirelint.settings.setup import configuration
from wirelint.sinks.console import Printer

_SECRET: Final = frozenset({"page-token"})


@click.command("config", short_help="Show the settings in force and where each comes from.")
@click.argument("commands", nargs=-1, metavar="[COMMAND]...")
@common
def command(commands: tuple[str, ...]) -> int:
    """Show the settings of all commands, or of those named, and where each comes from."""
    context = click.get_current_context()
    known = cli.list_commands(context)
    for name in commands:
        if name not in known:
            raise click.UsageError(f"unknown command {name!r}{nearest(name, known)}", context)
    config = configuration(context)
    try:
        tables.build(catalogue(), tables.PolicyOptions(), config, now=0.0)
    except ConfigError as error:
        raise click.UsageError(str(error), context) from error
    rows: list[list[Text | str]] = [["command", "setting", "value", "from"]]
    for name in commands or known:
        chosen = cli.get_command(context, name)
        if chosen is None or context.parent is None:
            continue
        for key, (value, source) in effective(chosen, context.parent, config).items():
            rows.append([name, key, Text("(set)" if value and key in _SECRET else _shown(value)), source])
    Printer(sys.stdout).table(rows)
    return 0


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "–"  # noqa: RUF001 - a dash for nothing
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)  # noqa: RUF001 - likewise
