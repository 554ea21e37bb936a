"""The connection to one worker, at the end of the process that audits."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Sequence
from typing import Final

from wirelint.sources.mitm.workers.protocol import Address, BrokenError, Frame, FrameKind, Splitter, frame

_PIECE: Final = 256 * 1024


class WorkerConnection:
    """A socket to a worker, read and written on the event loop.

    Attributes:
        pid: the worker's process id, 0 before it has said so.
        begun: whether it is known what became of its start.
        places: where it listens; None while it does not.
        failure: why it could not start.
        over: whether it is gone.
        asked: the number of the asking for what it has that it has not answered yet, 0 where there is none.
    """

    def __init__(
        self,
        sock: socket.socket,
        most: int,
        heard: Callable[[WorkerConnection, Frame], None],
        broken: Callable[[WorkerConnection], None],
        gone: Callable[[WorkerConnection], None],
    ) -> None:
        """Begin to read.

        :param most: octets that a frame may have.
        :param heard: is given each frame; must not raise.
        :param broken: is called where no sense can be made of what comes; then the worker is ended.
        :param gone: is called once, when nothing more will come.
        """
        self.pid = 0
        self.begun = asyncio.Event()
        self.places: Sequence[Address] | None = None
        self.failure = ""
        self.over = asyncio.Event()
        self.asked = 0
        sock.setblocking(False)
        self._sock = sock
        self._splitter = Splitter(most)
        self._heard = heard
        self._broken = broken
        self._gone = gone
        self._unsaid = bytearray()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._read)

    def pause(self) -> None:
        """Read no more for now, so that the worker has to keep what it has."""
        if not self.over.is_set():
            self._loop.remove_reader(self._sock)

    def resume(self) -> None:
        """Read on."""
        if not self.over.is_set():
            self._loop.add_reader(self._sock, self._read)

    def tell(self, kind: FrameKind, value: object = None) -> None:
        """Say something to the worker."""
        if self.over.is_set():
            return
        self._unsaid += frame(kind, value)
        self._write()

    def kill(self) -> None:
        """End the worker at once. While the socket is open, its process id is nobody else's."""
        if self.pid and not self.over.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Have nothing to do with the worker any more, which then takes its leave by itself."""
        if self.over.is_set():
            return
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)
        self._sock.close()
        self.over.set()
        self.begun.set()
        self._gone(self)

    def _read(self) -> None:
        try:
            data = self._sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        try:
            for each in self._splitter.split(data):
                self._heard(self, each)
        except BrokenError:
            self._broken(self)
            self.kill()
            self.close()

    def _write(self) -> None:
        try:
            while self._unsaid:
                del self._unsaid[: self._sock.send(self._unsaid)]
        except BlockingIOError:
            self._loop.add_writer(self._sock, self._write)
            return
        except OSError:
            self._unsaid.clear()  # that it is gone is found when reading
        self._loop.remove_writer(self._sock)
