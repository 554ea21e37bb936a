"""Options that commands share, and how every option finds its value: flag, environment, file, default."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from wirelint import config, policy, policy_file, selection
from wirelint.cli import cli, switch_debug
from wirelint.core.engine import Engine
from wirelint.core.finding import Confidence, Severity
from wirelint.core.policy import Policy
from wirelint.core.rule import Rule
from wirelint.core.scoped import engine_for
from wirelint.profiles import PROFILES
from wirelint.rules import catalogue

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_UNSETTABLE: Final = frozenset({"config", "debug", "help"})
"""Options that make no sense in a configuration file."""

CONFIGURATION: Final = "wirelint.configuration"
"""Where a click context's ``meta`` holds the ``Config`` that was read."""


class Choice(click.Choice[str]):
    """One of a few words; of a wrong one the nearest right one is named."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:  # noqa: ARG002 - click names it
        """What to say about ``value``."""
        words = [str(word) for word in self.choices]
        return f"{str(value)[:60]!r} is none of {', '.join(words)}{config.nearest(str(value), words)}"


SEVERITY: Final = Choice([str(level) for level in Severity])
CONFIDENCE: Final = Choice([str(level) for level in Confidence])
PORT: Final = click.IntRange(0, 65535)


def option(*names: str, **attributes: Any) -> Decorator:
    """``click.option`` with an environment variable: ``--metrics-port`` is ``WIRELINT_METRICS_PORT``."""
    key = next(name for name in names if name.startswith("--")).partition("/")[0][2:]
    attributes.setdefault("envvar", variable(key))
    return click.option(*names, **attributes)


def variable(key: str) -> str:
    """The environment variable for an option."""
    return f"WIRELINT_{key.upper().replace('-', '_')}"


def common(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--config`` and ``--debug``, which every command has that can fail."""
    for decorate in (
        option("--debug", is_flag=True, expose_value=False, callback=switch_debug, help="Show tracebacks."),
        option(
            "--config",
            "config_file",
            type=click.Path(path_type=Path),
            is_eager=True,
            expose_value=False,
            callback=_configure,
            metavar="FILE",
            help="Configuration file; wirelint.toml or pyproject.toml here or in a folder above by default.",
        ),
    ):
        function = decorate(function)
    return function


def rule_choice(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--select``, ``--ignore``: which rules."""
    words = "ids, families or severities, apart by commas; repeatable"
    for decorate in (
        option("--ignore", multiple=True, callback=_words, metavar="RULES", help=f"Rules not to run: {words}."),
        option("--select", multiple=True, callback=_words, metavar="RULES", help=f"Rules to run alone: {words}."),
    ):
        function = decorate(function)
    return function


def confidence(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--min-confidence``."""
    return option(
        "--min-confidence",
        type=CONFIDENCE,
        default="strong",
        show_default=True,
        callback=lambda _context, _parameter, value: Confidence[value.upper()],
        help="Drop findings less sure than this.",
    )(function)


def profile(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--profile``."""
    return option(
        "--profile",
        type=Choice(list(PROFILES)),
        default=policy.DEFAULT,
        show_default=True,
        help="What to expect of services.",
    )(function)


def auditor(select: tuple[str, ...], ignore: tuple[str, ...], least: Confidence, profile: str) -> Engine:
    """The engine that options and the configuration file ask for; raises as ``judging`` does."""
    return engine_for(judging(select, ignore, least, profile))


def judging(select: tuple[str, ...], ignore: tuple[str, ...], least: Confidence, profile: str) -> Policy:
    """What options and the configuration file ask to be judged by.

    :raises click.UsageError: the file cannot be used, a word is unknown, or no rule is left.
    """
    context = click.get_current_context()
    asked = context.get_parameter_source("select") in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
    wanted = policy.Wanted(profile=profile, select=select, ignore=ignore, least=least, alone=asked)
    try:
        found = policy.build(catalogue(), wanted, context.meta[CONFIGURATION], now=time.time())
    except (config.ConfigError, selection.UnknownRuleError) as error:
        raise click.UsageError(str(error), context) from error
    if not found.rules:
        raise click.UsageError("--select and --ignore leave no rule to run", context)
    return found


def chosen(select: tuple[str, ...], ignore: tuple[str, ...]) -> tuple[Rule, ...]:
    """The rules that ``--select`` and ``--ignore`` leave.

    :raises click.UsageError: a word is unknown, or no rule is left.
    """
    try:
        rules = selection.select(catalogue(), select, ignore)
    except selection.UnknownRuleError as error:
        raise click.UsageError(str(error), click.get_current_context(silent=True)) from error
    if not rules:
        raise click.UsageError("--select and --ignore leave no rule to run", click.get_current_context(silent=True))
    return rules


def settable() -> Mapping[str, Mapping[str, bool]]:
    """For each command the options that a configuration file may set, and whether each takes a list."""
    found = {}
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if command is not None:
            found[name] = {key: takes_list(item) for key, item in options_of(command).items() if key not in _UNSETTABLE}
    return found


def options_of(command: click.Command) -> dict[str, click.Parameter]:
    """What can be set of a command, by name in kebab case: options, and arguments that have a variable."""
    return {
        next((text[2:] for text in item.opts if text.startswith("--")), item.name or ""): item
        for item in command.params
        if isinstance(item, click.Option) or item.envvar
    }


def takes_list(item: click.Parameter) -> bool:
    """Whether more than one value may be given."""
    return item.nargs == -1 or (isinstance(item, click.Option) and item.multiple)


def defaults(command: click.Command, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a configuration file says, as click takes it for a command's defaults.

    :param values: by the names of options.
    """
    options = options_of(command)
    return {
        option.name: [value] if takes_list(option) and not isinstance(value, list) else value
        for name, value in values.items()
        if (option := options[name]).name is not None
    }


def split(values: str | Iterable[str]) -> tuple[str, ...]:
    """Words that stand apart by commas, in one text or in several."""
    texts = (values,) if isinstance(values, str) else values
    return tuple(word.strip() for text in texts for word in text.split(",") if word.strip())


def configuration(file: Path | None) -> config.Config:
    """The configuration file named, or the one found from the working directory upwards.

    :raises click.UsageError: it cannot be used.
    """
    try:
        path = file or config.find(Path.cwd())
        return config.Config() if path is None else config.load(path, settable(), policy_file.KEYS)
    except config.ConfigError as error:
        raise click.UsageError(str(error), click.get_current_context(silent=True)) from error
    except OSError:  # the working directory is gone
        return config.Config()


def _configure(context: click.Context, _parameter: click.Parameter, file: Path | None) -> None:
    found = context.meta[CONFIGURATION] = configuration(file)
    values = found.of(context.info_name or "", options_of(context.command))
    context.default_map = defaults(context.command, values)


def _words(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return split(values)
