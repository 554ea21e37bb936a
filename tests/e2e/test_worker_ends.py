"""``wirelint proxy --workers 2`` when a process dies, hangs or is asked to stop."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.load import exchange
from lab.mitm import HOST, Service, connect, get, read_until, talk
from lab.proxy import Audited
from lab.team import OK, alive, ask, family, kept, number, one_each, orders, port, team, under_load, workers
from support import listening, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not spread connections")

MIB = 1 << 20


@pytest.fixture
def service() -> Iterator[Service]:
    yield from orders()


# What can happen to a worker


def test_a_worker_is_killed_under_load(tmp_path: Path) -> None:
    with under_load(tmp_path) as (proxy, load):
        load.more(100)
        before = workers(proxy)
        seen = number(proxy, "captured_exchanges_total")
        os.kill(before[0], signal.SIGKILL)
        load.more(50)
        assert proxy.get("/readyz") == "ok\n", "the other one serves"
        wait_until(lambda: len(workers(proxy)) == 2, "a new one")
        assert number(proxy, "captured_exchanges_total") >= seen
        wait_until(lambda: number(proxy, "worker_restarts_total") == 1, "the restart to be counted")
        wait_until(lambda: number(proxy, "workers") == 2, "the new one to listen")
        with one_each(port(proxy), workers(proxy)) as ends:
            for sock in ends:
                assert exchange(sock, kept("/load/last"))[0] == "right"
        failed = len(load.failed)
        load.more(100)
        assert set(load.failed) <= {"closed without a word", "ConnectionResetError", "HTTP/1.1 200 OK"}
        assert len(load.failed) == failed, "that was over when it was over"
        load.stop()
        wait_until(lambda: number(proxy, "in_flight_exchanges") == 0, "the end of all exchanges")
        wait_until(lambda: number(proxy, "queue_depth") == 0, "the end of all audits")
        right = load.right + 2
        lost = number(proxy, "dropped_total", "lost")
        # What was answered right before the end may have been lost, and nothing is counted twice.
        assert right - 50 <= proxy.exchanges <= right + len(load.failed)
        # Each exchange is audited or counted as lost, but for connections that closed before a request had come.
        assert right <= proxy.exchanges + lost <= right + len(load.failed)
        assert number(proxy, "captured_exchanges_total") >= number(proxy, "audited_exchanges_total")
        assert proxy.output().count("a worker is gone; another takes its place") == 1
        assert "Traceback" not in proxy.output()


def test_no_worker_is_left(service: Service, tmp_path: Path) -> None:
    with team(service, tmp_path) as proxy:
        for pid in workers(proxy):
            os.kill(pid, signal.SIGSTOP)
        for pid in workers(proxy):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: number(proxy, "worker_restarts_total") == 2, "new ones")
        wait_until(lambda: number(proxy, "workers") == 2, "them to listen")
        assert proxy.get("/readyz") == "ok\n"
        assert talk(port(proxy), get("/fine")) == OK


def test_the_address_is_nobody_elses_while_no_worker_listens(service: Service, tmp_path: Path) -> None:
    with team(service, tmp_path) as proxy:
        for pid in workers(proxy):
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(OSError, match="in use"):
            socket.create_server((HOST, port(proxy)))
        wait_until(lambda: listening(port(proxy)), "a new one")


def test_nobody_can_take_a_dead_workers_place(service: Service, tmp_path: Path) -> None:
    with team(service, tmp_path) as proxy:
        carriers = workers(proxy)
        for pid in set(family(proxy)) - set(carriers):
            os.kill(pid, signal.SIGKILL)
        os.kill(carriers[0], signal.SIGKILL)
        proxy.wait_for_output("no worker can be started")
        assert talk(port(proxy), get("/fine")) == OK, "the other one goes on"
        os.kill(carriers[1], signal.SIGKILL)
        assert proxy.wait() == 2, "so that whoever started it starts it anew"
        assert "wirelint proxy: no worker can be started" in proxy.output()


# The process that audits


def test_it_is_killed_and_nobody_is_left(service: Service, tmp_path: Path) -> None:
    with team(service, tmp_path, "--grace", "1") as proxy:
        left = family(proxy)
        assert len(left) == 3
        with connect(port(proxy)) as client:
            ask(client, "/fine", end=b"hi")
            os.kill(proxy.pid, signal.SIGKILL)
            wait_until(lambda: not any(alive(pid) for pid in left), "all to end")
        assert not listening(port(proxy))


def test_it_stands_still_and_traffic_goes_on(service: Service, tmp_path: Path) -> None:
    body = b"x" * MIB
    service.on("/large", b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (MIB, body))
    with team(service, tmp_path, "--body-limit", str(MIB)) as proxy:
        pids = workers(proxy)
        os.kill(proxy.pid, signal.SIGSTOP)
        try:
            with one_each(port(proxy), pids) as ends:
                for sock in ends:
                    for _ in range(100):
                        sock.sendall(kept("/large"))
                        assert len(read_exactly(sock, b"\r\n\r\n", MIB)) == MIB
            resident = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 for pid in pids]
            assert max(resident) < 300 * MIB
        finally:
            os.kill(proxy.pid, signal.SIGCONT)

        def accounted() -> bool:
            return proxy.exchanges + number(proxy, "dropped_total", "queue_full") == 200

        wait_until(accounted, "all to be accounted for")
        assert number(proxy, "dropped_total", "queue_full") > 0, "there is no room for all of it"
        assert proxy.exchanges > 0
        ask_to_end(proxy)
        assert proxy.wait() == 0


def read_exactly(sock: socket.socket, head: bytes, size: int) -> bytes:
    data = read_until(sock, head).partition(head)[2]
    while len(data) < size:
        piece = sock.recv(MIB)
        assert piece
        data += piece
    return data


def ask_to_end(proxy: Audited) -> None:
    os.kill(proxy.pid, signal.SIGTERM)


def test_the_end_under_load_loses_nothing(tmp_path: Path) -> None:
    with under_load(tmp_path) as (proxy, load):
        load.more(100)
        left = family(proxy)
        ask_to_end(proxy)
        load.more(20)
        assert proxy.wait() == 0
        assert load.failed == []
        assert not any(alive(pid) for pid in left)
    assert f"orders {load.right:,}" in " ".join(proxy.output().split()), "all were audited"
    assert "not audited" not in proxy.output()


def test_all_processes_are_told_to_end(service: Service, tmp_path: Path) -> None:
    """As service managers do it: the workers hear it from both sides, and that does not make it urgent."""
    with team(service, tmp_path) as proxy:
        assert talk(port(proxy), get("/fine")) == OK
        os.killpg(proxy.pid, signal.SIGINT)
        os.killpg(proxy.pid, signal.SIGTERM)
        assert proxy.wait() == 0
        assert "orders 1 " in " ".join(proxy.output().split())
