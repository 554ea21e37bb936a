"""The options that decide what is audited and how, and the ``Setup`` that they and the configuration file come to."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import click

from wirelint.core.finding import Confidence
from wirelint.core.state import State
from wirelint.rules import catalogue
from wirelint.settings import tables
from wirelint.settings.engine import AnyEngine, engine_for
from wirelint.settings.file import Config, ConfigError
from wirelint.settings.options import CONFIDENCE, Choice, asked_for, configuration, option, split
from wirelint.settings.policy import Policy, Settings
from wirelint.settings.profiles import PROFILES
from wirelint.settings.sampling import Shares
from wirelint.settings.selection import UnknownRuleError, select

CHANGEABLE: Final = frozenset({"profile", "select", "ignore", "min_confidence", "sample"})
"""The parameters that a ``Setup`` is made from: those that can change while a proxy runs."""


class Setup(NamedTuple):
    """All settings that decide what is audited and how: by which policy, and what share of the traffic."""

    policy: Policy
    shares: Shares

    def engine(self, state: State | None = None) -> AnyEngine:
        """Return an engine that audits by these settings.

        :param state: what is remembered already; None to remember nothing yet.
        """
        return engine_for(self.policy, state)


def default() -> Setup:
    """Return the setup without any settings."""
    return Setup(Policy(Settings(select(catalogue()))), Shares())


def setup(context: click.Context) -> Setup:
    """Return the setup of a command that was parsed and has ``--config`` and some of the options below.

    :raises click.UsageError: the file cannot be used, a word is unknown, or no rule is left.
    """
    given = context.params
    config = configuration(context)
    wanted = tables.Wanted(
        profile=given["profile"],
        select=given["select"],
        ignore=given["ignore"],
        least=given["min_confidence"],
        alone=asked_for(context, "select"),
    )
    try:
        policy = tables.build(catalogue(), wanted, config, now=time.time())
        shares = shares_of(config, given.get("sample", 1.0), alone=asked_for(context, "sample"))
    except (ConfigError, UnknownRuleError) as error:
        raise click.UsageError(str(error), context) from error
    if not policy.rules:
        raise click.UsageError("--select and --ignore leave no rule to run", context)
    return Setup(policy, shares)


def shares_of(config: Config, general: float, *, alone: bool) -> Shares:
    """Return the shares that ``sample`` and the configuration file ask for.

    :param general: the value of ``sample``, 0 to 1.
    :param alone: ``sample`` is a flag or a variable, which beat the tables of services.
    :raises ConfigError: the file's tables cannot be used; the message names the key.
    """
    services = tables.read(config).service
    return Shares(general, () if alone else [(name, table.sample) for name, table in services.items()])


def rule_choice(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--select`` and ``--ignore``."""
    words = "(ids, families or severities; comma-separated, repeatable)"
    for decorate in (
        option("--ignore", multiple=True, callback=_words, metavar="RULES", help=f"Do not run these rules {words}."),
        option("--select", multiple=True, callback=_words, metavar="RULES", help=f"Run only these rules {words}."),
    ):
        function = decorate(function)
    return function


def _words(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return split(values)


confidence: Final = option(
    "--min-confidence",
    type=CONFIDENCE,
    default="strong",
    show_default=True,
    callback=lambda _context, _parameter, value: Confidence[value.upper()],
    help="Drop findings less confident than this.",
)
"""Adds ``--min-confidence``."""

profile: Final = option(
    "--profile",
    type=Choice(list(PROFILES)),
    default=tables.DEFAULT,
    show_default=True,
    help="What to expect of services.",
)
"""Adds ``--profile``."""

sample: Final = option(
    "--sample",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    metavar="SHARE",
    help="Audit this share of the clients, 0 to 1; the others pass, and are counted.",
)
"""Adds ``--sample``."""
