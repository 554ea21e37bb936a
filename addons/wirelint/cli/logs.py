"""Define options for the log of findings and for wirelint's own log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import click
from click.core import ParameterSource

from wirelint.reports import formats
from wirelint.settings.options import Choice, option
from wirelint.sinks.findings_log import FindingsLog
from wirelint.sinks.lines import Lines
from wirelint.sinks.own_log import Form
from wirelint.sinks.rotating import RotatingFile, Stream

if TYPE_CHECKING:
    from wirelint.sinks.metrics.exposition import Family
    from wirelint.sinks.otel.telemetry import Telemetry

OtelProtocol = Literal["none", "grpc", "http"]
STDOUT: Final = "-"
_TEXT: Final = "text"
_MIB: Final = 1024 * 1024
_log: Final = logging.getLogger("wirelint")


class _Printed(Choice):
    """A format of what a proxy prints. Settings for all commands may name one of a report, which is text here."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the format."""
        source = None if ctx is None or param is None else ctx.get_parameter_source(param.name or "")
        if source is not ParameterSource.COMMANDLINE and value in formats() and value not in self.choices:
            return _TEXT
        return super().convert(value, param, ctx)


class Logging(NamedTuple):
    """Settings of the logs.

    ``file``: the log of findings as JSON lines, ``-`` for standard output, None for none. ``size``: MiB at which the
    file is rotated; 0 for never. ``keep``: number of old files. ``form``: format of wirelint's own log.
    ``otel``: how metrics and findings are sent to an OpenTelemetry collector. ``quiet``: print neither addresses nor
    findings. ``jsonl``: print findings as JSON lines.
    """

    file: str | None = None
    size: int = 10
    keep: int = 5
    form: Form = "text"
    otel: OtelProtocol = "none"
    quiet: bool = False
    jsonl: bool = False

    @property
    def json_on_stdout(self) -> bool:
        """Return whether standard output is for JSON only."""
        return self.jsonl or self.file == STDOUT or self.form == "json"

    def findings(self) -> FindingsLog | None:
        """Return the started log of findings, None if none is configured.

        :raises click.UsageError: its file cannot be written.
        """
        file = self.file or (STDOUT if self.json_on_stdout else None)
        if file is None:
            return None
        target = Stream(1) if file == STDOUT else RotatingFile(Path(file), self.size * _MIB, self.keep)
        if isinstance(target, RotatingFile):
            try:
                target.check()
            except (OSError, ValueError) as error:
                why = error.strerror if isinstance(error, OSError) else None
                message = f"--log: cannot write {file}: {why or error}"
                raise click.UsageError(message, click.get_current_context(silent=True)) from error

        def complain(error: Exception) -> None:
            why = error.strerror if isinstance(error, OSError) else None
            name = "standard output" if file == STDOUT else file
            _log.warning(
                "wirelint: cannot log to %s, lines are lost and counted: %s", name, why or type(error).__name__
            )

        return FindingsLog(Lines(target, complain=complain))

    def printed(self) -> FindingsLog | None:
        """Return the started log of findings on standard output, if ``findings`` goes to a file."""
        to_file = self.file not in (None, STDOUT)
        return FindingsLog(Lines(Stream(1))) if self.jsonl and to_file else None

    def telemetry(self, families: Callable[[], Iterable[Family]]) -> Telemetry | None:
        """Return the sender of metrics and findings, None if there is to be none.

        :param families: returns the metrics.
        :raises click.UsageError: the libraries of the extra are missing.
        """
        if self.otel == "none":
            return None
        try:
            from wirelint.sinks.otel.telemetry import Telemetry  # noqa: PLC0415 - loads the SDK, which is an extra
        except ImportError as error:
            message = f"{error.name or 'a library'} is not installed: run pip install 'wirelint[otel]'"
            raise click.UsageError(message, click.get_current_context(silent=True)) from error
        return Telemetry(self.otel, families)


def log_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--format``, ``--quiet``, ``--log``, ``--log-size``, ``--log-files``, ``--log-format`` and ``--otel``."""
    for decorate in (
        option(
            "--otel",
            type=Choice(["none", "grpc", "http"]),
            default="none",
            show_default=True,
            help="Send metrics and findings over OTLP; OTEL_EXPORTER_OTLP_ENDPOINT says where to.",
        ),
        option(
            "--log-format",
            type=Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="Format of wirelint's own log; json also prints findings as JSON on standard output.",
        ),
        option(
            "--log-files",
            type=click.IntRange(0, 1000),
            default=5,
            show_default=True,
            metavar="NUMBER",
            help="Number of rotated log files to keep.",
        ),
        option(
            "--log-size",
            type=click.IntRange(0, 1024 * 1024),
            default=10,
            show_default=True,
            metavar="MIB",
            help="Size at which the log file is rotated; 0 never rotates.",
        ),
        option("--quiet", is_flag=True, help="Print neither addresses nor findings; the summary at the end stays."),
        option(
            "--format",
            "form",
            type=_Printed([_TEXT, "jsonl"]),
            default=_TEXT,
            show_default=True,
            help="Format of findings on standard output; jsonl prints one JSON object a line.",
        ),
        option("--log", metavar="FILE", help="Log findings to this file as JSON lines; - for standard output."),
    ):
        function = decorate(function)
    return function
