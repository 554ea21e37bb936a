"""``wirelint proxy --workers 2``: several processes carry the traffic, and all that is said of it is as with one."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from audited import Audited
from load_lab import Load, exchange, origin
from mitm_lab import HOST, Peer, Service, connect, get, read_until, talk
from support import free_port, listening, wait_until
from team_lab import alive, family, one_each, workers
from tools import require_tool

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not spread connections")

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
HIDDEN = b'{"error": {"code": 500, "message": "database is down"}}'
WRONG = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(HIDDEN), HIDDEN)
REFUSED = (
    b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ApiKey realm=shop\r\nContent-Type: application/json\r\n"
    b'Content-Length: 25\r\n\r\n{"error": "log in first"}'
)
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 20\r\nContent-Type: application/json\r\n"
    b'Content-Length: 24\r\n\r\n{"error": "maintenance"}'
)
ADA = "X-Api-Key: b1946ac92492d234"
ORDERS = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n{"text": "buy tea"}'
MIB = 1 << 20


def kept(path: str, *fields: str) -> bytes:
    """A request that leaves its connection open."""
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


@pytest.fixture
def service() -> Iterator[Service]:
    raw = Service()
    raw.on("/fine", OK)
    raw.on("/wrong", WRONG)
    yield raw
    raw.close()


def port(proxy: Audited) -> int:
    return proxy.ports["orders"]


def number(proxy: Audited, metric: str, *labels: str) -> float:
    return proxy.samples(f"wirelint_{metric}")[labels]


def told(proxy: Audited) -> Counter[tuple[str, ...]]:
    """What was found how often."""
    return Counter(
        {(each["rule"], each["method"], each["route"], each["service"]): each["count"] for each in proxy.findings()}
    )


def test_what_several_carry_is_counted_once(service: Service, tmp_path: Path) -> None:
    with team(service, tmp_path) as proxy:
        with one_each(port(proxy), workers(proxy)) as ends:
            assert len(ends) == 2
            for sock in ends:
                for _ in range(20):
                    ask(sock, "/wrong", end=HIDDEN)
                    ask(sock, "/fine", end=b"hi")
        proxy.settle(80)
        assert proxy.exchanges == 80
        wait_until(lambda: number(proxy, "captured_exchanges_total") == 80, "the workers' own counts")
        assert number(proxy, "audited_exchanges_total") == 80
        assert (number(proxy, "workers"), number(proxy, "worker_restarts_total")) == (2, 0)
        found = told(proxy)
        assert sum(count for (rule, *_), count in found.items() if rule == "ok-with-error-body") == 40
        assert not any(proxy.samples("wirelint_dropped_total").values())
        assert not any(proxy.samples("wirelint_faults_total").values())
        text = proxy.get("/metrics", "application/openmetrics-text; version=1.0.0")
        assert re.search(r'^wirelint_findings_total\{.*rule="ok-with-error-body".*\} 40\.0 # \{', text, re.MULTILINE)
        plain = proxy.get("/metrics")
        checked = subprocess.run(
            [require_tool("promtool"), "check", "metrics"], input=plain, capture_output=True, text=True, check=False
        )
        assert (checked.returncode, checked.stderr) == (0, "")


def test_the_processes_are_summed_up(service: Service, tmp_path: Path) -> None:
    with team(service, tmp_path) as proxy:
        pids = [proxy.pid, *workers(proxy)]
        for pid in pids[1:]:
            wait_until(lambda pid=pid: sum(read_cpu(pid)) > 0, "work to be done")  # type: ignore[misc]
        with one_each(port(proxy), pids[1:]) as ends:
            for sock in ends:
                for _ in range(200):
                    ask(sock, "/fine", end=b"hi")
        own = sum(read_cpu(proxy.pid))
        all_of_them = sum(sum(read_cpu(pid)) for pid in pids)
        wait_until(lambda: proxy.samples("process_cpu_seconds_total")[()] >= all_of_them - 0.1, "their last words")
        assert all_of_them > own
        resident = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 for pid in pids]
        assert proxy.samples("process_resident_memory_bytes")[()] > 0.8 * sum(resident)
        descriptors = [len(os.listdir(f"/proc/{pid}/fd")) for pid in pids]
        assert proxy.samples("process_open_fds")[()] > max(descriptors) + 10


def read_cpu(pid: int) -> tuple[float, float]:
    """Seconds of processor time, in user and in kernel mode."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return int(words[11]) / ticks, int(words[12]) / ticks


# What looks back


class Shop(Service):
    """It lets Ada in or not as told, and asks its stock through the proxy."""

    def __init__(self) -> None:
        super().__init__()
        self.stock = 0
        self.open = True
        self.on("/orders", lambda peer: peer.send(ORDERS if self.open else REFUSED))
        self.on("/items/7", self._item)

    def _item(self, peer: Peer) -> None:
        trace = re.search(rb"(?mi)^traceparent: *(\S+)", peer.head)
        assert trace
        assert b" 503 " in talk(self.stock, get("/levels/7", f"traceparent: {trace[1].decode()}"))
        peer.send(WRONG)


