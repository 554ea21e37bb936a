"""Read the exchanges of captures for commands that audit nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Final

import click

from wirelint.cli.progress import Progress
from wirelint.core.exchange import Exchange
from wirelint.settings.options import option
from wirelint.sinks.console import Printer
from wirelint.sinks.text import printable
from wirelint.sources import Skipped, UnreadableError
from wirelint.sources.open import SIZE_LIMIT, UnknownKindError, files_of, open_capture

MIB: Final = 1024 * 1024
"""Octets in a MiB."""
_STEP: Final = 256

size_limit: Final = option(
    "--size-limit",
    type=click.IntRange(1),
    default=SIZE_LIMIT // MIB,
    show_default=True,
    metavar="MIB",
    help="Largest file to read, after unpacking.",
)
"""Adds ``--size-limit``."""


def read_captures(command: str, files: Sequence[str], limit: int) -> Iterator[Exchange | None]:
    """Yield the exchanges of files, and None for each file that cannot be read, which a line on standard error says.

    :param command: the name of the command, for messages.
    :param limit: the value of ``--size-limit``, in MiB.
    """
    errors = Printer(sys.stderr)
    for file, in_folder in files_of(files):
        try:
            capture = open_capture(file, limit=limit * MIB)
            progress = Progress(errors, capture.name, capture.records, quiet=sys.stdout.isatty())
            try:
                for number, record in enumerate(capture.exchanges, 1):
                    if number % _STEP == 0:
                        progress.at(number)
                    if not isinstance(record, Skipped):
                        yield record
            finally:
                progress.clear()
        except UnreadableError as error:
            if in_folder and isinstance(error, UnknownKindError):
                continue
            errors.line(f"wirelint {command}: {printable(str(error))}")
            yield None
