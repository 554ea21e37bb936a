"""Make a ``Setup`` from options, environment and configuration file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from wirelint.core.state import State
from wirelint.rules import catalogue
from wirelint.settings import tables
from wirelint.settings.engine import AnyEngine, engine_for
from wirelint.settings.file import Config, ConfigError, find, load
from wirelint.settings.options import asked_for, defaults, option, options_of, settable
from wirelint.settings.policy import Policy, Settings
from wirelint.settings.sampling import Shares
from wirelint.settings.selection import UnknownRuleError, select

_CONFIGURATION: Final = "wirelint.configuration"
"""The key of the ``Config`` in a click context's ``meta``."""


class Setup(NamedTuple):
    """All settings that decide what is audited and how: the policy, and the shares of sampling."""

    policy: Policy
    shares: Shares

    def engine(self, state: State | None = None) -> AnyEngine:
        """Return an engine that audits by these settings.

        :param state: memories to continue with; None to start with none.
        """
        return engine_for(self.policy, state)


def default() -> Setup:
    """Return the setup without any settings."""
    return Setup(Policy(Settings(select(catalogue()))), Shares())


def setup(context: click.Context) -> Setup:
    """Return the setup of a parsed command that has ``--config`` and ``tables.policy_options``.

    :raises click.UsageError: the file is invalid, a word is unknown, or no rule is left.
    """
    config = configuration(context)
    try:
        policy = tables.build(catalogue(), tables.PolicyOptions.of(context), config, now=time.time())
        shares = shares_of(config, context.params.get("sample", 1.0), alone=asked_for(context, "sample"))
    except (ConfigError, UnknownRuleError) as error:
        raise click.UsageError(str(error), context) from error
    if not policy.rules:
        raise click.UsageError("--select and --ignore leave no rule to run", context)
    return Setup(policy, shares)


def shares_of(config: Config, general: float, *, alone: bool) -> Shares:
    """Return the shares of ``sample`` and the configuration file.

    :param general: the value of ``sample``, 0 to 1.
    :param alone: ``sample`` is a flag or a variable, which overrides the tables of services.
    :raises ConfigError: the file's tables are invalid; the message names the key.
    """
    services = tables.read(config).service
    return Shares(general, () if alone else [(name, table.sample) for name, table in services.items()])


sample: Final = option(
    "--sample",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    metavar="SHARE",
    help="Audit this share of the clients, 0 to 1; others pass unaudited and are counted.",
)
"""Adds ``--sample``."""

_all_options: Final = click.command()(sample(tables.policy_options(lambda: None)))

CHANGEABLE: Final = frozenset(item.name for item in _all_options.params)
"""The parameters that make a ``Setup``: only these can change while a proxy runs."""


def configured(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--config``, and take defaults from the file."""
    return option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        is_eager=True,
        expose_value=False,
        callback=_configure,
        metavar="FILE",
        help="Configuration file; wirelint.toml or pyproject.toml here or in a folder above by default.",
    )(function)


def configuration(context: click.Context) -> Config:
    """Return the configuration file of a parsed command that has ``--config``."""
    found: Config = context.meta[_CONFIGURATION]
    return found


def _configure(context: click.Context, _parameter: click.Parameter, path: Path | None) -> None:
    config = context.meta[_CONFIGURATION] = _read(path, context)
    values = config.of(context.info_name or "", options_of(context.command))
    context.default_map = defaults(context.command, values)


def _read(path: Path | None, context: click.Context) -> Config:
    """Return the named configuration file, or the one found from the working directory upwards.

    :raises click.UsageError: it is invalid.
    """
    try:
        path = path or find(Path.cwd())
        if path is None:
            return Config()
        return load(path, settable(context.find_root().command), tables.KEYS)
    except ConfigError as error:
        raise click.UsageError(str(error), context) from error
    except OSError:  # the working directory is gone
        return Config()
