"""Run wirelint with one process or several, and find its processes and their connections."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Collection, Iterator
from pathlib import Path

from lab.load import Load, origin
from lab.mitm import HOST, Service, connect, get, read_until, talk
from lab.proxy import Audited
from support import Process, free_port, wait_until

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
HIDDEN = b'{"error": {"code": 500, "message": "database is down"}}'
WRONG = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(HIDDEN), HIDDEN)


def children(pid: int) -> list[int]:
    """Return the running child processes of a process."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def workers(proxy: Process) -> list[int]:
    """Return the processes that carry the traffic."""
    return [worker for nursery in children(proxy.pid) for worker in children(nursery)]


def family(proxy: Process) -> list[int]:
    """Return all processes but the first."""
    return [*children(proxy.pid), *workers(proxy)]


def alive(pid: int) -> bool:
    """Return whether a process runs and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def server_of(sock: socket.socket, pids: Collection[int]) -> int:
    """Return the process that has taken a connection."""
    ours, theirs = sock.getsockname()[1], sock.getpeername()[1]
    found: list[int] = []

    def taken() -> bool:
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            words = line.split()
            ports = [int(words[place].rpartition(":")[2], 16) for place in (1, 2)]
            if ports == [theirs, ours] and words[9] != "0":
                found.extend(pid for pid in pids if holds(pid, int(words[9])))
        return bool(found)

    wait_until(taken, "the connection to be taken")
    return found[0]


def holds(pid: int, inode: int) -> bool:
    """Return whether a process has a socket open."""
    folder = Path(f"/proc/{pid}/fd")
    for name in folder.iterdir():
        try:
            if os.readlink(name) == f"socket:[{inode}]":
                return True
        except OSError:
            continue
    return False


@contextlib.contextmanager
def one_each(port: int, pids: Collection[int]) -> Iterator[list[socket.socket]]:
    """Provide a connection to each of the processes that listen on a port, by repeated tries."""
    found: dict[int, socket.socket] = {}
    with contextlib.ExitStack() as opened:
        for _ in range(200):
            sock = opened.enter_context(connect(port))
            pid = server_of(sock, pids)
            if pid in found:
                sock.close()
            found.setdefault(pid, sock)
            if len(found) == len(pids):
                break
        assert len(found) == len(pids), f"200 connections, all to {list(found)}"
        yield list(found.values())


def orders() -> Iterator[Service]:
    """Provide a service with correct or faulty answers, as requested."""
    raw = Service()
    raw.on("/fine", OK)
    raw.on("/wrong", WRONG)
    yield raw
    raw.close()


def kept(path: str, *fields: str) -> bytes:
    """Return a request that leaves its connection open."""
    return get(path, *fields).replace(b"Connection: close\r\n", b"")


def ask(sock: socket.socket, path: str, *fields: str, end: bytes) -> None:
    sock.sendall(kept(path, *fields))
    assert read_until(sock, end).endswith(end)


@contextlib.contextmanager
def team(service: Service, folder: Path, *arguments: str, count: int = 2) -> Iterator[Audited]:
    services = {"orders": f"http://{HOST}:{service.port}"}
    with Audited(services, folder, "--workers", str(count), *arguments) as proxy:
        yield proxy
        assert "Traceback" not in proxy.output()


@contextlib.contextmanager
def under_load(folder: Path) -> Iterator[tuple[Audited, Load]]:
    """Provide two workers in front of a service under constant load."""
    place = free_port()
    services = {"orders": f"http://{HOST}:{place}"}
    with (
        origin(place, folder),
        Audited(services, folder / "wirelint", "--workers", "2") as proxy,
        Load(port(proxy)) as load,
    ):
        yield proxy, load


def port(proxy: Audited) -> int:
    return proxy.ports["orders"]


def number(proxy: Audited, metric: str, *labels: str) -> float:
    return proxy.samples(f"wirelint_{metric}")[labels]


def failures(proxy: Audited) -> dict[str, float]:
    """Failed exchanges by kind."""
    found = proxy.samples("wirelint_upstream_failures_total")
    return {kind: count for (kind, service), count in found.items() if service == "orders"}


def still_fine(proxy: Audited) -> None:
    assert talk(port(proxy), get("/fine")) == OK
