"""Whatever ends the demo, nothing of it stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

import wirelint
from support import free_port, listening, wait_until
from wirelint.demo import Demo, DemoError

# A program that runs the demo. Its children hold its standard error: that ends when the last of them has.
PROGRAM = """
import json, sys
from wirelint.demo import Demo
with Demo(["shop", "gateway"]) as demo:
    demo.start_clients(demo.services, None, rate=50)
    print(json.dumps(demo.services), flush=True)
    demo.wait()
"""
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(wirelint.__file__).parent.parent)}


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def lines(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


@contextmanager
def program() -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    running = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    try:
        yield running, json.loads(lines(running.stdout))
    finally:
        running.kill()
        running.communicate(timeout=20)


def test_it_ends_by_itself() -> None:
    with Demo(["shop", "tidy"]) as demo:
        assert list(demo.services) == ["shop", "tidy"]
        assert demo.tally is None
        demo.start_clients(demo.services, duration=1.5, rate=60)
        with pytest.raises(ValueError, match="already"):
            demo.start_clients(demo.services)
        demo.wait()
        assert demo.tally is not None
        assert demo.tally.keys() >= {"200", "401"}
        children = list(demo._children)
    assert not [child for child in children if child.running]
    assert not [url for url in demo.services.values() if listening(port_of(url))]


def test_another_thread_stops_it_and_the_tally_is_kept() -> None:
    with Demo(["rpc"]) as demo:
        demo.start_clients(demo.services, None, rate=60)
        waiting = threading.Thread(target=demo.wait)
        waiting.start()
        assert demo._clients is not None
        ready = demo._clients
        wait_until(lambda: ready.running, "the clients")
        threading.Event().wait(1.5)
        demo.stop()
        waiting.join(timeout=20)
        assert not waiting.is_alive()
        assert demo.tally is not None
        assert demo.tally["200"] > 0
        demo.stop()


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_interrupt(times: int) -> None:
    with program() as (running, services):
        for _ in range(times):
            running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=30)
        assert running.returncode != 0
        assert "KeyboardInterrupt" in errors
        assert not [url for url in services.values() if listening(port_of(url))]


def test_the_parent_is_killed() -> None:
    with program() as (running, services):
        assert all(listening(port_of(url)) for url in services.values())
        running.kill()
        running.communicate(timeout=30)  # returns when the children have gone, too
        assert not [url for url in services.values() if listening(port_of(url))]


def test_a_service_that_dies_is_told() -> None:
    with Demo(["shop", "rpc"]) as demo:
        demo.start_clients(demo.services, None)
        os.kill(demo._children[1].pid, signal.SIGKILL)
        with pytest.raises(DemoError, match="rpc ended"):
            demo.wait()


def test_clients_that_die_are_told() -> None:
    with Demo(["rpc"]) as demo:
        demo.start_clients(demo.services, None)
        os.kill(demo._children[1].pid, signal.SIGKILL)
        with pytest.raises(DemoError, match="clients ended"):
            demo.wait()
        assert demo.tally is None


def test_a_service_that_does_not_start(capfd: pytest.CaptureFixture[str]) -> None:
    demo = Demo(["shop", "nonsense"])
    with pytest.raises(DemoError, match="nonsense did not start"):
        demo.__enter__()
    assert not [child for child in demo._children if child.running]
    assert "invalid choice" in capfd.readouterr().err


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_on_its_own(signal_number: signal.Signals) -> None:
    port = free_port()
    service = subprocess.Popen(
        [sys.executable, "-m", "wirelint.demo.service", "tidy", "--host", "127.0.0.1", "--port", str(port)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    try:
        assert lines(service.stdout) == f"tidy listens on 127.0.0.1:{port}\n"
        assert listening(port)  # the more threads, the more likely that a signal interrupts another than the main one
        service.send_signal(signal_number)
        assert service.wait(timeout=20) == 0
    finally:
        service.kill()
        service.communicate()
