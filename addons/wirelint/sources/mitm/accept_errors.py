"""Count connections that cannot be accepted for lack of file descriptors; the system keeps them waiting."""

from __future__ import annotations

import asyncio
import errno
import logging
from typing import Any, Final

from wirelint.sources.stats import Stats

_log: Final = logging.getLogger(__name__)

OUT_OF_RESOURCES: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Connection errors that are not the fault of the other side."""


def count_accept_errors(loop: asyncio.AbstractEventLoop, stats: Stats) -> None:
    """Count connections that the event loop cannot accept, in place of a traceback for each.

    The loop itself leaves such connections waiting and tries again a second later.
    """
    others = loop.get_exception_handler()
    logged = False

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal logged
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in OUT_OF_RESOURCES and "socket" in context:
            stats.faults["accept"] += 1
            if not logged:
                logged = True
                _log.warning("wirelint: out of descriptors, clients have to wait; counted from now on")
        elif others is not None:
            others(loop, context)
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(handle)
