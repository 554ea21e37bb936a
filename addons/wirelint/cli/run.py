"""Define ``wirelint run``, which audits the traffic that a command causes."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

import click

from wirelint.cli.command_proxy import proxied
from wirelint.cli.common import common
from wirelint.cli.gates import Gate, gate_options
from wirelint.cli.outputs import begin, report_options
from wirelint.cli.process import allow_most_files, ending_on_sigterm
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding
from wirelint.reports import Run
from wirelint.reports.common.tally import Tally
from wirelint.settings.options import option
from wirelint.settings.setup import setup
from wirelint.settings.tables import policy_options
from wirelint.sinks import summary
from wirelint.sinks.console import Printer
from wirelint.sinks.text import printable

_UNSEEN: Final = (
    "no exchange was seen: does the command read HTTP_PROXY? Go and Ruby do not for localhost: call the service by"
    " another name or address of the machine"
)
_NOT_FOUND: Final = 127
_NOT_RUN: Final = 126
_SIGNALLED: Final = 128


class _Held(io.TextIOWrapper):
    """A temporary file in place of standard output, which the command uses meanwhile."""

    def __init__(self) -> None:
        super().__init__(tempfile.TemporaryFile(), "utf-8", errors="backslashreplace", newline="\n")  # noqa: SIM115 - closed with this
        self._shown = sys.stdout

    def isatty(self) -> bool:
        """Return whether the text is for a terminal, so that it looks the same."""
        return self._shown.isatty()

    def show(self) -> None:
        """Write all of it to standard output."""
        self.seek(0)
        shutil.copyfileobj(self, self._shown)
        self._shown.flush()


@click.command(
    "run",
    short_help="Run a command, and audit the HTTP traffic that it causes.",
    context_settings={"allow_interspersed_args": False},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND [ARGUMENT]...")
@report_options
@gate_options
@policy_options
@option("--ssl-insecure", "--insecure", is_flag=True, help="Do not verify the certificates of services.")
@common
def command(words: tuple[str, ...], ssl_insecure: bool, **_read_elsewhere: object) -> int:
    """Run a command with a proxy between it and the services that it calls, then report.

    The proxy is found by HTTP_PROXY, HTTPS_PROXY and the like. It takes a free port of this machine, and makes a CA for
    this run alone. The exit code is the command's; where that is 0, 1 means a finding at or above --fail-on.
    """
    context = click.get_current_context()
    if not words:
        raise click.UsageError("no command given: add one, as in wirelint run -- pytest", context)
    errors = Printer(sys.stderr)
    if shutil.which(words[0]) is None:
        if Path(words[0]).exists() and os.sep in words[0]:
            why = (
                "it is a folder"
                if Path(words[0]).is_dir()
                else "it is not executable: run chmod +x, or name its interpreter"
            )
            errors.line(f"wirelint run: cannot run {printable(words[0])}: {why}")
            return _NOT_RUN
        errors.line(f"wirelint run: command not found: {printable(words[0])}")
        return _NOT_FOUND
    gate = Gate(context)
    engine = setup(context).engine()
    held = context.with_resource(_Held())
    with contextlib.redirect_stdout(held):
        reports = begin(context, Run(engine.rules, (), gate.least, engine.state))
    tally = Tally()

    def consume(exchange: Exchange) -> Sequence[Finding]:
        audit = gate.admit(engine.audit(exchange))
        tally.accept(audit)
        for report in reports:
            report.accept(audit)
        return audit.findings

    from wirelint.sources.stats import Stats  # noqa: PLC0415 - loads mitmproxy

    allow_most_files()
    stats = Stats()
    with ending_on_sigterm(), proxied(os.environ, consume, stats, insecure=ssl_insecure) as (_, environment):
        code = _call(words, environment, errors)
    for report in reports:
        report.finish()
        report.stream.flush()
    held.show()
    errors.line(tally.line() if tally.exchanges else _UNSEEN)
    for sentence in summary.losses(stats, 0):
        errors.line(sentence)
    # After a command that failed, the baseline stays: not all of its traffic may have been seen.
    closed = gate.close(tally, errors, troubled=code != 0)
    return code or closed


def _call(words: Sequence[str], environment: Mapping[str, str], errors: Printer) -> int:
    """Run a command, pass signals on to it, and return its exit code as a shell does."""
    with _passing_on() as begun:
        try:
            child = subprocess.Popen(words, env=environment)  # noqa: S603 - the command is what the user asks for
        except OSError as error:
            errors.line(f"wirelint run: cannot run {printable(words[0])}: {error.strerror}")
            return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_RUN
        begun(child)
        code = child.wait()
    return code if code >= 0 else _SIGNALLED - code


@contextlib.contextmanager
def _passing_on() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """Pass SIGINT and SIGTERM on to a process, once it is named, in place of ending with them."""
    children: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if not children:
            early.append(number)
        elif number != signal.SIGINT or not _from_terminal():
            children[0].send_signal(number)

    def begun(child: subprocess.Popen[bytes]) -> None:
        children.append(child)
        for number in early:
            child.send_signal(number)

    if threading.current_thread() is not threading.main_thread():
        yield begun
        return
    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield begun
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _from_terminal() -> bool:
    """Return whether Ctrl-C reaches the command, too: the terminal sends it to all processes in the foreground."""
    with contextlib.suppress(OSError, AttributeError):  # there is no terminal, or this is Windows
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
        try:
            return os.tcgetpgrp(terminal) == os.getpgrp()
        finally:
            os.close(terminal)
    return False
