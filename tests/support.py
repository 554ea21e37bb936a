"""What tests need to run real servers: a free port, a process that is surely stopped, waiting without guessing.

Servers bind ``127.0.0.1``. Times are in seconds. Use::

    from support import Process, free_port

    port = free_port()
    with Process([sys.executable, "-m", "wirelint", ...], log=tmp_path / "proxy.log", port=port) as proxy:
        ...
        assert "listening" in proxy.output()

or the ``background`` fixture, which names the log file and stops the process when the test ends.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
POLL = 0.02


def free_port() -> int:
    """Return a TCP port of ``127.0.0.1`` that nothing listens on right now, another one each time.

    It lies below those that systems take for connections: until it is listened on, no client of another test gets it.
    """
    while True:
        port = 10_000 + secrets.randbelow(22_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            if port not in _given:
                _given.add(port)
                return port


_given: set[int] = set()


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 20.0) -> None:
    """Return once ``condition`` holds.

    Raises:
        TimeoutError: it did not hold within ``timeout``; ``what`` says what was awaited.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:g} s for {what}")
        time.sleep(POLL)


def listening(port: int) -> bool:
    """Return whether something accepts connections on ``port`` of ``127.0.0.1``."""
    try:
        socket.create_connection((HOST, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def wait_for_port(port: int, timeout: float = 20.0) -> None:
    """Return once something accepts connections on ``port``.

    Raises:
        TimeoutError: nothing did within ``timeout``.
    """
    wait_until(lambda: listening(port), f"a listener on port {port}", timeout)


class Process:
    """A program in the background, started on construction and stopped by ``stop`` or at the end of a ``with``.

    It runs in a process group of its own, so that what it started itself is stopped with it.
    Standard output and error go to ``log``; standard input is empty.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        port: int | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float = 20.0,
    ) -> None:
        """Start ``command`` and, where ``port`` is given, wait until it accepts connections.

        Parameters:
            command: the program and its arguments.
            log: file for all that it prints; replaced if there is one.
            port: port of ``127.0.0.1`` that it will listen on.
            env: variables to set beside those of this process.
            cwd: its working directory.
            timeout: how long to wait for the port.

        Raises:
            RuntimeError: it ended before it listened; the message holds what it printed.
            TimeoutError: it did not listen in time; likewise.
        """
        self.command = [str(word) for word in command]
        self.log = log
        self.port = port
        self._stopped = False
        with log.open("wb") as sink:
            self._popen = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,
            )
        if port is not None:
            try:
                self._await(lambda: listening(port), f"a listener on port {port}", timeout)
            except BaseException:
                self.stop()
                raise

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._popen.pid

    @property
    def running(self) -> bool:
        """Return whether it has not ended."""
        return self._popen.poll() is None

    def output(self) -> str:
        """Return all that it has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for_output(self, text: str, timeout: float = 20.0) -> None:
        """Return once it has printed ``text``; raises as the constructor does."""
        self._await(lambda: text in self.output(), f"{text!r} in its output", timeout)

    def wait(self, timeout: float = 20.0) -> int:
        """Return its exit code, once it has exited by itself.

        Raises:
            subprocess.TimeoutExpired: it has not within ``timeout``.
        """
        return self._popen.wait(timeout)

    def stop(self, grace: float = 10.0) -> int:
        """Ask it to end (SIGTERM), kill it after ``grace``; its exit code, negative for the signal that ended it.

        What it started and left behind is killed. Calling this again changes nothing.
        """
        if self._stopped:
            return self._popen.wait()
        self._stopped = True
        if self.running:
            self._popen.terminate()
        try:
            self._popen.wait(grace)
        except subprocess.TimeoutExpired:
            self._popen.kill()
        # macOS refuses to signal a group of which only ended processes are left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        return self._popen.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _await(self, condition: Callable[[], bool], what: str, timeout: float) -> None:
        def met() -> bool:
            ended = not self.running
            if condition():
                return True
            if ended:
                raise RuntimeError(
                    f"{self.command} ended with {self._popen.returncode} before {what}:\n{self.output()}"
                )
            return False

        try:
            wait_until(met, what, timeout)
        except TimeoutError as error:
            raise TimeoutError(f"{error} from {self.command}:\n{self.output()}") from None


Background = Callable[..., Process]
"""What the fixture ``background`` gives: ``Process`` without ``log``, stopped when the test ends."""
