"""The server where something goes wrong, and where clients try to hold it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

from lab.web import Beside
from support import wait_until
from wirelint.web import server as server_module
from wirelint.web.server import WebServer


def test_a_fault_of_ours_is_500_and_tells_nothing(fresh: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> tuple[str, bytes]:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(fresh.metrics, "render", fail)
    reply = fresh.get("/metrics")
    assert reply.status == 500
    assert b"hunter2" not in reply.content
    assert fresh.get("/healthz").status == 200


def test_a_port_that_is_taken_is_said_plainly(beside: Beside) -> None:
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{beside.port}: Address already in use"):
        WebServer(beside.site, port=beside.port).start()
    with pytest.raises(OSError, match="cannot listen on"):
        WebServer(beside.site, port=99999).start()


def test_stopping_closes_the_port_and_all_connections(fresh: Beside) -> None:
    with socket.create_connection(("127.0.0.1", fresh.port), timeout=10) as idle:
        wait_until(lambda: bool(fresh.server._server and fresh.server._server._open), "the connection to be taken")
        fresh.server.stop()
        assert idle.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", fresh.port), timeout=1)
    fresh.server.stop()


def test_silent_clients_lock_nobody_out(fresh: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_GRACE", 0.0)
    with contextlib.ExitStack() as held:
        for _ in range(100):
            held.enter_context(socket.create_connection(("127.0.0.1", fresh.port), timeout=10))
        assert fresh.get("/healthz").status == 200
        threads = [thread for thread in threading.enumerate() if thread.name == "wirelint-web"]
        assert len(threads) <= 2 * 32 + 2


def test_a_client_that_trickles_is_cut_off(fresh: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_LONGEST_LIFE", 0.3)
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", fresh.port), timeout=10) as slow, contextlib.suppress(OSError):
        while time.monotonic() - began < 10:
            slow.sendall(b"G")
            time.sleep(0.05)
    assert time.monotonic() - began < 5


def test_many_readers_at_once(fresh: Beside) -> None:
    done = threading.Event()
    statuses: list[int] = []

    def read() -> None:
        while not done.is_set():
            statuses.append(fresh.get("/metrics").status)
            statuses.append(fresh.get("/api/findings").status)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        fresh.find()
    done.set()
    for thread in threads:
        thread.join()
    assert statuses
    assert set(statuses) == {200}
