"""What passes through ``wirelint proxy``, every rule on, is what would have passed without it."""

from __future__ import annotations

import gzip
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import websockets.sync.client
import websockets.sync.server
from mitmproxy import certs

from lab.mitm import HOST, Peer, Service, connect, get, read_all, read_until, talk
from lab.proxy import Audited
from support import Process, free_port, wait_until
from tools import require_tool

MIB = 1024 * 1024
GIB = 1024 * MIB
EVENTS = 21
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def answer(status: str, *fields: str, content: bytes = b"") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *fields, "", ""]).encode("latin-1") + content


JSON = "Content-Type: application/json"
PACKED = gzip.compress(json.dumps({"error": {"code": 500, "message": "database is down"}}).encode(), mtime=0)
TRAILED = b'17\r\n{"error": "not found"  \r\n1\r\n}\r\n0\r\nGrpc-Trailer-X: 5\r\nX-Sum: \xe9\r\n\r\n'

# Answers that give rules a reason to speak, or that a careless proxy would change.
AWKWARD = {
    "/failed": answer(
        "200 Fine  really",
        "content-TYPE: application/json",
        "X-A: 1",
        "x-a: caf\xe9",
        "Content-Length: 32",
        content=b'{"success": false,"error" : "no"}'[:32],
    ),
    "/packed": answer("200 OK", JSON, "Content-Encoding: gzip", f"Content-Length: {len(PACKED)}", content=PACKED),
    "/trailers": answer("404 Not Found", JSON, "Transfer-Encoding: chunked", content=TRAILED),
    "/early": answer("103 Early Hints", "Link: </a.css>; rel=preload") + OK,
    "/challenge": answer("401 Unauthorized", "Content-Length: 0"),
    "/unchanged": answer("304 Not Modified", 'ETag: "x"'),
    "/none": answer("204 No Content"),
    "/odd": answer("799 ", "Content-Length: 0"),
    "/broken-json": answer("200 OK", JSON, "Content-Length: 9", content=b'{"error":'),
    "/charset": answer(
        "200 OK", "Content-Type: text/html; charset=klingon", "Content-Length: 4", content=b"\xff\xfe\x00<"
    ),
    "/old": b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    raw = Service()
    yield raw
    raw.close()


@pytest.fixture(scope="module")
def proxy(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    services = {"orders": f"http://{HOST}:{service.port}"}
    with Audited(services, tmp_path_factory.mktemp("transparency")) as running:
        yield running


@pytest.mark.parametrize("path", AWKWARD)
def test_octets(proxy: Audited, service: Service, path: str) -> None:
    def speak(peer: Peer) -> None:
        peer.send(AWKWARD[path])
        peer.sock.shutdown(socket.SHUT_WR)

    service.on(path, speak)
    request = get(path, "TE: trailers", "x-oDD: 1", "X-odd: 2", "Accept-Encoding: gzip")
    direct = talk(service.port, request)
    head = service.heads[path]
    assert direct == AWKWARD[path]
    before = proxy.exchanges
    assert talk(proxy.ports["orders"], request) == direct
    assert service.heads[path] == head
    proxy.settle(before + 1)


def test_head(proxy: Audited, service: Service) -> None:
    head = answer("200 OK", JSON, "Content-Length: 1234")
    service.on("/head", head)
    with connect(proxy.ports["orders"]) as client:
        for _ in range(2):
            client.sendall(b"HEAD /head HTTP/1.1\r\nHost: a\r\n\r\n")
            assert read_until(client, b"\r\n\r\n") == head


def test_expect_continue(proxy: Audited, service: Service) -> None:
    def take(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        service.notes["expected"] = peer.read_body(13)
        peer.send(OK)

    service.on("/expect", take)
    with connect(proxy.ports["orders"]) as client:
        client.sendall(b"PUT /expect HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\nExpect: 100-continue\r\n\r\n")
        assert read_until(client, b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        client.sendall(b'{"a": "b"   }')
        assert read_until(client, b"hi") == OK
    assert service.notes["expected"] == b'{"a": "b"   }'


def test_websocket(tmp_path: Path) -> None:
    def echo(socket: websockets.sync.server.ServerConnection) -> None:
        for message in socket:
            socket.send(message)

    with websockets.sync.server.serve(echo, HOST, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        with (
            Audited({"chat": f"http://{HOST}:{port}"}, tmp_path) as proxy,
            websockets.sync.client.connect(f"ws://{HOST}:{proxy.ports['chat']}/room", proxy=None) as client,
        ):
            for message in ("one", b"\x00\xff", "x" * 100_000, ""):
                client.send(message)
                assert client.recv(timeout=10) == message
        server.shutdown()


def test_http2(tmp_path: Path) -> None:
    nginx = require_tool("nginx")
    port = free_port()
    certs.CertStore.from_store(tmp_path, "test", 2048)
    config = tmp_path / "nginx.conf"
    config.write_text(HTTP2.format(folder=tmp_path, host=HOST, port=port, user="user root;" * (os.geteuid() == 0)))
    command = [str(nginx), "-p", str(tmp_path), "-c", str(config), "-e", str(tmp_path / "error.log")]
    with (
        Process(command, log=tmp_path / "nginx.log", port=port),
        Audited({"new": f"https://{HOST}:{port}"}, tmp_path / "wirelint", "--ssl-insecure") as proxy,
    ):
        for path in ("/fine", "/failed", "/missing"):
            direct = curled(port, path)
            assert direct.startswith("HTTP/2 ")
            assert curled(proxy.ports["new"], path) == direct
        proxy.settle(3)
        assert {each["rule"] for each in proxy.findings()} == {"ok-with-error-body"}


def curled(port: int, path: str) -> str:
    """Head and content as curl shows them, less the time of day."""
    command = [str(require_tool("curl")), "--http2", "-ski", "-m", "10", f"https://{HOST}:{port}{path}"]
    shown = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return "".join(line for line in shown.splitlines(keepends=True) if not line.startswith("date:"))


HTTP2 = """
daemon off; {user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen {host}:{port} ssl http2;
    ssl_certificate {folder}/test-ca.pem;
    ssl_certificate_key {folder}/test-ca.pem;
    default_type application/json;
    location = /fine {{ return 200 '{{"id": 7}}'; }}
    location = /failed {{ return 200 '{{"success": false, "error": {{"message": "order 7 does not exist"}}}}'; }}
    location = /missing {{ return 404 '{{"message": "order 8 does not exist"}}'; }}
  }}
}}
"""


def test_events_arrive_when_sent(proxy: Audited, service: Service) -> None:
    sent: list[float] = []
    turn = threading.Semaphore(1)

    def stream(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(EVENTS):
            turn.acquire(timeout=10)  # the next one is sent only when this one was seen: none can be held back
            event = f'data: {{"error": "{number:03}"}}\n\n'.encode()
            sent.append(time.monotonic())
            peer.send(b"%x\r\n%s\r\n" % (len(event), event))
        peer.send(b"0\r\n\r\n")

    service.on("/events", stream)
    late = []
    with connect(proxy.ports["orders"]) as client:
        client.sendall(get("/events", "Accept: text/event-stream"))
        for number in range(EVENTS):
            assert f'"{number:03}"'.encode() in read_until(client, f'"{number:03}"}}\n\n\r\n'.encode())
            late.append(time.monotonic() - sent[number])
            turn.release()
        read_all(client)
    assert statistics.median(late) < 0.05


def peak(pid: int) -> int:
    """Most memory that was ever resident, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_gibibyte_each_way_takes_no_memory(proxy: Audited, service: Service) -> None:
    piece = bytes(MIB)

    def long(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % GIB)
        for _ in range(GIB // MIB):
            peer.send(piece)

    def swallow(peer: Peer) -> None:
        left = GIB - len(peer.rest)
        peer.rest = b""
        while left:
            left -= len(peer.sock.recv(MIB))
        peer.send(OK)

    service.on("/download", long)
    service.on("/upload", swallow)
    service.on("/first", OK)
    talk(proxy.ports["orders"], get("/first"))
    before = peak(proxy.pid)
    room = memoryview(bytearray(MIB))
    with connect(proxy.ports["orders"], 60) as client:
        client.sendall(get("/download"))
        total = 0
        while count := client.recv_into(room):
            total += count
    assert total > GIB
    with connect(proxy.ports["orders"], 60) as client:
        client.sendall(b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n")
        client.sendall(b"Content-Length: %d\r\n\r\n" % GIB)
        for _ in range(GIB // MIB):
            client.sendall(piece)
        assert read_until(client, b"hi") == OK
    assert peak(proxy.pid) - before < 16 * MIB


def test_a_service_that_goes_away_takes_nothing_with_it(proxy: Audited, service: Service) -> None:
    service.on("/reset", lambda peer: peer.reset())
    service.on("/after", OK)
    before = sum(proxy.samples("wirelint_upstream_failures_total").values())
    talk(proxy.ports["orders"], get("/reset"))
    assert talk(proxy.ports["orders"], get("/after")) == OK
    wait_until(lambda: sum(proxy.samples("wirelint_upstream_failures_total").values()) > before, "the failure")


def test_no_faults_of_ours(proxy: Audited) -> None:
    assert not any(proxy.samples("wirelint_rule_errors_total").values())
    assert not any(proxy.samples("wirelint_dropped_total").values())
    assert "Traceback" not in proxy.output()
    assert proxy.findings()
