"""Show a progress bar on standard error, and remove it in the end."""

from __future__ import annotations

import sys
import time
from typing import Final

from rich.cells import set_cell_size

from wirelint.sinks.console import Printer
from wirelint.sinks.text import printable

_PATIENCE: Final = 1.0
_INTERVAL: Final = 0.1
_BAR: Final = 24
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """Shows a bar after one second, if standard error is a terminal.

    :param printer: writes to standard error.
    :param what: the file's name.
    :param total: its number of records; None if unknown.
    :param quiet: never show the bar.
    """

    def __init__(self, printer: Printer, what: str, total: int | None, *, quiet: bool) -> None:
        self._printer = printer
        self._what = printable(what)
        self._total = total
        self._quiet = quiet or not printer.is_terminal
        self._next = time.monotonic() + _PATIENCE
        self._shown = False

    def at(self, count: int) -> None:
        """Show that ``count`` records are done."""
        if self._quiet or (now := time.monotonic()) < self._next:
            return
        self._next = now + _INTERVAL
        self._shown = True
        text = f"{count:,} records"
        if self._total:
            done = min(1.0, count / self._total)
            text = f"{'━' * round(done * _BAR):<{_BAR}} {done:4.0%}  {text}"
        text = set_cell_size(f"auditing {self._what}  {text}", self._printer.console.width - 1).rstrip()
        sys.stderr.write(_CLEAR + text)
        sys.stderr.flush()

    def note(self, line: str) -> None:
        """Write a line that stays, above the bar."""
        self.clear()
        self._printer.line(line)

    def clear(self) -> None:
        """Remove the bar."""
        if self._shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
            self._shown = False
