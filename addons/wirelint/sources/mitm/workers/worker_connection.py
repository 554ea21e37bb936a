"""The connection to one worker, in the process that audits."""

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
        pid: the worker's process id, 0 until it sends it.
        begun: whether its start succeeded or failed.
        places: the addresses on which it listens; None while it does not.
        failure: the reason why it could not start.
        over: whether the worker is gone.
        asked: the number of the round in which it has not answered yet, 0 if it has.
    """

    def __init__(
        self,
        sock: socket.socket,
        most: int,
        heard: Callable[[WorkerConnection, Frame], None],
        broken: Callable[[WorkerConnection], None],
        gone: Callable[[WorkerConnection], None],
    ) -> None:
        """Start reading.

        :param most: most octets of a frame.
        :param heard: called with each frame; must not raise.
        :param broken: called for octets that cannot be parsed; then the worker is killed.
        :param gone: called once, when no more frames will arrive.
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
        """Pause reading, so that the worker keeps its exchanges."""
        if not self.over.is_set():
            self._loop.remove_reader(self._sock)

    def resume(self) -> None:
        """Resume reading."""
        if not self.over.is_set():
            self._loop.add_reader(self._sock, self._read)

    def tell(self, kind: FrameKind, value: object = None) -> None:
        """Send a message to the worker."""
        if self.over.is_set():
            return
        self._unsaid += frame(kind, value)
        self._write()

    def kill(self) -> None:
        """Kill the worker. While the socket is open, no other process has its process id."""
        if self.pid and not self.over.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Close the connection, so that the worker shuts down by itself."""
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
            self._unsaid.clear()  # reading detects that it is gone
        self._loop.remove_writer(self._sock)
