"""Processes that end when they are told to, and with the one that started them, whatever becomes of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import wirelint

_GRACE_SECONDS = 3.0


def until_told(*, eof: bool) -> threading.Event:
    """An event that is set by SIGTERM, by SIGINT and, with ``eof``, by the end of standard input.

    The parent holds the other end of standard input; the system closes it even where the parent is killed.
    """
    stop = threading.Event()
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    # The kernel may interrupt any thread, and the main one not wake for it: so a byte in a socket, not a handler.
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)

    def watch_signals() -> None:
        with reader, writer:  # open for good: a second signal writes, too
            while reader.recv(64):
                stop.set()

    def watch_input() -> None:
        while os.read(0, 1024):  # not sys.stdin: its lock, held here, would hinder the interpreter's end
            pass
        stop.set()

    for watch in (watch_signals, *([watch_input] if eof else [])):
        threading.Thread(target=watch, daemon=True).start()
    return stop


class Child:
    """A module of this package that runs as a process of its own.

    :param module: its full name; it must know ``--until-eof``.
    :param arguments: its further arguments.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        home = str(Path(wirelint.__file__).parent.parent)
        paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", module, *arguments, "--until-eof"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,  # a Ctrl-C at the terminal is for the parent, which then stops its children
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        with self._process.stdout as lines:
            for line in lines:
                with self._changed:
                    self._lines.append(line.rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def line(self, timeout: float) -> str | None:
        """The first line it prints; None where it ends, or ``timeout`` seconds pass, before."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._ended, timeout)
            return self._lines[0] if self._lines else None

    def wait(self, timeout: float) -> bool:
        """Wait for its end, ``timeout`` seconds at most: whether it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        return not self.running

    def tell_to_stop(self) -> None:
        """Ask it to end, without waiting."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self._process.terminate()

    def stop(self, grace: float = _GRACE_SECONDS) -> None:
        """Have it ended: after ``grace`` seconds, by force."""
        self.tell_to_stop()
        if not self.wait(grace):
            self._process.kill()
            self._process.wait()
        self._listener.join()
