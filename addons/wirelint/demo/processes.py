"""Run child processes that exit on request, and always with their parent."""

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


def until_stopped(*, eof: bool) -> threading.Event:
    """Return an event that is set by SIGTERM, by SIGINT and, with ``eof``, by the end of standard input.

    The parent holds the other end of standard input; the system closes it even if the parent is killed.
    """
    stop = threading.Event()
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    # The kernel may interrupt any thread without waking the main one: so a byte in a socket, not a handler.
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)

    def watch_signals() -> None:
        with reader, writer:  # never closed: a second signal writes, too
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
    """A module of this package that runs as a child process.

    :param module: its full name; it must support ``--until-eof``.
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
        """Return its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Return whether it still runs."""
        return self._process.poll() is None

    def line(self, timeout: float) -> str | None:
        """Return the first line that it prints; None if it exits first, or after ``timeout`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._ended, timeout)
            return self._lines[0] if self._lines else None

    def wait(self, timeout: float) -> bool:
        """Wait for its exit, at most ``timeout`` seconds; return whether it exited."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        return not self.running

    def request_stop(self) -> None:
        """Ask it to exit, without waiting."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self._process.terminate()

    def stop(self, grace: float = _GRACE_SECONDS) -> None:
        """Stop it; kill it after ``grace`` seconds."""
        self.request_stop()
        if not self.wait(grace):
            self._process.kill()
            self._process.wait()
        self._listener.join()
