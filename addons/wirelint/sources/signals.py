"""Handle signals between events."""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # audits of files load this module, too, and need no event loop
    import asyncio

_GONE: Final = (errno.EIO, errno.ENXIO)


def catch(loop: asyncio.AbstractEventLoop, handlers: Mapping[int, Callable[[], None]]) -> None:
    """Handle signals on an event loop. Does nothing outside the main thread, which alone receives them."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number, handler in handlers.items():
        loop.add_signal_handler(number, handler)


def hang_up(reload: Callable[[], None], stop: Callable[[], None]) -> Mapping[int, Callable[[], None]]:
    """Return the handler of SIGHUP, which means a reload or, traditionally, that the terminal closed."""
    terminal = next((descriptor for descriptor in (0, 1, 2) if os.isatty(descriptor)), None)
    return {signal.SIGHUP: lambda: stop() if _is_gone(terminal) else reload()}


def _is_gone(terminal: int | None) -> bool:
    if terminal is None:
        return False
    try:
        os.tcgetpgrp(terminal)
    except OSError as error:
        return error.errno in _GONE
    return False
