"""Reload the settings on SIGHUP while a proxy runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

import click

from wirelint.settings.setup import CHANGEABLE, Setup, configuration, setup

_ARGUMENTS: Final = "wirelint.arguments"
_log: Final = logging.getLogger("wirelint")


class Rereadable(click.Command):
    """A command that keeps its arguments, in order to parse them again with a changed configuration file."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments, and parse them."""
        ctx.meta[_ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)


class Reload:
    """Reads the settings again, in a thread, at each call; applies them on the event loop.

    :param context: the context of the running command, a ``Rereadable``.
    :param change: applies new settings.
    :param stay: called if the settings are invalid, and the current ones stay in force.
    """

    def __init__(self, context: click.Context, change: Callable[[Setup], None], stay: Callable[[], None]) -> None:
        self._context = context
        self._arguments: Sequence[str] = context.meta[_ARGUMENTS]
        self._path = configuration(context).path
        self._change = change
        self._stay = stay
        self._task: asyncio.Task[None] | None = None
        self._asked = False

    def __call__(self) -> None:
        """Start, or start again after the running reload: the file may have changed since it was read."""
        self._asked = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while self._asked:
            self._asked = False
            try:
                found = await asyncio.to_thread(self._read)
            except Exception as error:  # noqa: BLE001 - whatever fails, the proxy keeps its settings
                known = isinstance(error, click.ClickException)
                why = error.format_message() if isinstance(error, click.ClickException) else type(error).__name__
                _log.error("wirelint: reload failed; keeping the current settings: %s", why)
                _log.debug("wirelint: fault in a reload", exc_info=None if known else error)
                self._stay()
            else:
                self._change(found)
                count = len(found.policy.rules)
                _log.info("wirelint: reloaded settings from %s: %d rules run", self._path or "no file", count)

    def _read(self) -> Setup:
        command, old = self._context.command, self._context
        fresh = command.make_context(old.info_name, list(self._arguments), parent=old.parent)
        path = configuration(fresh).path
        if self._path is not None and path is None:
            raise click.UsageError(f"{self._path}: the file is gone", fresh)
        found = setup(fresh)
        for name, value in _fixed(fresh.params).items():
            if value != old.params.get(name):
                _log.warning("wirelint: %s cannot change while the proxy runs", name.replace("_", "-"))
        self._path = path
        return found


def _fixed(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name not in CHANGEABLE}