def converse(shop: Shop, folder: Path, *arguments: str) -> Counter[tuple[str, ...]]:
    """One story, told in order over all workers in turn; what is found in it."""
    stock = Service()
    stock.on("/levels/7", BUSY)
    services = {"shop": f"http://{HOST}:{shop.port}", "stock": f"http://{HOST}:{stock.port}"}
    with contextlib.closing(stock), Audited(services, folder, *arguments) as proxy:
        shop.stock = proxy.ports["stock"]
        carriers = workers(proxy) or [proxy.pid]
        sent = 0
        with one_each(proxy.ports["shop"], carriers) as ends:
            for _ in range(4):
                for shop.open in (True, False, True):
                    ask(ends[sent % len(ends)], "/orders", ADA, end=b'"}')
                    sent += 1
            for step in range(4):
                trace = f"traceparent: 00-{step + 1:032x}-{step + 1:016x}-01"
                ask(ends[step % len(ends)], "/items/7", trace, end=HIDDEN)
        proxy.settle(sent + 8)
        return told(proxy)


def test_rules_that_look_back_find_the_same(tmp_path: Path) -> None:
    shop = Shop()
    with contextlib.closing(shop):
        alone = converse(shop, tmp_path / "one")
        together = converse(shop, tmp_path / "two", "--workers", "2")
    assert together == alone
    rules = {rule for rule, *_ in together}
    assert {"authenticated-told-401", "ok-with-error-body"} <= rules
    assert any("upstream" in rule for rule in rules), f"both sides of the hop were seen: {rules}"


# What can happen to a worker


def test_a_worker_is_killed_under_load(tmp_path: Path) -> None:
    place = free_port()
    with (
        origin(place, tmp_path),
        Audited({"orders": f"http://{HOST}:{place}"}, tmp_path / "wirelint", "--workers", "2") as proxy,
        Load(port(proxy)) as load,
    ):
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
        assert proxy.exchanges + lost <= right + len(load.failed)
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
    place = free_port()
    with (
        origin(place, tmp_path),
        Audited({"orders": f"http://{HOST}:{place}"}, tmp_path / "wirelint", "--workers", "2") as proxy,
        Load(port(proxy)) as load,
    ):
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


# How it starts


def refuses(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "wirelint", "proxy", *words, "--confdir", str(folder), "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, timeout=30)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    return done.stderr


def test_a_port_is_taken(service: Service, tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        place = taken.getsockname()[1]
        said = refuses(tmp_path, f"http://{HOST}:1@{place}", "--metrics-port", str(free_port()))
    assert f"cannot listen on {HOST}:{place}: address already in use" in said
    with team(service, tmp_path / "first") as proxy:
        said = refuses(tmp_path, f"http://{HOST}:1@{port(proxy)}", "--metrics-port", str(free_port()))
        assert f"cannot listen on {HOST}:{port(proxy)}: address already in use" in said
        page = proxy.metrics_port
        said = refuses(tmp_path, f"http://{HOST}:1@{free_port()}", "--metrics-port", str(page))
        assert f"cannot listen on {HOST}:{page}" in said


def test_the_system_chooses_a_port_for_all(service: Service, tmp_path: Path) -> None:
    words = [f"shop=http://{HOST}:{service.port}@0", "--forward", "0", "--log-format", "json"]
    with Audited({}, tmp_path, "--workers", "3", *words) as proxy:
        proxy.wait_for_output('"ready"')
        lines = [json.loads(line) for line in proxy.output().splitlines()]
        places = [int(line["url"].rpartition(":")[2]) for line in lines if line["message"] == "listening"]
        assert len(places) == len(set(places)) == 2
        with one_each(places[0], workers(proxy)) as ends:
            assert len(ends) == 3
        assert talk(places[0], get("/fine")) == OK
        assert talk(places[1], get(f"http://{HOST}:{service.port}/fine")) == OK


# Settings and logs


def test_settings_are_read_anew_by_all(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "wirelint.toml"
    file.write_text("")
    with team(service, tmp_path) as proxy:

        def reload(content: str) -> None:
            file.write_text(content)
            count = proxy.output().count("settings read anew")
            os.kill(proxy.pid, signal.SIGHUP)
            wait_until(lambda: proxy.output().count("settings read anew") > count, f"a reload of {content!r}")
            time.sleep(0.6)  # shares go out with the next tick

        def ask_all() -> None:
            with one_each(port(proxy), workers(proxy)) as ends:
                for sock in ends:
                    ask(sock, "/wrong", end=HIDDEN)

        def left_out(count: int) -> None:
            skipped = proxy.samples
            wait_until(
                lambda: skipped("wirelint_skipped_total").get(("sampled", "orders")) == count, f"{count} left out"
            )

        ask_all()
        proxy.settle(2)
        reload("sample = 0.0\nignore = ['ok-with-error-body']")
        assert "ok-with-error-body" not in {labels[1] for labels in proxy.samples("wirelint_rule_info")}
        ask_all()
        left_out(2)
        os.kill(workers(proxy)[0], signal.SIGKILL)
        wait_until(lambda: number(proxy, "worker_restarts_total") == 1, "a restart")
        wait_until(lambda: number(proxy, "workers") == 2, "the new one to listen")
        ask_all()
        left_out(4)
        assert proxy.exchanges == 2
        reload("sample = 1.0")
        ask_all()
        proxy.settle(4)


def test_what_workers_say_is_in_the_one_log(service: Service, tmp_path: Path) -> None:
    service.on("*", b"")
    with team(service, tmp_path, "--log-format", "json") as proxy:
        with one_each(port(proxy), workers(proxy)) as ends:
            for sock in ends:
                sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        proxy.wait_for_output("HTTP/2 without TLS")
        wait_until(lambda: proxy.samples("wirelint_skipped_total").get(("h2c", "")) == 2, "both to be counted")
        said = [json.loads(line) for line in proxy.output().splitlines()]
        assert [line["level"] for line in said if "HTTP/2 without TLS" in line["message"]] == ["warning"]
