"""The ``wirelint`` command. Each subcommand is a separate module, imported when it is called."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, Final

import click

from wirelint import __version__
from wirelint.settings.file import nearest

_COMMANDS: Final = {
    "proxy": "proxy",
    "run": "run",
    "receive": "receive",
    "audit": "audit",
    "diff": "diff",
    "coverage": "coverage",
    "inventory": "inventory",
    "rules": "rules",
    "explain": "explain",
    "test-rules": "test_rules",
    "demo": "demo",
    "config": "config",
    "export": "exports",
    "addon-path": "addon_path",
}
"""Commands in the order of the help text, and the modules that define them as ``command``."""

TROUBLE: Final = 2
"""Exit code for wrong usage or settings, unreadable or empty input, and internal faults."""
_INTERRUPTED: Final = 130
_PIPE_CLOSED: Final = 141  # the code of a shell for a program that SIGPIPE ended


class Invocation:
    """State of one run of the command."""

    debug = False


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click names it
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"unknown command {args[0]!r}{nearest(args[0], _COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:  # click would exit with 1, which means that there are findings
            # Python flushes once more at exit, and would report an error.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return _PIPE_CLOSED
        except KeyboardInterrupt:  # click would print only an empty line
            raise click.Abort from None
        return result


def switch_debug(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    """Switch tracebacks on for ``--debug``, before or after the name of a command."""
    if value:
        context.ensure_object(Invocation).debug = True


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    envvar="WIRELINT_DEBUG",
    callback=switch_debug,
    help="Show tracebacks.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Find HTTP responses whose status code lies about what happened.

    Options may also be set as environment variables (--metrics-port is WIRELINT_METRICS_PORT) and as keys of
    wirelint.toml or of [tool.wirelint] in pyproject.toml. Flags override the environment, which overrides the file.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; report any error in one line on standard error.

    :param arguments: words after ``wirelint``; those of the process by default.
    :returns: the exit code: 0, 1 for findings that matter, 2 for trouble, 130 when interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # tests replace the streams
    state = Invocation()
    try:
        code = cli.main(args=arguments, prog_name="wirelint", standalone_mode=False, obj=state)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return TROUBLE
    except click.ClickException as error:
        command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "wirelint"
        return _trouble(command, sentence(error), state)
    except (click.Abort, KeyboardInterrupt):
        return _complain("wirelint: interrupted", _INTERRUPTED)
    except MemoryError:
        return _trouble("wirelint", "out of memory", state)
    except Exception as error:  # noqa: BLE001 - users see a traceback only with --debug
        text = f"internal fault: {type(error).__name__}: {error}"
        return _trouble("wirelint", text if state.debug else f"{text} (run again with --debug for a traceback)", state)
    return code if isinstance(code, int) else 0


def sentence(error: click.ClickException) -> str:
    """Return the message of an error on one line, without click's own words."""
    text = " ".join(error.format_message().split())
    if isinstance(error, click.BadParameter):
        text = text.removeprefix("Invalid value: ").removeprefix("Invalid value for ")
    return text


def _trouble(command: str, text: str, state: Invocation) -> int:
    if state.debug:
        traceback.print_exc()
    return _complain(f"{command}: {' '.join(text.split())}", TROUBLE)


def _complain(text: str, code: int) -> int:
    with contextlib.suppress(OSError):
        click.echo("".join(c if c.isprintable() else "?" for c in text), err=True)
    return code
