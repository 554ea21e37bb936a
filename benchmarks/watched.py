"""Run ``wirelint`` with a clock on its event loop: ``python -m benchmarks.watched FILE proxy …``.

A callback is due on the loop every two milliseconds. Its delays are written to ``FILE`` at the end: one line each, with
the due time and the delay, in seconds of the monotonic clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from array import array
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

from wirelint.cli import main

TICK: Final = 0.002


async def _watch(due: array[float], late: array[float]) -> None:
    at = time.monotonic()
    while True:
        at += TICK
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        now = time.monotonic()
        # Callbacks that were due while the loop was blocked were late as well.
        while at <= now:
            due.append(at)
            late.append(now - at)
            at += TICK
        at -= TICK


def run(path: Path, arguments: list[str]) -> None:
    """Run the command, and write down the delays when it ends."""
    due, late = array("d"), array("d")
    real = asyncio.run

    def watched[T](coroutine: Coroutine[Any, Any, T], **options: Any) -> T:
        async def both() -> T:
            watch = asyncio.create_task(_watch(due, late))
            try:
                return await coroutine
            finally:
                watch.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watch

        return real(both(), **options)

    asyncio.run = watched  # type: ignore[assignment]  # takes the same
    try:
        main(arguments)
    finally:
        path.write_text("".join(f"{at:.6f} {delay:.6f}\n" for at, delay in zip(due, late, strict=True)))


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2:])
