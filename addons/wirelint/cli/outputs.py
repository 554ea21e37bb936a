"""Define ``--format`` and ``--output``: the reports of an audit of files, and their destinations."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple, TextIO

import click

from wirelint.reports import Report, Run, formats, load
from wirelint.settings.file import nearest
from wirelint.settings.options import Choice, asked_for, option


class Output(NamedTuple):
    """A format, and its file; None for standard output."""

    form: str
    file: str | None = None

    def __str__(self) -> str:
        return self.form if self.file is None else f"{self.form}:{self.file}"


class OutputType(click.ParamType[Output]):
    """Parameter type of ``FORMAT`` or ``FORMAT:FILE``."""

    name = "output"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Output:
        """Return the format and file in ``value``."""
        if isinstance(value, Output):
            return value
        form, colon, file = str(value).partition(":")
        if form not in formats():
            self.fail(f"{form[:60]!r} is not one of {', '.join(formats())}{nearest(form, formats())}", param, ctx)
        if colon and not file:
            self.fail(f"no file after the colon of {str(value)[:60]!r}", param, ctx)
        return Output(form, None if file in ("", "-") else file)


def report_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--format`` and ``--output`` to a command."""
    for decorate in (
        option(
            "--output",
            "outputs",
            multiple=True,
            type=OutputType(),
            metavar="FORMAT[:FILE]",
            help="Write a report in this format to a file, or to standard output in place of --format; repeatable.",
        ),
        option(
            "--format",
            "form",
            type=Choice(formats()),
            default="full",
            show_default=True,
            help="Format of standard output: full explains findings in groups; concise and jsonl print one a line.",
        ),
    ):
        function = decorate(function)
    return function


def begin(context: click.Context, run: Run) -> list[Report]:
    """Open the requested files, and begin the reports. The files are closed with the context.

    :raises click.UsageError: two reports go to the same file, or a file cannot be written.
    """
    outputs: list[Output] = list(context.params["outputs"])
    if asked_for(context, "form") or all(output.file is not None for output in outputs):
        outputs.insert(0, Output(context.params["form"]))
    places = [output.file for output in outputs]
    for place in places:
        if places.count(place) > 1:
            name = "standard output" if place is None else place
            raise click.UsageError(f"two reports go to {name}: give one a file, as in --output sarif:FILE", context)
    return [load(output.form)(run, _stream(output.file, context)) for output in outputs]


def _stream(file: str | None, context: click.Context) -> TextIO:
    if file is None:
        return sys.stdout
    try:
        return context.with_resource(open(file, "w", encoding="utf-8", newline="\n", errors="backslashreplace"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        raise click.UsageError(f"--output: cannot write {file}: {why or error}", context) from error
