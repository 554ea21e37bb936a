"""Define options of commands, and resolve their values: flag, environment, configuration file, default."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import click
from click.core import ParameterSource

from wirelint.core.finding import Confidence, Severity
from wirelint.settings.file import Config, nearest

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_UNSETTABLE: Final = frozenset({"config", "debug", "help", "update-baseline"})
"""Options that are not allowed in a configuration file."""


class Choice(click.Choice[str]):
    """One of a few words; the message for an unknown one names the most similar known one."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:  # noqa: ARG002 - click names it
        """Return the message for ``value``."""
        words = [str(word) for word in self.choices]
        return f"{str(value)[:60]!r} is not one of {', '.join(words)}{nearest(str(value), words)}"


SEVERITY: Final = Choice([str(level) for level in Severity])
CONFIDENCE: Final = Choice([str(level) for level in Confidence])
PORT: Final = click.IntRange(0, 65535)


def option(*names: str, **attributes: Any) -> Decorator:
    """Return ``click.option`` with an environment variable: ``--metrics-port`` is ``WIRELINT_METRICS_PORT``."""
    key = next(name for name in names if name.startswith("--")).partition("/")[0][2:]
    attributes.setdefault("envvar", variable(key))
    return click.option(*names, **attributes)


def variable(key: str) -> str:
    """Return the name of an option's environment variable."""
    return f"WIRELINT_{key.upper().replace('-', '_')}"


def asked_for(context: click.Context, name: str) -> bool:
    """Return whether a parameter's value is a flag's or the environment's, which beat the file."""
    return context.get_parameter_source(name) in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)


def settable(root: click.Command) -> Mapping[str, Mapping[str, bool]]:
    """Return the options of each command that a configuration file may set, and whether each takes a list.

    :param root: the command, or the group of commands.
    """
    found: dict[str, Mapping[str, bool]] = {}
    for name, command in _commands(root).items():
        found[name] = {key: takes_list(item) for key, item in options_of(command).items() if key not in _UNSETTABLE}
    return found


def _commands(root: click.Command) -> Mapping[str, click.Command]:
    if not isinstance(root, click.Group):
        return {root.name or "": root}
    context = click.Context(root)
    found = {name: root.get_command(context, name) for name in root.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def options_of(command: click.Command) -> dict[str, click.Parameter]:
    """Return the settable parameters of a command, by name in kebab case: options, and arguments with a variable."""
    return {
        next((text[2:] for text in item.opts if text.startswith("--")), item.name or ""): item
        for item in command.params
        if isinstance(item, click.Option) or item.envvar
    }


def takes_list(item: click.Parameter) -> bool:
    """Return whether a parameter takes several values."""
    return item.nargs == -1 or (isinstance(item, click.Option) and item.multiple)


def split(values: str | Iterable[str]) -> tuple[str, ...]:
    """Return the comma-separated words of one text or of several."""
    texts = (values,) if isinstance(values, str) else values
    return tuple(word.strip() for text in texts for word in text.split(",") if word.strip())


def effective(command: click.Command, parent: click.Context, config: Config) -> dict[str, tuple[Any, str]]:
    """Return the value of each option of a command without flags, and its origin.

    :param parent: the context of the group of commands.
    :raises click.BadParameter: a value is invalid for its option.
    """
    options = {key: item for key, item in options_of(command).items() if key not in _UNSETTABLE}
    context = click.Context(command, parent=parent, info_name=command.name)
    context.default_map = defaults(command, config.of(command.name or "", options))
    return {key: _effective(context, key, options[key], config.path or "") for key in sorted(options)}


def _effective(context: click.Context, key: str, option: click.Parameter, path: str) -> tuple[Any, str]:
    value, _ = option.handle_parse_result(context, {}, [])
    source = context.get_parameter_source(option.name or "")
    value = None if repr(value) == "Sentinel.UNSET" else value
    if source is ParameterSource.ENVIRONMENT:
        return value, variable(key)
    return value, path if source is ParameterSource.DEFAULT_MAP else "default"


def defaults(command: click.Command, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a configuration file by option, as defaults of a click command."""
    options = options_of(command)
    return {
        option.name: [value] if takes_list(option) and not isinstance(value, list) else value
        for name, value in values.items()
        if (option := options[name]).name is not None
    }
