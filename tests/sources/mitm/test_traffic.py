"""What passes through the proxy passes as it came, and is noted as it was."""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import threading
import time

import pytest

from lab.mitm import Peer, Proxy, Service, connect, get, read_all, read_until, resident, talk
from wirelint.core.exchange import Direction
from wirelint.core.headers import Headers

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
MIB = 1024 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def test_head_passes_as_it_came(proxy: Proxy, service: Service) -> None:
    answer = (
        b"HTTP/1.1 299 Made  up phrase\r\nX-Dup: 1\r\nx-dUP: 2\r\nLatin: caf\xe9\r\nSet-Cookie: a=1\r\n"
        b"Set-Cookie: b=2\r\ncontent-LENGTH: 2\r\n\r\nhi"
    )
    service.on("/head", answer)
    assert talk(proxy.port("orders"), get("/head?q=%41", "X-Case: One", "x-cASE: Two")) == answer

    assert b"\r\nHost: example.test\r\n" in service.heads["/head?q=%41"] + b"\r\n"
    assert b"X-Case: One\r\nx-cASE: Two" in service.heads["/head?q=%41"]
    exchange = proxy.exchange("/head?q=%41")
    assert exchange.request.headers.get_all("x-case") == ["One", "Two"]
    assert exchange.request.authority == "example.test"
    assert (exchange.request.path, exchange.request.query) == ("/head", "q=%41")
    assert exchange.request.scheme == "http"
    assert exchange.service == "orders"
    assert exchange.direction is Direction.INBOUND
    assert exchange.client == "127.0.0.1"
    response = exchange.response
    assert response is not None
    assert (response.status, response.reason, response.http_version) == (299, "Made  up phrase", "HTTP/1.1")
    assert response.headers.fields[:3] == ((b"X-Dup", b"1"), (b"x-dUP", b"2"), (b"Latin", b"caf\xe9"))
    assert response.body.raw == b"hi"
    assert response.body.complete
    assert response.trailers == Headers()


def test_times_are_in_order(proxy: Proxy, service: Service) -> None:
    service.on("/times", OK)
    before = time.time()
    talk(proxy.port("orders"), get("/times"))
    exchange = proxy.exchange("/times")
    assert exchange.first_byte is not None
    assert exchange.ended is not None
    assert before <= exchange.started <= exchange.first_byte <= exchange.ended <= time.time()
    assert exchange.timestamp == exchange.started


