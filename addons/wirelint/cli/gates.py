"""Define what lets an audit of files fail: ``--fail-on``, ``--baseline`` and ``--update-baseline``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from wirelint.cli import TROUBLE
from wirelint.core.audit import Audit
from wirelint.core.finding import Severity
from wirelint.reports.common.tally import Tally
from wirelint.settings.baseline import Baseline, BaselineError
from wirelint.settings.options import SEVERITY, Choice, Decorator, option
from wirelint.sinks.console import Printer
from wirelint.sinks.text import plural, printable

_NEVER: Final = "never"
_MOST_SHOWN: Final = 10


def fail_on(text: str) -> Decorator:
    """Return the option ``--fail-on``.

    :param text: its help.
    """
    return option("--fail-on", type=Choice([*SEVERITY.choices, _NEVER]), default="medium", show_default=True, help=text)


def least_of(context: click.Context) -> Severity | None:
    """Return the minimum severity that fails a command with ``fail_on``; None if none does."""
    chosen: str = context.params["fail_on"]
    return None if chosen == _NEVER else Severity[chosen.upper()]


def gate_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a ``Gate`` to a command."""
    for decorate in (
        click.option(
            "--update-baseline", is_flag=True, help="Write this run's findings to the --baseline, and exit with 0."
        ),
        option(
            "--baseline",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Accept the findings that this file has, so that only new ones count.",
        ),
        fail_on("Exit with 1 if there is a finding at least this severe."),
    ):
        function = decorate(function)
    return function


class Gate:
    """Decides the exit code of an audit.

    Attributes:
        least: the minimum severity that makes it fail, None if none does.

    :param context: of a command with ``gate_options``.
    :raises click.UsageError: the baseline is missing or broken.
    """

    def __init__(self, context: click.Context) -> None:
        self._command = context.command_path
        self.least = least_of(context)
        self._update: bool = context.params["update_baseline"]
        self._baseline = _read(context, update=self._update)

    def admit(self, audit: Audit) -> Audit:
        """Return an audit without its known findings, which are suppressed."""
        return audit if self._baseline is None else self._baseline.apply(audit)

    def close(self, tally: Tally, errors: Printer, *, troubled: bool) -> int:
        """Report on the baseline, or write it, and return the exit code.

        :param troubled: whether a file could not be read. The baseline stays as it is then.
        """
        if self._baseline is not None and not troubled:
            troubled = not self._close(self._baseline, errors)
        if troubled:
            return TROUBLE
        return int(not self._update and self.least is not None and tally.total(least=self.least) > 0)

    def _close(self, baseline: Baseline, errors: Printer) -> bool:
        stale = baseline.stale()
        if not self._update:
            for entry in stale[:_MOST_SHOWN]:
                errors.line(f"no longer found: {printable(str(entry))}")
            if stale:
                line = f"{plural(len(stale), 'finding')} of the baseline did not occur"
                errors.line(f"{line}: --update-baseline takes {'it' if len(stale) == 1 else 'them'} out")
            return True
        try:
            count = baseline.write()
        except BaselineError as error:
            errors.line(f"{self._command}: {printable(str(error))}")
            return False
        errors.line(f"baseline: {plural(count, 'finding')} written, {len(stale):,} taken out")
        return True


def _read(context: click.Context, *, update: bool) -> Baseline | None:
    path: Path | None = context.params["baseline"]
    if path is None:
        if update:
            raise click.UsageError("--update-baseline needs --baseline FILE", context)
        return None
    if not path.exists():
        if update:
            return Baseline(path, [])
        raise click.UsageError(f"no baseline at {path}: make it with --update-baseline", context)
    try:
        return Baseline.read(path)
    except BaselineError as error:
        raise click.UsageError(str(error), context) from error
