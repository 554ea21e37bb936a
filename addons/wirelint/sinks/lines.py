"""Write lines in a separate thread, so that no writer waits for a disk or a reader."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

LOST: Final = ("backlog", "unwritable")

_WAITING: Final = 1000


class Target(Protocol):
    """The destination of lines."""

    def write(self, line: bytes) -> None:
        """Write one line, or nothing of it.

        :raises OSError: it cannot be written.
        """

    def close(self) -> None:
        """Close the destination. Never raises."""


class Lines:
    """A bounded queue of lines, and the thread that writes them.

    Lines that do not fit into the queue, or cannot be written, are lost and counted.

    Attributes:
        written: number of written lines.
        lost: number of lost lines, by reason: ``backlog`` (more came than could be written), ``unwritable`` (the disk
            is full, the file cannot be opened, the reader is gone).

    :param target: where to write; from now on only the thread uses it.
    :param name: the thread's name.
    :param complain: called by the thread for the first line in a row that cannot be written, and at once if none could
        be.
    """

    def __init__(
        self,
        target: Target,
        *,
        name: str = "wirelint-log",
        complain: Callable[[Exception], None] = lambda _error: None,
    ) -> None:
        self.written = 0
        self.lost = dict.fromkeys(LOST, 0)
        self._target = target
        self._waiting: queue.Queue[bytes | Callable[[], bytes] | None] = queue.Queue(_WAITING)
        self._complain = complain
        self._closed = False
        # A daemon: if it hangs on a dead disk, the process must still exit.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, line: bytes | Callable[[], bytes]) -> bool:
        """Queue a line, line feed included; never waits.

        :param line: the line, or a function that the thread calls to make it; if it is empty, nothing is written.
        :returns: False if it is already lost.
        """
        try:
            if not self._closed:
                self._waiting.put_nowait(line)
                return True
        except queue.Full:
            pass
        self.lost["backlog"] += 1
        return False

    def close(self, seconds: float = 2.0) -> None:
        """Write waiting lines, for at most this many seconds. Calling this again changes nothing."""
        if self._closed:
            return
        self._closed = True
        until = time.monotonic() + seconds
        try:
            self._waiting.put(None, timeout=seconds)
        except queue.Full:
            return
        self._thread.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        failing = not self._write(b"")
        while (waiting := self._waiting.get()) is not None:
            line = waiting() if callable(waiting) else waiting
            if not line:
                continue
            if self._write(line, again=failing):
                self.written += 1
                failing = False
            else:
                self.lost["unwritable"] += 1
                failing = True
        self._target.close()

    def _write(self, line: bytes, *, again: bool = False) -> bool:
        try:
            self._target.write(line)
        except (OSError, ValueError) as error:
            if not again:
                self._complain(error)
            return False
        return True
