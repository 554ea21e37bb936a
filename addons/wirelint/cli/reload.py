"""Reading settings anew while the proxy runs: what SIGHUP asks for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import click
from click.core import ParameterSource

from wirelint import config, sampling
from wirelint.cli.options import CONFIGURATION, judging, option
from wirelint.core.policy import Policy
from wirelint.sampling import Shares

CHANGEABLE: Final = frozenset({"profile", "select", "ignore", "min_confidence", "sample"})
"""The parameters that take another value while the proxy runs; tables of the file do, too."""

_ARGUMENTS: Final = "wirelint.arguments"
_log: Final = logging.getLogger("wirelint")


class Setup(NamedTuple):
    """What settings come to as far as they can change: what to judge by, and how much of the traffic."""

    policy: Policy
    shares: Shares


class Rereadable(click.Command):
    """A command that keeps its arguments, so that they can be read once more over another configuration file."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments, and parse them."""
        ctx.meta[_ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)


sample = option(
    "--sample",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    metavar="SHARE",
    help="Audit this share of the clients, 0 to 1; the others pass, and are counted.",
)
"""``--sample``."""


def setup(context: click.Context) -> Setup:
    """What the settings of a command that was parsed come to.

    :raises click.UsageError: they cannot be used.
    """
    said = context.get_parameter_source("sample") in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
    chosen = context.params
    with context.scope(cleanup=False):
        found = judging(chosen["select"], chosen["ignore"], chosen["min_confidence"], chosen["profile"])
        try:
            shares = sampling.shares(context.meta[CONFIGURATION], chosen["sample"], alone=said)
        except config.ConfigError as error:
            raise click.UsageError(str(error), context) from error
    return Setup(found, shares)


class Reload:
    """Called with each SIGHUP: has the settings read by a thread, and then taken over on the event loop.

    :param context: of the command that runs.
    :param change: takes new settings over.
    :param stay: is called where there are none that can be used.
    """

    def __init__(self, context: click.Context, change: Callable[[Setup], None], stay: Callable[[], None]) -> None:
        self._context = context
        self._arguments: Sequence[str] = context.meta[_ARGUMENTS]
        self._path: str | None = context.meta[CONFIGURATION].path
        self._change = change
        self._stay = stay
        self._task: asyncio.Task[None] | None = None
        self._asked = False

    def __call__(self) -> None:
        """Begin, or begin once more when what goes on is over: the file may have changed since it was read."""
        self._asked = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while self._asked:
            self._asked = False
            try:
                found = await asyncio.to_thread(self._read)
            except Exception as error:  # noqa: BLE001 - whatever it is, the proxy goes on with what it has
                known = isinstance(error, click.ClickException)
                why = error.format_message() if isinstance(error, click.ClickException) else type(error).__name__
                _log.error("wirelint: settings not read anew, the old ones stay in force: %s", why)
                _log.debug("wirelint: fault while settings were read", exc_info=None if known else error)
                self._stay()
            else:
                self._change(found)
                count = len(found.policy.rules)
                _log.info("wirelint: settings read anew from %s: %d rules run", self._path or "no file", count)

    def _read(self) -> Setup:
        command, old = self._context.command, self._context
        fresh = command.make_context(old.info_name, list(self._arguments), parent=old.parent)
        path = fresh.meta[CONFIGURATION].path
        if self._path is not None and path is None:
            raise click.UsageError(f"{self._path}: there is no such file any more", fresh)
        found = setup(fresh)
        for name, value in _fixed(fresh.params).items():
            if value != old.params.get(name):
                _log.warning("wirelint: %s cannot change while the proxy runs", name.replace("_", "-"))
        self._path = path
        return found


def _fixed(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name not in CHANGEABLE}