@pytest.mark.parametrize(
    ("name", "method", "answer"),
    [
        ("head", b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"),
        ("304", b"GET", b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'),
        ("204", b"DELETE", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("empty", b"GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ],
)
def test_responses_without_content(proxy: Proxy, service: Service, name: str, method: bytes, answer: bytes) -> None:
    service.on(f"/bare-{name}", answer)
    with connect(proxy.port("orders")) as client:
        # The same connection goes on: what has no content is not waited for.
        for _ in range(2):
            client.sendall(method + f" /bare-{name} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            assert read_until(client, b"\r\n\r\n") == answer
    exchange = proxy.exchange(f"/bare-{name}")
    assert exchange.response is not None
    assert exchange.response.body.empty
    assert exchange.request.body.empty


def test_chunks_stay_chunks_with_trailers(proxy: Proxy, service: Service) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = head + b"3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\nx-more: \xe9\r\n\r\n"
    service.on("/trailers", answer)
    assert talk(proxy.port("orders"), get("/trailers", "TE: trailers")) == answer
    response = proxy.exchange("/trailers").response
    assert response is not None
    assert response.body.raw == b"abcde"
    assert response.trailers == Headers(((b"X-Sum", b"1"), (b"x-more", b"\xe9")))


def test_request_trailers(proxy: Proxy, service: Service) -> None:
    def take(peer: Peer) -> None:
        service.notes["upload"] = peer.read_until(b"\r\n\r\n")
        peer.send(OK)

    service.on("/upload", take)
    body = b"3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"
    head = b"POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert talk(proxy.port("orders"), head + body) == OK
    assert service.notes["upload"] == body
    assert proxy.exchange("/upload").request.body.raw == b"abc"


@pytest.mark.parametrize(
    ("name", "interim"),
    [
        ("103", b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"),
        ("100", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ("many", b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\n"),
    ],
)
def test_interim_responses_pass(proxy: Proxy, service: Service, name: str, interim: bytes) -> None:
    service.on(f"/interim-{name}", interim + OK)
    assert talk(proxy.port("orders"), get(f"/interim-{name}")) == interim + OK
    response = proxy.exchange(f"/interim-{name}").response
    assert response is not None
    assert response.status == 200


def test_interim_response_in_pieces(proxy: Proxy, service: Service) -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"

    def dribble(peer: Peer) -> None:
        for octet in interim + OK:
            peer.send(bytes([octet]))

    service.on("/dribble", dribble)
    assert talk(proxy.port("orders"), get("/dribble")) == interim + OK


def test_expect_continue(proxy: Proxy, service: Service) -> None:
    def take(peer: Peer) -> None:
        peer.send(CONTINUE)
        service.notes["expected"] = peer.read_body(5)
        peer.send(OK)

    service.on("/expect", take)
    with connect(proxy.port("orders")) as client:
        client.sendall(b"PUT /expect HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        assert read_until(client, b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        client.sendall(b"hello")
        assert read_until(client, b"hi") == OK
    assert service.notes["expected"] == b"hello"
    exchange = proxy.exchange("/expect")
    assert exchange.request.headers.get("expect") == "100-continue"
    assert exchange.request.body.raw == b"hello"
    assert b"Expect: 100-continue" in service.heads["/expect"]


@pytest.mark.parametrize("status", [b"417 Expectation Failed", b"413 Content Too Large"])
@pytest.mark.parametrize("ends", [b"", b"Connection: close\r\n"])
def test_a_service_refuses_what_a_client_announces(proxy: Proxy, service: Service, status: bytes, ends: bytes) -> None:
    path = f"/refuse/{status[:3].decode()}/{len(ends)}"
    answer = b"HTTP/1.1 %s\r\nContent-Length: 2\r\n%s\r\nno" % (status, ends)

    def refuse(peer: Peer) -> None:
        peer.send(answer)
        if ends:
            peer.sock.close()

    service.on(path, refuse)
    with connect(proxy.port("orders")) as client:
        client.sendall(
            b"PUT %s HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n" % path.encode()
        )
        assert read_until(client, b"no") == answer
    response = proxy.exchange(path).response
    assert response is not None
    assert response.status == int(status[:3])


def test_codings_are_left_alone(proxy: Proxy, service: Service) -> None:
    packed = gzip.compress(b'{"error": "no"}', mtime=0)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    answer = head % len(packed) + packed
    service.on("/gzip", answer)
    assert talk(proxy.port("orders"), get("/gzip")) == answer
    response = proxy.exchange("/gzip").response
    assert response is not None
    assert response.body.raw == packed
    assert response.body.json == {"error": "no"}


def test_until_the_connection_closes(proxy: Proxy, service: Service) -> None:
    def speak(peer: Peer) -> None:
        peer.send(b"HTTP/1.0 200 OK\r\n\r\nall of it")
        peer.sock.close()

    service.on("/old", speak)
    assert talk(proxy.port("orders"), get("/old")) == b"HTTP/1.0 200 OK\r\n\r\nall of it"
    response = proxy.exchange("/old").response
    assert response is not None
    assert (response.http_version, response.body.raw, response.body.complete) == ("HTTP/1.0", b"all of it", True)


def test_long_bodies_are_kept_in_part(proxy: Proxy, service: Service) -> None:
    content = os.urandom(300_000)
    service.on("/long", b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + content)
    assert talk(proxy.port("orders"), get("/long")).endswith(content)
    response = proxy.exchange("/long").response
    assert response is not None
    assert response.body.raw == content[: 64 * 1024]
    assert not response.body.complete
    assert response.body.size == 300_000


def test_events_are_passed_on_at_once(proxy: Proxy, service: Service) -> None:
    def stream(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(3):
            service.notes["sent"] = time.monotonic()
            peer.send(b"9\r\ndata: %d\n\n\r\n" % number)
            # Goes on only when told: were events held back, the client would never see the first.
            service.notes[f"gate-{number}"].wait(5)
        peer.send(b"0\r\n\r\n")

    gates = [threading.Event() for _ in range(3)]
    service.notes |= {f"gate-{number}": gate for number, gate in enumerate(gates)}
    service.on("/events", stream)
    late = []
    with connect(proxy.port("orders")) as client:
        client.sendall(get("/events"))
        read_until(client, b"data: 0")
        late.append(time.monotonic() - service.notes["sent"])
        for number in (1, 2):
            gates[number - 1].set()
            read_until(client, f"data: {number}".encode())
            late.append(time.monotonic() - service.notes["sent"])
        gates[2].set()
        read_all(client)
    assert min(late) < 0.05
    response = proxy.exchange("/events").response
    assert response is not None
    assert response.body.raw == b"data: 0\n\ndata: 1\n\ndata: 2\n\n"


def test_websocket(proxy: Proxy, service: Service) -> None:
    key = base64.b64encode(os.urandom(16))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "

    def echo(peer: Peer) -> None:
        peer.send(head + accept + b"\r\n\r\n")
        while True:
            frame = peer.read_body(6)
            size = frame[1] & 0x7F
            masked = peer.read_body(size)
            text = bytes(octet ^ frame[2 + at % 4] for at, octet in enumerate(masked))
            peer.send(bytes([frame[0], size]) + text)

    service.on("/ws", echo)
    fields = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    with connect(proxy.port("orders")) as client:
        lines = ["GET /ws HTTP/1.1", "Host: a", *fields, f"Sec-WebSocket-Key: {key.decode()}", "", ""]
        client.sendall("\r\n".join(lines).encode())
        assert read_until(client, b"\r\n\r\n") == head + accept + b"\r\n\r\n"
        for text in (b"one", b"two"):
            client.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)
            assert read_until(client, text) == bytes([0x81, len(text)]) + text
    response = proxy.exchange("/ws").response
    assert response is not None
    assert response.status == 101


def test_forward_proxy(proxy: Proxy, service: Service) -> None:
    service.on("/forward", OK)
    target = f"127.0.0.1:{service.port}"
    request = f"GET http://{target}/forward HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n"
    assert talk(proxy.port("forward"), request.encode()) == OK
    exchange = proxy.exchange("/forward")
    assert (exchange.service, exchange.direction) == (target, Direction.OUTBOUND)
    assert exchange.request.authority == target


@pytest.mark.parametrize("size", [256, pytest.param(1024, marks=pytest.mark.e2e)])
def test_memory_is_flat_over_long_bodies(proxy: Proxy, service: Service, size: int) -> None:
    """``size`` MiB down and up; the service, client and proxy share this process, and read as they go."""
    piece = bytes(MIB)

    def long(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (size * MIB))
        for _ in range(size):
            peer.send(piece)

    def swallow(peer: Peer) -> None:
        left = size * MIB - len(peer.rest)
        peer.rest = b""
        while left:
            left -= len(peer.sock.recv(65536))
        peer.send(OK)

    service.on("/download", long)
    service.on("/swallow", swallow)
    service.on("/head", OK)
    talk(proxy.port("orders"), get("/head"))
    before = resident()
    highest = 0
    with connect(proxy.port("orders"), 60) as client:
        client.sendall(get(f"/download?{size}"))
        total = 0
        while data := client.recv(65536):
            total += len(data)
            if total % (16 * MIB) < 65536:
                highest = max(highest, resident())
    assert total > size * MIB
    with connect(proxy.port("orders"), 60) as client:
        client.sendall(b"POST /swallow?%d HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (size, size * MIB))
        for number in range(size):
            client.sendall(piece)
            if number % 16 == 0:
                highest = max(highest, resident())
        assert read_until(client, b"hi") == OK
    assert highest - before < 16 * MIB
    assert proxy.exchange(f"/download?{size}", 30).response is not None
    assert proxy.exchange(f"/swallow?{size}", 30).request.body.size == size * MIB
