"""``wirelint proxy`` shuts down gracefully: it finishes exchanges in flight, and no client waits."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.load import Load, origin
from lab.mitm import HOST, Peer, Service, connect, get, read_all, read_until, talk
from lab.proxy import Audited
from lab.team import orders, port
from support import Process, free_port, listening, wait_until


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    yield from orders()


def state(proxy: Audited) -> int:
    """Return the status of its readiness, 0 without an answer."""
    try:
        answer = talk(proxy.metrics_port, b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    except OSError:
        return 0
    return int(answer.split(b" ", 2)[1]) if answer else 0


def ask_to_end(proxy: Audited, number: signal.Signals = signal.SIGTERM) -> None:
    os.kill(proxy.pid, number)


def test_the_end_under_load_loses_nothing(tmp_path: Path) -> None:
    place = free_port()
    with (
        origin(place, tmp_path),
        Audited({"orders": f"http://{HOST}:{place}"}, tmp_path / "wirelint") as proxy,
        Load(port(proxy)) as load,
    ):
        load.more(100)
        ask_to_end(proxy)
        wait_until(lambda: state(proxy) == 503, "readiness to fail")
        assert load.refused == 0, "whoever has not heard of it yet is served"
        load.more(20)
        assert proxy.wait() == 0
        # Elsewhere the system resets who was at the door when it closed.
        assert [each for each in load.failed if sys.platform == "linux" or each != "ConnectionResetError"] == []
    told = proxy.output()
    assert "Traceback" not in told
    assert f"orders {load.right:,}" in " ".join(told.split()), "all were audited"


def test_the_end_comes_at_once_where_nothing_goes_on(tmp_path: Path) -> None:
    with Audited({"orders": f"http://{HOST}:{free_port()}"}, tmp_path) as proxy, connect(port(proxy)):
        ask_to_end(proxy)
        assert proxy.wait(3) == 0


def test_what_is_going_on_is_seen_to_its_end(service: Service, tmp_path: Path) -> None:
    gate = threading.Event()

    def slow(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhi")
        gate.wait(10)
        peer.send(b"ho")

    service.on("/slow", slow)
    with Audited({"orders": f"http://{HOST}:{service.port}"}, tmp_path) as proxy, connect(port(proxy)) as client:
        client.sendall(get("/slow"))
        assert read_until(client, b"hi").endswith(b"hi")
        ask_to_end(proxy)
        wait_until(lambda: not listening(port(proxy)), "the listener to close")
        assert state(proxy) == 503
        gate.set()
        assert read_all(client) == b"ho"
        assert proxy.wait() == 0


def test_a_second_signal_ends_at_once(service: Service, tmp_path: Path) -> None:
    service.on("/stuck", Peer.wait)
    with Audited({"orders": f"http://{HOST}:{service.port}"}, tmp_path) as proxy, connect(port(proxy)) as client:
        client.sendall(get("/stuck"))
        wait_until(lambda: "/stuck" in service.heads, "the request")
        ask_to_end(proxy)
        wait_until(lambda: state(proxy) == 503, "readiness to fail")
        begun = time.monotonic()
        ask_to_end(proxy, signal.SIGINT)
        assert proxy.wait() == 0
        assert time.monotonic() - begun < 3, "less than what is granted to exchanges in flight"


def test_the_end_comes_while_it_begins(tmp_path: Path) -> None:
    words = ["proxy", f"http://{HOST}:1@{free_port()}", "--metrics-port", str(free_port()), "--confdir", str(tmp_path)]
    with Process([sys.executable, "-m", "wirelint", *words], log=tmp_path / "log", cwd=tmp_path) as starting:
        handled = Path(f"/proc/{starting.pid}/status")

        def heard() -> bool:
            mask = handled.read_text().partition("SigCgt:")[2].split()[0] if handled.exists() else "0"
            return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)

        if sys.platform == "linux":
            wait_until(heard, "SIGTERM to be handled")
        starting._popen.terminate()
        assert starting.wait() in {0, 130}
        assert "Traceback" not in starting.output()
