"""Starting, stopping, and saying why not."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

import support
from lab.mitm import HOST, Peer, Proxy, Service, connect, finding, get, read_all, read_until, talk
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding, Severity
from wirelint.sources.mitm.master import run
from wirelint.sources.mitm.settings import ProxySettings, ServiceSpec, StartError, host_field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def start(*services: ServiceSpec, **settings: object) -> None:
    run(ProxySettings(services=services, **settings), lambda _: (), on_ready=lambda _: pytest.fail("must not start"))  # type: ignore[arg-type]


def test_port_in_use(confdir: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=r"(?i)address already in use") as caught:
            start(ServiceSpec(url="http://127.0.0.1:1", listen_port=port), options={"confdir": str(confdir)})
    assert str(port) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://a", "http://"),
        ("a.test:80", "http://"),
        ("http://", "name a host"),
        ("http://a/path", "end with its host and port"),
        ("http://user:hunter2@a", "credentials"),
        ("http://a:99999", "not a URL"),
    ],
)
def test_urls(url: str, why: str) -> None:
    with pytest.raises(StartError, match=why) as caught:
        start(ServiceSpec(url=url))
    assert "hunter2" not in str(caught.value)


def test_settings_that_make_no_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    with pytest.raises(StartError, match="nothing to listen for"):
        start()
    with pytest.raises(StartError, match="same address"):
        start(ServiceSpec(url="http://a", listen_port=8099), ServiceSpec(url="http://b", listen_port=8099))
    with pytest.raises(StartError, match="are the same"):
        start(ServiceSpec(url="http://a", listen_port=8099), ServiceSpec(url="http://a", listen_port=8099))
    with pytest.raises(StartError, match="no_such_option"):
        start(ServiceSpec(url="http://a", listen_port=0), options={"no_such_option": 1})
    with pytest.raises(StartError, match="needs a terminal"):
        start(ServiceSpec(url="http://a", listen_port=0), ui="console")
    with pytest.raises(StartError, match="positive"):
        start(ServiceSpec(url="http://a", listen_port=0), queue_limit=0)


def test_a_failure_when_ready_ends_it() -> None:
    def fail(_running: object) -> None:
        raise ValueError("page port\nis in use")

    with pytest.raises(StartError, match="page port is in use"):
        run(
            ProxySettings(services=[ServiceSpec(url="http://127.0.0.1:1", listen_port=0)]),
            lambda _: (),
            on_ready=fail,
        )


def test_listeners_say_who_they_are_for(proxy: Proxy) -> None:
    assert proxy.running is not None
    assert [each.name for each in proxy.running.listeners] == ["orders", "forward"]
    assert {each.host for each in proxy.running.listeners} == {HOST}


def test_stop_waits_for_what_is_in_flight(service: Service, confdir: Path) -> None:
    gate = threading.Event()

    def slow(peer: Peer) -> None:
        gate.wait(5)
        peer.send(OK)

    service.on("/slow", slow)
    spec = ServiceSpec(url=f"http://{HOST}:{service.port}", name="orders", listen_port=0)
    proxy = Proxy(spec, confdir=confdir, grace=10.0)
    port = proxy.port()
    with connect(port) as client:
        client.sendall(get("/slow"))
        support.wait_until(lambda: "/slow" in service.heads, "the request")
        assert proxy.running is not None
        proxy.running.stop()
        support.wait_until(lambda: not support.listening(port), "the listener to close")
        assert not proxy.stopped.is_set()
        gate.set()
        assert read_all(client) == OK
    proxy.stop()
    assert proxy.stopped.is_set()
    assert [each.request.path for each in proxy.exchanges] == ["/slow"]


def test_stop_does_not_wait_for_ever(service: Service, confdir: Path) -> None:
    service.on("/stuck", Peer.wait)
    proxy = Proxy(ServiceSpec(url=f"http://{HOST}:{service.port}", listen_port=0), confdir=confdir, grace=0.1)
    with connect(proxy.port()) as client:
        client.sendall(get("/stuck"))
        support.wait_until(lambda: "/stuck" in service.heads, "the request")
        begun = time.monotonic()
        proxy.stop()
        assert time.monotonic() - begun < 5
    assert proxy.stats.dropped["stopped"] == 1
    assert not proxy.exchanges


def test_queue_is_emptied_at_the_end(service: Service, confdir: Path) -> None:
    def slow(_exchange: Exchange) -> list[Finding]:
        time.sleep(0.01)
        return []

    service.on("/last", OK)
    spec = ServiceSpec(url=f"http://{HOST}:{service.port}", listen_port=0)
    proxy = Proxy(spec, confdir=confdir, consume=slow)
    with connect(proxy.port()) as client:
        for _ in range(20):
            client.sendall(b"GET /last HTTP/1.1\r\nHost: a\r\n\r\n")
            read_until(client, b"hi")
    proxy.stop()
    assert len(proxy.exchanges) == 20


@pytest.mark.parametrize(
    ("url", "keep", "host"),
    [
        ("http://localhost:{port}", None, "client.test"),
        ("http://localhost:{port}", False, "localhost:{port}"),
        ("http://localhost:{port}", True, "client.test"),
    ],
)
def testhost_field(service: Service, confdir: Path, url: str, keep: bool | None, host: str) -> None:
    service.on("/host", OK)
    spec = ServiceSpec(url=url.format(port=service.port), listen_port=0, keep_host=keep)
    proxy = Proxy(spec, confdir=confdir)
    talk(proxy.port(), b"GET /host HTTP/1.1\r\nHost: client.test\r\nConnection: close\r\n\r\n")
    assert f"Host: {host.format(port=service.port)}\r\n".encode() in service.heads["/host"]
    assert proxy.exchange("/host").request.authority == "client.test"
    proxy.stop()


def test_public_names_get_their_own_host() -> None:
    def host(url: str) -> str | None:
        return host_field(ServiceSpec(url=url))

    assert host("https://api.example.com") == "api.example.com"
    assert host("http://example.com:8080") == "example.com:8080"
    for private in ("http://orders:80", "http://10.0.0.1", "http://[::1]:80", "http://a.default.svc.cluster.local"):
        assert host(private) is None


SCRIPT = """
import sys
from wirelint.sources.mitm.master import run
from wirelint.sources.mitm.settings import ProxySettings, ServiceSpec
settings = ProxySettings(services=[ServiceSpec(url=sys.argv[1], listen_port=0)], grace=1)
run(
    settings,
    lambda exchange: print("audited", exchange.request.target, flush=True) or (),
    on_ready=lambda running: print("port", running.listeners[0].port, flush=True),
    on_stop=lambda: print("flushed", flush=True),
)
"""


@pytest.mark.e2e
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals(service: Service, background: support.Background, number: signal.Signals, tmp_path: Path) -> None:
    service.on("/signal", OK)
    addons = Path(__file__).parents[3] / "addons"
    process = background(
        [sys.executable, "-c", SCRIPT, f"http://{HOST}:{service.port}"],
        env={"PYTHONPATH": str(addons), "HOME": str(tmp_path)},
    )
    process.wait_for_output("port ")
    port = int(process.output().split("port ")[1].split()[0])
    assert talk(port, get("/signal")) == OK
    process.wait_for_output("audited /signal")
    os.kill(process.pid, number)
    assert process.wait() == 0
    assert process.output().endswith("flushed\n")


@pytest.mark.e2e
def test_marks_on_the_web_screen(service: Service, confdir: Path) -> None:
    service.on("/marked", OK)
    service.on("/small", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
    proxy = Proxy(
        ServiceSpec(url=f"http://{HOST}:{service.port}", name="orders", listen_port=0),
        confdir=confdir,
        ui="web",
        options={"web_port": support.free_port()},
        consume=lambda exchange: [finding(exchange, Severity.HIGH)] if exchange.request.target == "/marked" else [],
    )
    try:
        assert talk(proxy.port(), get("/marked")) == OK
        talk(proxy.port(), get("/small"))
        proxy.exchange("/small")
        assert proxy.running is not None
        assert proxy.running.web_url is not None
        url = urllib.parse.urlsplit(proxy.running.web_url)
        with urllib.request.urlopen(f"http://{url.netloc}/flows?{url.query}", timeout=10) as answer:
            flows = {each["request"]["path"]: each for each in json.load(answer)}
    finally:
        proxy.stop()
    assert flows["/marked"]["marked"] == "\N{LARGE RED CIRCLE}"
    assert flows["/marked"]["comment"] == "wirelint: 200 → 500 some-pattern: it is not fine"
    assert flows["/small"]["marked"] == ""
    assert flows["/small"]["response"]["contentLength"] == 2
