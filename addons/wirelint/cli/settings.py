"""``wirelint config``: the settings in force, and where each comes from."""

from __future__ import annotations

import sys
from typing import Any

import click
from click.core import ParameterSource
from rich.text import Text

from wirelint import policy
from wirelint.cli import cli
from wirelint.cli.options import CONFIGURATION, common, defaults, options_of, settable, variable
from wirelint.config import Config, ConfigError, nearest
from wirelint.rules import catalogue
from wirelint.sinks.console import Printer


@click.command("config", short_help="Show the settings in force and where each comes from.")
@click.argument("commands", nargs=-1, metavar="[COMMAND]...")
@common
def command(commands: tuple[str, ...]) -> int:
    """Show the settings of all commands, or of those named, and where each comes from."""
    known = settable()
    for name in commands:
        if name not in known:
            message = f"no command is called {name!r}{nearest(name, known)}"
            raise click.UsageError(message, click.get_current_context())
    context = click.get_current_context()
    file: Config = click.get_current_context().meta[CONFIGURATION]
    try:
        policy.build(catalogue(), policy.Wanted(), file, now=0.0)
    except ConfigError as error:
        raise click.UsageError(str(error), click.get_current_context()) from error
    rows: list[list[Text | str]] = [["command", "setting", "value", "from"]]
    for name in commands or known:
        chosen = cli.get_command(click.get_current_context(), name)
        if chosen is None or not known[name]:
            continue
        options = options_of(chosen)
        within = click.Context(chosen, parent=context.parent, info_name=name)
        within.default_map = defaults(chosen, file.of(name, known[name]))
        for key in sorted(known[name]):
            value, source = _effective(within, key, options[key], file.path or "")
            rows.append([name, key, Text(_shown(value)), source])
    Printer(sys.stdout).table(rows)
    return 0


def _effective(context: click.Context, key: str, option: click.Parameter, path: str) -> tuple[Any, str]:
    """The value of an option where no flag is given, and where it comes from.

    :raises click.BadParameter: it is none that the option may have.
    """
    value, _ = option.handle_parse_result(context, {}, [])
    source = context.get_parameter_source(option.name or "")
    value = None if repr(value) == "Sentinel.UNSET" else value
    if source is ParameterSource.ENVIRONMENT:
        return value, variable(key)
    return value, path if source is ParameterSource.DEFAULT_MAP else "default"


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "–"  # noqa: RUF001 - a dash for nothing
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)  # noqa: RUF001 - likewise
