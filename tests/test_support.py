"""The helpers that other tests trust: a started process is reached, heard, and gone afterwards."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

import support
import tools
from support import Process, free_port, listening, wait_until

SERVER = """
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    print("up", flush=True)
    while True:
        server.accept()[0].close()
"""

PARENT = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("child", child.pid, flush=True)
child.wait()
"""


def gone(pid: int) -> bool:
    """Return whether no process ``pid`` runs; a zombie does not count as running."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_process_listens_and_is_stopped(tmp_path: Path) -> None:
    port = free_port()
    with Process([sys.executable, "-c", SERVER, str(port)], log=tmp_path / "log", port=port) as server:
        server.wait_for_output("up")
        assert listening(port)
        assert server.running
    assert server.stop() == -signal.SIGTERM
    assert gone(server.pid)
    assert not listening(port)


def test_one_that_ignores_the_request_is_killed_with_its_children(tmp_path: Path) -> None:
    parent = Process([sys.executable, "-c", PARENT], log=tmp_path / "log")
    parent.wait_for_output("\n")
    child = int(parent.output().split()[1])
    assert not gone(child)
    assert parent.stop(grace=0.1) == -signal.SIGKILL
    wait_until(lambda: gone(child), "the child's end")


def test_one_that_ends_too_soon_tells_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"ended with 3 before .*\n.*no such luck"):
        Process([sys.executable, "-c", "print('no such luck'); exit(3)"], log=tmp_path / "log", port=free_port())


def test_one_that_never_listens_is_stopped(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"]
    with pytest.raises(TimeoutError, match="a listener on port"):
        Process(command, log=tmp_path / "log", port=free_port(), timeout=1.0)
    assert gone(int((tmp_path / "log").read_text()))


def test_the_fixture_keeps_logs_apart(background: support.Background) -> None:
    first = background([sys.executable, "-c", "print(1)"])
    second = background([sys.executable, "-c", "import os; print(os.environ['WORD'])"], env={"WORD": "two"})
    assert (first.wait(), second.wait()) == (0, 0)
    assert (first.output(), second.output()) == ("1\n", "two\n")


def test_a_missing_tool_fails_in_ci_and_skips_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-tool"):
        tools.require_tool("no-such-tool")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="no-such-tool"):
        tools.require_tool("no-such-tool")


def test_a_tool_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "chromium-browser"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tools.require_tool("chromium") == program
