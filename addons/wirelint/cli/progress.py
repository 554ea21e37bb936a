"""How far long work has come, on one line of standard error that vanishes in the end."""

from __future__ import annotations

import sys
import time
from typing import Final

from rich.cells import set_cell_size

from wirelint.cli.console import Printer
from wirelint.sinks.text import printable

_PATIENCE: Final = 1.0
_INTERVAL: Final = 0.1
_BAR: Final = 24
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """Shown from the second second on, and only to somebody who looks on and sees nothing else.

    :param what: the file's name.
    :param total: how many records it has, None where that is not known.
    :param quiet: never show.
    """

    def __init__(self, printer: Printer, what: str, total: int | None, *, quiet: bool) -> None:
        self._printer = printer
        self._what = printable(what)
        self._total = total
        self._quiet = quiet or not printer.is_terminal
        self._next = time.monotonic() + _PATIENCE
        self._shown = False

    def at(self, count: int) -> None:
        """``count`` records are done."""
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

    def clear(self) -> None:
        """Make room for something else."""
        if self._shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
            self._shown = False
