"""``wirelint proxy`` as a process, with real traffic."""

from __future__ import annotations

import http.server
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import support
from lab.cli import FEW, Shell
from wirelint.cli.proxy import Wanted, _ports, _wanted
from wirelint.sources.mitm.settings import ProxySettings

ADDONS = Path(__file__).parents[2] / "addons"
HOST = "127.0.0.1"


class Liar(http.server.BaseHTTPRequestHandler):
    """401 without a challenge under /me, an honest answer elsewhere."""

    def do_GET(self) -> None:
        self.send_response(401 if self.path.startswith("/me") else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[int]:
    with http.server.ThreadingHTTPServer((HOST, 0), Liar) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


class Ended(NamedTuple):
    """How a process ended, and what it printed."""

    code: int
    out: str
    err: str


class Proxy:
    """``wirelint proxy`` with its two streams apart."""

    def __init__(self, *words: str, cwd: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "wirelint", "proxy", "--confdir", str(cwd / "conf"), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env={"PYTHONPATH": str(ADDONS), "PATH": "", "PYTHONUTF8": "1", "WIRELINT_SELECT": FEW},
        )

    def ended(self, number: int | None = None) -> Ended:
        """Send a signal, wait for the end."""
        if number is not None:
            self._process.send_signal(number)
        try:
            out, err = self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise
        return Ended(self._process.returncode, out, err)


def get(port: int, path: str, via: int | None = None) -> int:
    handler = urllib.request.ProxyHandler({} if via is None else {"http": f"http://{HOST}:{via}"})
    try:
        with urllib.request.build_opener(handler).open(f"http://{HOST}:{port}{path}", timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@pytest.mark.e2e
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_from_start_to_summary(service: int, tmp_path: Path, number: int) -> None:
    port, forward, page = (support.free_port() for _ in range(3))
    proxy = Proxy(
        *(f"liar=http://{HOST}:{service}@{port}", "--forward", str(forward), "--metrics-port", str(page)),
        cwd=tmp_path,
    )
    try:
        support.wait_for_port(port)
        assert [get(port, path) for path in ("/", "/me?token=hunter2", "/me")] == [200, 401, 401]
        assert get(service, "/me", via=forward) == 401
        assert [get(own, "/metrics", via=forward) for own in (page, forward)] == [502, 502]
        with urllib.request.urlopen(f"http://{HOST}:{page}/metrics", timeout=10) as response:
            metrics = response.read().decode()
        assert (
            'wirelint_exchanges_total{code="401",direction="inbound",method="GET",protocol="http",'
            'service="liar",verdict="client_error"} 2.0'
        ) in metrics
    finally:
        ended = proxy.ended(number)
    assert ended.code == 0, ended.err
    said = "401 without a WWW-Authenticate field  [unauthorized-without-challenge]"
    assert [line.partition("  ")[2] for line in ended.out.splitlines()] == [
        f"high    liar GET /me  {said}",
        f"high    {HOST}:{service} GET /me  {said}",
    ]
    rows = [line.split() for line in ended.err.splitlines()]
    assert [f"http://{HOST}:{port}", "→", "liar", "at", f"http://{HOST}:{service}"] in rows
    assert [f"http://{HOST}:{forward}", "→", "anywhere,", "as", "a", "forward", "proxy"] in rows
    assert [f"http://{HOST}:{page}/metrics", "for", "Prometheus"] in rows
    assert "mitmproxy-ca-cert.pem" in ended.err
    assert ["liar", "3", "0", "0", "0", "0", "2"] in rows
    assert ["2", "high", "liar", "GET", "/me", "401", "unauthorized-without-challenge"] in rows
    assert f"Send requests to http://{HOST}:{port} in place of http://{HOST}:{service}.\n" in ended.err
    assert max(map(len, ended.err.partition("wirelint: 4 exchanges")[2].splitlines())) <= 80
    assert "hunter2" not in ended.out + ended.err
    assert "Traceback" not in ended.err


@pytest.mark.e2e
def test_a_proxy_that_saw_nothing(tmp_path: Path) -> None:
    port, page = support.free_port(), support.free_port()
    proxy = Proxy("--port", str(port), "--metrics-port", str(page), cwd=tmp_path)
    try:
        support.wait_for_port(page)
        support.wait_until(lambda: get(page, "/readyz") == 200, "the proxy to be ready")
    finally:
        ended = proxy.ended(signal.SIGINT)
    assert ended.code == 0
    assert ended.out == ""
    assert "as a forward proxy" in ended.err
    assert "for this machine alone; --forward-host opens it to others" in ended.err
    assert ended.err.endswith("\nno exchange was seen: send requests to wirelint's address, not to the service's\n")


@pytest.mark.e2e
def test_ports_that_are_taken(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = str(taken.getsockname()[1])
        for words in (["--metrics-port", port], ["--port", port, "--metrics-port", "0"]):
            ended = Proxy(f"http://{HOST}:1", *words, cwd=tmp_path).ended()
            assert (ended.code, ended.out) == (2, "")
            text = f"wirelint proxy: cannot listen on {HOST}:{port}: address already in use: choose another port with "
            assert ended.err.lower().startswith(f"{text}{words[0]}")
            assert ended.err.count("\n") == 1


@pytest.mark.e2e
def test_an_address_of_another_machine(tmp_path: Path) -> None:
    ended = Proxy(f"http://{HOST}:1", "--host", "192.0.2.1", "--port", "1", "--metrics-port", "0", cwd=tmp_path).ended()
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "wirelint proxy: cannot listen on 192.0.2.1:1: this machine has no such address:"
        " give an address of this machine with --host\n"
    )


@pytest.mark.e2e
@pytest.mark.parametrize("url", ["http://", "http://a/path", "http://user:hunter2@a", "http://a:99999"])
def test_bad_urls(tmp_path: Path, url: str) -> None:
    ended = Proxy(url, "--metrics-port", "0", cwd=tmp_path).ended()
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("wirelint proxy: ")
    assert ended.err.count("\n") == 1
    assert "hunter2" not in ended.err


def test_services_as_they_are_named() -> None:
    assert _wanted("http://a") == Wanted("", "http://a", None)
    assert _wanted("shop=https://a:3000@9000") == Wanted("shop", "https://a:3000", 9000)
    assert _wanted("http://a?x=http://b") == Wanted("", "http://a?x=http://b", None)
    assert _wanted("http://[::1]:3000@9000") == Wanted("", "http://[::1]:3000", 9000)
    assert _wanted("http://u:p@a") == Wanted("", "http://u:p@a", None)


def test_ports_are_given_out_around_those_that_are_taken() -> None:
    wanted = [Wanted("", "http://a", port) for port in (None, None, 8083, None, None)]
    assert list(_ports(wanted, 8080, {8081, None})) == [8080, 8082, 8083, 8084, 8085]
    assert list(_ports(wanted, 0, set())) == [0, 0, 8083, 0, 0]


@pytest.mark.parametrize(("words", "host"), [([], HOST), (["--forward-host", "0.0.0.0"], "0.0.0.0")])
def test_a_forward_proxy_is_for_this_machine_unless_it_is_opened(
    wirelint: Shell, monkeypatch: pytest.MonkeyPatch, words: list[str], host: str
) -> None:
    served: list[ProxySettings] = []
    monkeypatch.setattr("wirelint.cli.proxy.serve", lambda settings, *_, **__: served.append(settings))
    assert wirelint("proxy", "http://a", "--host", "0.0.0.0", "--forward", "9", *words).code == 0
    (settings,) = served
    assert (settings.forward_host, settings.services[0].listen_host) == (host, "0.0.0.0")


def test_probing_wants_named_services(wirelint: Shell) -> None:
    run = wirelint("proxy", "--probe-auth", "http://127.0.0.1:9")
    assert run.code == 2
    assert "NAME=URL" in run.err


@pytest.mark.parametrize("words", [["--ui", "web"], ["--ui", "console"], ["--transparent", "15001"]])
def test_what_several_workers_cannot_do(wirelint: Shell, words: list[str]) -> None:
    run = wirelint("proxy", "http://127.0.0.1:9", "--workers", "2", *words)
    assert run.code == 2
    assert "--workers works neither with --ui nor with --transparent" in run.err


def test_how_many_workers(wirelint: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr("wirelint.cli.proxy.serve", lambda *_, **named: asked.append(named["workers"]))
    wirelint.write("wirelint.toml", "[proxy]\nworkers = 3\n")
    for words in ([], ["--workers", "64"], ["--workers", "1"]):
        assert wirelint("proxy", "http://a", *words).code == 0
    wirelint.env(WIRELINT_WORKERS="4")
    assert wirelint("proxy", "http://a").code == 0
    assert asked == [3, 64, 1, 4]
    for wrong in ("0", "65", "many"):
        assert wirelint("proxy", "http://a", "--workers", wrong).code == 2


def test_several_workers_where_the_system_spreads_no_connections(
    wirelint: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wirelint.sources.mitm.workers.supervisor.SUPPORTED", False)
    run = wirelint("proxy", "http://127.0.0.1:9", "--workers", "2")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("wirelint proxy: several workers need Linux")
    assert run.err.count("\n") == 1
