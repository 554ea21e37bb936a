"""Find, start, watch and stop the programs of a benchmark."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

HOST: Final = "127.0.0.1"
_SERVER_FOLDERS: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_START_SECONDS: Final = 30.0
_GRACE_SECONDS: Final = 10.0


class BenchmarkError(Exception):
    """The benchmark cannot run, or a part of it failed; the message is for the user."""


class Usage(NamedTuple):
    """Resources of processes: CPU seconds so far, maximum resident memory in bytes.

    Shared memory counts in each.
    """

    cpu: float
    resident: int


def tool(name: str) -> str:
    """Return the path of a program.

    :raises BenchmarkError: it is not installed.
    """
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_SERVER_FOLDERS))
    found = shutil.which(name, path=path)
    if found is None:
        raise BenchmarkError(
            f"{name} is not installed; on Debian and Ubuntu: apt install nginx-light wrk nghttp2-client"
        )
    return found


def beside_python(name: str) -> str:
    """Return a command that was installed with this Python.

    :raises BenchmarkError: it does not exist.
    """
    found = Path(sys.executable).with_name(name)
    if not found.exists():
        raise BenchmarkError(f"{name} is not installed beside {sys.executable}")
    return str(found)


def allow_many_connections() -> None:
    """Let child processes open as many files as the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS says "unlimited" but has a limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def free_port() -> int:
    """Return a free port."""
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A program that listens on ``port``; entering the context manager waits until it does.

    :param folder: the folder for its output, and its home.
    :param cpu: the processor to stay on, if the system supports it; None for any.
    """

    def __init__(  # noqa: PLR0913 - all there is to say about a program, by name
        self,
        name: str,
        command: Sequence[str],
        *,
        port: int,
        folder: Path,
        cpu: int | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.port = port
        self.command = list(command)
        self._folder = folder
        self._cpu = cpu
        self._env = {**os.environ, "HOME": str(folder), **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it.

        :raises BenchmarkError: it does not start to listen.
        """
        log = self._folder / f"{self.name.replace(' ', '-')}.log"
        with log.open("wb") as sink:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=self._env,
                start_new_session=True,
            )
        pin(self._process.pid, self._cpu)
        deadline = time.monotonic() + _START_SECONDS
        while not _listening(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise BenchmarkError(f"{self.name} does not listen: {' '.join(self.command)}\n{said}")
            time.sleep(0.02)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop it and its child processes, by force if necessary."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal.

        :raises BenchmarkError: it is not running.
        """
        if self._process is None or self._process.poll() is not None:
            raise BenchmarkError(f"{self.name} does not run")
        self._process.send_signal(number)

    def usage(self) -> Usage | None:
        """Return the resources of it and its child processes; None without ``/proc``."""
        if self._process is None or not Path("/proc/self/schedstat").exists():
            return None
        used = [_usage(proc) for proc in _session(self._process.pid)]
        return Usage(sum(each.cpu for each in used), sum(each.resident for each in used))


def resident() -> int:
    """Return the most memory of this process so far, in octets; 0 without ``/proc``."""
    own = Path("/proc/self")
    return _usage(own).resident if own.joinpath("schedstat").exists() else 0


def _session(leader: int) -> list[Path]:
    """Yield the folders in ``/proc`` of all processes of a session."""
    found = []
    for proc in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # After the name, which may contain anything: state, parent, group, session.
            if int(proc.joinpath("stat").read_text().rpartition(")")[2].split()[3]) == leader:
                found.append(proc)
    return found


def _usage(proc: Path) -> Usage:
    # The process's own file covers only its first thread.
    nanoseconds = sum(int(task.joinpath("schedstat").read_text().split()[0]) for task in proc.glob("task/*"))
    peak = next(line for line in proc.joinpath("status").read_text().splitlines() if line.startswith("VmHWM"))
    return Usage(nanoseconds / 1e9, int(peak.split()[1]) * 1024)


def pin(pid: int, cpu: int | None) -> None:
    """Keep a process on one processor, if the system supports it."""
    if cpu is not None and sys.platform == "linux":
        os.sched_setaffinity(pid, {cpu})


def _listening(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1.0).close()
    except OSError:
        return False
    return True
