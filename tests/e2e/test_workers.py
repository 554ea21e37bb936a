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

from lab.mitm import HOST, Peer, Service, get, talk
from lab.proxy import Audited
from lab.team import HIDDEN, OK, WRONG, ask, number, one_each, orders, port, team, workers
from support import free_port, wait_until
from tools import require_tool

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not spread connections")

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


@pytest.fixture
def service() -> Iterator[Service]:
    yield from orders()


def told(proxy: Audited) -> Counter[tuple[str, ...]]:
    """Return the number of each finding."""
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
        # Each worker reports for itself, now and then: one that worked little may still have its first figures to send.
        resident = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 for pid in pids)
        wait_until(lambda: proxy.samples("process_resident_memory_bytes")[()] > 0.8 * resident, "everyone's memory")
        descriptors = max(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)
        wait_until(lambda: proxy.samples("process_open_fds")[()] > descriptors + 10, "everyone's descriptors")


def read_cpu(pid: int) -> tuple[float, float]:
    """Return seconds of processor time, in user and in kernel mode."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return int(words[11]) / ticks, int(words[12]) / ticks


# What looks back


class Shop(Service):
    """It accepts or refuses Ada as configured, and asks its stock through the proxy."""

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
    """Send one story in order over all workers by turns; return its findings."""
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


def test_all_reload_settings(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "wirelint.toml"
    file.write_text("")
    with team(service, tmp_path) as proxy:

        def reload(content: str) -> None:
            file.write_text(content)
            count = proxy.output().count("reloaded settings")
            os.kill(proxy.pid, signal.SIGHUP)
            wait_until(lambda: proxy.output().count("reloaded settings") > count, f"a reload of {content!r}")
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
