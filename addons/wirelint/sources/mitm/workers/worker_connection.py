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
        started: whether its start succeeded or failed.
        listeners: the addresses on which it listens; None while it does not.
        failure: the reason why it could not start.
        closed: whether the worker is gone.
        asked: the number of the round in which it has not answered yet, 0 if it has.
    """

    def __init__(
        self,
        sock: socket.socket,
        most: int,
        on_frame: Callable[[WorkerConnection, Frame], None],
        on_broken: Callable[[WorkerConnection], None],
        on_gone: Callable[[WorkerConnection], None],
    ) -> None:
        """Start reading.

        :param most: most octets of a frame.
        :param on_frame: called with each frame; must not raise.
        :param on_broken: called for octets that cannot be parsed; then the worker is killed.
        :param on_gone: called once, when no more frames will arrive.
        """
        self.pid = 0
        self.started = asyncio.Event()
        self.listeners: Sequence[Address] | None = None
        self.failure = ""
        self.closed = asyncio.Event()
        self.asked = 0
        sock.setblocking(False)
        self._sock = sock
        self._splitter = Splitter(most)
        self._on_frame = on_frame
        self._on_broken = on_broken
        self._on_gone = on_gone
        self._unsent = bytearray()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._read)

    def pause(self) -> None:
        """Pause reading, so that the worker keeps its exchanges."""
        if not self.closed.is_set():
            self._loop.remove_reader(self._sock)

    def resume(self) -> None:
        """Resume reading."""
        if not self.closed.is_set():
            self._loop.add_reader(self._sock, self._read)

    def send(self, kind: FrameKind, value: object = None) -> None:
        """Send a message to the worker."""
        if self.closed.is_set():
            return
        self._unsent += frame(kind, value)
        self._write()

    def kill(self) -> None:
        """Kill the worker. While the socket is open, no other process has its process id."""
        if self.pid and not self.closed.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Close the connection, so that the worker shuts down by itself."""
        if self.closed.is_set():
            return
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)
        self._sock.close()
        self.closed.set()
        self.started.set()
        self._on_gone(self)

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
                self._on_frame(self, each)
        except BrokenError:
            self._on_broken(self)
            self.kill()
            self.close()

    def _write(self) -> None:
        try:
            while self._unsent:
                del self._unsent[: self._sock.send(self._unsent)]
        except BlockingIOError:
            self._loop.add_writer(self._sock, self._write)
            return
        except OSError:
            self._unsent.clear()  # reading detects that it is gone
        self._loop.remove_writer(self._sock)
