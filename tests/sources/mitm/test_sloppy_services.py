"""Faulty messages that mean one thing pass as direct clients get them; those with two meanings are refused."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

import support
from lab.mitm import Peer, Proxy, Service, connect, get, read_all, read_until, resident, talk
from wirelint.sources.mitm.patches import http1_half_close

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
CHUNKED = b"2\r\nhi\r\n0\r\n\r\n"
MIB = 1024 * 1024


def answer(*lines: str, content: bytes = b"hi") -> bytes:
    return "\r\n".join([*lines, "", ""]).encode() + content


PASS = {
    "equal-lengths": (
        answer("HTTP/1.1 200 OK", "Content-Length: 2", "X-A: 1", "content-length: 2"),
        answer("HTTP/1.1 200 OK", "Content-Length: 2", "X-A: 1"),
    ),
    "equal-lengths-in-a-line": (
        answer("HTTP/1.1 200 OK", "Content-Length: 2, 2"),
        answer("HTTP/1.1 200 OK", "Content-Length: 2"),
    ),
    "length-beside-chunks": (
        answer("HTTP/1.1 200 OK", "Content-Length: 99", "Transfer-Encoding: chunked", content=CHUNKED),
        answer("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", content=CHUNKED),
    ),
    "length-beside-identity": (
        answer("HTTP/1.1 200 OK", "Transfer-Encoding: identity", "Content-Length: 2"),
        answer("HTTP/1.1 200 OK", "Content-Length: 2"),
    ),
    "chunks-behind-204": (
        answer("HTTP/1.1 204 No Content", "X-A: 1", "Transfer-Encoding: chunked", content=b"0\r\n\r\n"),
        answer("HTTP/1.1 204 No Content", "X-A: 1", content=b""),
    ),
    "coding-in-304": (
        answer("HTTP/1.1 304 Not Modified", 'ETag: "x"', "Transfer-Encoding: chunked", content=b""),
        answer("HTTP/1.1 304 Not Modified", 'ETag: "x"', content=b""),
    ),
    "content-behind-204": (
        answer("HTTP/1.1 204 No Content", "Content-Length: 2"),
        answer("HTTP/1.1 204 No Content", "Content-Length: 2", content=b""),
    ),
    "odd-names": (answer("HTTP/1.1 200 OK", "X-A[0]: 1", "@id: 2", "Content-Length: 2"),) * 2,
    "space-behind-name": (
        answer("HTTP/1.1 200 OK", "X-A : 1", "Content-Length: 2"),
        answer("HTTP/1.1 200 OK", "X-A: 1", "Content-Length: 2"),
    ),
    "status-1000": (answer("HTTP/1.1 1000 Odd", "Content-Length: 2"),) * 2,
}
REFUSED = {
    "other-lengths": answer("HTTP/1.1 200 OK", "Content-Length: 2", "Content-Length: 5"),
    "other-lengths-in-a-line": answer("HTTP/1.1 200 OK", "Content-Length: 2, 5"),
    "unknown-coding": answer("HTTP/1.1 200 OK", "Transfer-Encoding: xchunked", content=CHUNKED),
    "two-codings": answer(
        "HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Transfer-Encoding: identity", content=CHUNKED
    ),
    "coding-in-http10": answer("HTTP/1.0 200 OK", "Transfer-Encoding: chunked", "Content-Length: 2", content=CHUNKED),
    "control-in-a-name": answer("HTTP/1.1 200 OK", "X\x01A: 1", "Content-Length: 2"),
    "latin-name": answer("HTTP/1.1 200 OK", "X-\u00e4: 1", "Content-Length: 2"),
}


@pytest.mark.parametrize("name", PASS)
def test_good_answers_pass(proxy: Proxy, service: Service, name: str) -> None:
    came, passed = PASS[name]
    service.on(f"/{name}", came)
    service.on("/next", OK)
    with connect(proxy.port("orders")) as client:
        client.sendall(b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n" % name.encode())
        assert read_until(client, passed[-5:]) == passed
        # Nothing of what came behind it is taken for the next response.
        client.sendall(get("/next"))
        assert read_all(client) == OK
    exchange = proxy.exchange(f"/{name}")
    assert exchange.failure is None
    assert exchange.response is not None
    head = came.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    fields = [b": ".join(each) for each in exchange.response.headers.fields]
    assert [each.replace(b" :", b":") for each in head] == [each.replace(b" :", b":") for each in fields]


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_two_meanings_is_refused(proxy: Proxy, service: Service, name: str) -> None:
    service.on(f"/{name}", REFUSED[name])
    assert talk(proxy.port("orders"), get(f"/{name}")).startswith(b"HTTP/1.1 502 ")
    failure = proxy.exchange(f"/{name}").failure
    assert failure is not None
    assert failure.kind == "protocol"


def test_length_beside_chunks_in_answers_to_head(proxy: Proxy, service: Service) -> None:
    service.on("/both", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n")
    shown = talk(proxy.port("orders"), b"HEAD /both HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert shown == b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_odd_requests_pass(proxy: Proxy, service: Service) -> None:
    service.on("", OK)
    assert talk(proxy.port("orders"), get("?x=1", "X-A[0]: 1")) == OK
    assert service.heads["?x=1"].startswith(b"GET ?x=1 HTTP/1.1\r\n")
    assert b"X-A[0]: 1" in service.heads["?x=1"]
    service.on("/lengths", lambda peer: peer.send(OK if peer.read_body(3) == b"abc" else b""))
    request = (
        b"POST /lengths HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n"
    )
    assert talk(proxy.port("orders"), request + b"abc") == OK
    assert service.heads["/lengths"].count(b"Content-Length") == 1


@pytest.mark.parametrize(
    "fields",
    [
        ("Content-Length: 3", "Transfer-Encoding: chunked"),
        ("Content-Length: 3", "Content-Length: 5"),
        ("Transfer-Encoding : chunked",),
        ("Transfer-Encoding: identity",),
    ],
)
def test_smuggling_is_refused(proxy: Proxy, service: Service, fields: tuple[str, ...]) -> None:
    before = proxy.stats.skipped["refused_request"]
    shown = talk(proxy.port("orders"), get("/smuggled", *fields) + b"3\r\nabc\r\n0\r\n\r\n")
    assert shown.startswith(b"HTTP/1.1 400 ")
    assert "/smuggled" not in service.heads
    assert proxy.stats.skipped["refused_request"] > before


def test_empty_lines_before_a_message(proxy: Proxy, service: Service) -> None:
    service.on("/lines", b"\r\n" + OK)
    with connect(proxy.port("orders")) as client:
        client.sendall(b"\r\n\r\nGET /lines HTTP/1.1\r\nHost: a\r\n\r\n")
        assert read_until(client, b"hi") == OK
        client.sendall(b"\r")
        client.sendall(b"\n" + get("/lines"))
        assert read_all(client) == OK


def test_a_client_that_half_closes_gets_its_answer(proxy: Proxy, service: Service) -> None:
    with connect(proxy.port("orders")) as client:

        def slow(peer: Peer) -> None:
            peer.send(OK[:-1])
            peer.send(OK[-1:])

        service.on("/half", slow)
        client.sendall(b"GET /half HTTP/1.1\r\nHost: a\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == OK
    assert proxy.exchange("/half").failure is None


def test_a_client_that_left_is_not_awaited(proxy: Proxy, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1_half_close, "PATIENCE", 0.01)
    service.on("/left", lambda peer: peer.wait())
    with connect(proxy.port("orders")) as client:
        client.sendall(b"GET /left HTTP/1.1\r\nHost: a\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""
    failure = proxy.exchange("/left").failure
    assert failure is not None
    assert failure.kind == "client_gone"


def test_a_client_that_closes_later_gave_up(proxy: Proxy, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1_half_close, "AT_ONCE", 0.0)
    monkeypatch.setattr(http1_half_close, "PATIENCE", 60.0)
    service.on("/late", lambda peer: peer.wait())
    with connect(proxy.port("orders")) as client:
        client.sendall(b"GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
        support.wait_until(lambda: "/late" in service.heads, "the request")
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""
    failure = proxy.exchange("/late").failure
    assert failure is not None
    assert (failure.kind, failure.message) == ("client_gone", "client left before a response")


def test_a_reset_is_no_end(proxy: Proxy, service: Service) -> None:
    half = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"a":'
    with connect(proxy.port("orders")) as client:

        def fail(peer: Peer) -> None:
            peer.send(half)
            service.notes["seen"].wait(10)
            peer.reset()

        service.notes["seen"] = threading.Event()
        service.on("/cut", fail)
        client.sendall(b"GET /cut HTTP/1.1\r\nHost: a\r\n\r\n")
        assert read_until(client, b'{"a":') == half
        service.notes["seen"].set()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    exchange = proxy.exchange("/cut")
    assert exchange.failure is not None
    assert exchange.failure.kind == "reset"
    assert exchange.response is not None
    assert not exchange.response.body.complete


@pytest.mark.parametrize(
    "begin", [b"GET /x HTTP/1.1\r\nX-A: ", b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;"]
)
def test_heads_and_lines_have_limits(proxy: Proxy, service: Service, begin: bytes) -> None:
    service.on("/x", lambda peer: peer.wait())
    before = resident()
    with connect(proxy.port("orders")) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(begin)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            client.sendall(b"a" * 64 * MIB)
    assert resident() - before < 24 * MIB


def test_a_head_of_a_response_has_a_limit(proxy: Proxy, service: Service) -> None:
    def flood(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nX-A: ")
        for _ in range(64):
            peer.send(b"a" * MIB)

    service.on("/flood", flood)
    assert talk(proxy.port("orders"), get("/flood")).startswith(b"HTTP/1.1 502 ")
    failure = proxy.exchange("/flood").failure
    assert failure is not None
    assert failure.kind == "protocol"
