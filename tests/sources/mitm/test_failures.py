"""Failures on the wire are distinguished, and the proxy's own text is never taken for the service's."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mitmproxy import certs

import support
from lab.mitm import HOST, Behaviour, Peer, Proxy, Service, connect, get, read_until, talk
from wirelint.core.exchange import FailureKind
from wirelint.sources.mitm.failure import Circumstances, classify, not_the_service
from wirelint.sources.mitm.settings import ServiceSpec

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


def server_context(folder: Path) -> ssl.SSLContext:
    """Return a server-side TLS context with an untrusted certificate."""
    certs.CertStore.from_store(folder, "test", 2048)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "test-ca.pem")
    return context


@pytest.fixture(scope="module")
def tls_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    raw = Service(server_context(tmp_path_factory.mktemp("authority")))
    yield raw
    raw.close()


@pytest.fixture(scope="module")
def failing(service: Service, tls_service: Service, confdir: Path) -> Iterator[Proxy]:
    closed = support.free_port()
    running = Proxy(
        ServiceSpec(url=f"http://{HOST}:{service.port}", name="orders", listen_port=0),
        ServiceSpec(url=f"http://{HOST}:{closed}", name="refusing", listen_port=0),
        ServiceSpec(url="http://no-such-name.invalid", name="nameless", listen_port=0),
        ServiceSpec(url=f"https://{HOST}:{tls_service.port}", name="untrusted", listen_port=0),
        confdir=confdir,
        patience=1,
        options={"tcp_timeout": 2},
    )
    yield running
    running.stop()


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("refusing", FailureKind.CONNECT, "connection refused"),
        ("nameless", FailureKind.CONNECT, "name not resolved"),
        ("untrusted", FailureKind.TLS, "certificate not accepted"),
    ],
)
def test_out_of_reach(failing: Proxy, name: str, kind: FailureKind, message: str) -> None:
    assert talk(failing.port(name), get(f"/{name}")).startswith(b"HTTP/1.1 502 ")
    exchange = failing.exchange(f"/{name}")
    assert exchange.service == name
    assert exchange.response is None
    assert exchange.failure is not None
    assert (exchange.failure.kind, exchange.failure.message) == (kind, message)
    assert exchange.ended is not None


def test_upload_to_a_service_out_of_reach(failing: Proxy) -> None:
    """The connection is tried before the request has ended, and the client is not to blame for what comes of it."""
    with connect(failing.port("refusing")) as client:
        client.sendall(b"POST /refused-upload HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" + bytes(1000))
        assert read_until(client, b"\r\n").startswith(b"HTTP/1.1 502 ")
    failure = failing.exchange("/refused-upload").failure
    assert failure is not None
    assert failure.kind is FailureKind.CONNECT


def swallow(peer: Peer) -> None:
    peer.read_body(1000)


def reset(peer: Peer) -> None:
    peer.reset()


def close(peer: Peer) -> None:
    peer.sock.close()


@pytest.mark.parametrize(
    ("name", "behaviour", "kind", "message"),
    [
        ("reset", reset, FailureKind.RESET, "connection closed before a response"),
        ("close", close, FailureKind.RESET, "connection closed before a response"),
        ("garbage", b"220 secret-token ready\r\n\r\n", FailureKind.PROTOCOL, "response head is not HTTP"),
        ("unfinished-garbage", b"SSH-2.0-secret-token\r\n", FailureKind.PROTOCOL, "response head is not HTTP"),
        ("no-status", b"HTTP/1.1 secret-token\r\n\r\n", FailureKind.PROTOCOL, "response head is not HTTP"),
    ],
)
def test_no_response(
    failing: Proxy, service: Service, name: str, behaviour: Behaviour | bytes, *, kind: FailureKind, message: str
) -> None:
    service.on(f"/{name}", behaviour)
    assert talk(failing.port("orders"), get(f"/{name}")).startswith(b"HTTP/1.1 502 ")
    exchange = failing.exchange(f"/{name}")
    assert exchange.response is None
    assert exchange.failure is not None
    assert (exchange.failure.kind, exchange.failure.message) == (kind, message)


def test_ambiguous_head(failing: Proxy, service: Service) -> None:
    head = b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    service.on("/ambiguous", head + b"2\r\nhi\r\n0\r\n\r\n")
    talk(failing.port("orders"), get("/ambiguous"))
    exchange = failing.exchange("/ambiguous")
    assert exchange.failure is not None
    assert exchange.failure.kind is FailureKind.PROTOCOL
    assert exchange.response is not None
    assert exchange.response.body.unavailable == "not_captured"


def test_cut_short(failing: Proxy, service: Service) -> None:
    def cut(peer: Peer) -> None:
        peer.send(HEAD + b"x" * 500)
        peer.sock.close()

    service.on("/cut", cut)
    # The client sees what it would have seen without us: the beginning, and the end of the connection.
    assert talk(failing.port("orders"), get("/cut")) == HEAD + b"x" * 500
    exchange = failing.exchange("/cut")
    assert exchange.failure is not None
    assert (exchange.failure.kind, exchange.failure.message) == (
        FailureKind.RESET,
        "response cut short after 500 of 1000 bytes",
    )
    assert exchange.response is not None
    assert exchange.response.body.raw == b"x" * 500
    assert not exchange.response.body.complete
    assert exchange.response.trailers is None


def test_cut_short_between_chunks(failing: Proxy, service: Service) -> None:
    def cut(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        peer.sock.close()

    service.on("/cut-chunks", cut)
    assert talk(failing.port("orders"), get("/cut-chunks")).endswith(b"3\r\nabc\r\n")
    exchange = failing.exchange("/cut-chunks")
    assert exchange.failure is not None
    assert exchange.failure.kind is FailureKind.RESET


def test_client_leaves_before_the_response(failing: Proxy, service: Service) -> None:
    service.on("/left", lambda _peer: time.sleep(1))
    with connect(failing.port("orders")) as client:
        client.sendall(get("/left"))
        support.wait_until(lambda: "/left" in service.heads, "the request")
    failure = failing.exchange("/left").failure
    assert failure is not None
    assert (failure.kind, failure.message) == (FailureKind.CLIENT_GONE, "client left before a response")


def test_client_leaves_during_the_response(failing: Proxy, service: Service) -> None:
    def slow(peer: Peer) -> None:
        peer.send(HEAD + b"x" * 10)
        time.sleep(1)

    service.on("/left-early", slow)
    with connect(failing.port("orders")) as client:
        client.sendall(get("/left-early"))
        read_until(client, b"x")
    exchange = failing.exchange("/left-early")
    assert exchange.failure is not None
    assert exchange.failure.kind is FailureKind.CLIENT_GONE
    assert exchange.response is not None
    assert exchange.response.status == 200


def test_client_leaves_while_sending(failing: Proxy, service: Service) -> None:
    service.on("/half", swallow)
    with connect(failing.port("orders")) as client:
        client.sendall(b"POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + b"y" * 10)
        support.wait_until(lambda: "/half" in service.heads, "the request")
    exchange = failing.exchange("/half")
    assert exchange.failure is not None
    assert (exchange.failure.kind, exchange.failure.message) == (FailureKind.CLIENT_GONE, "client left while sending")
    assert exchange.request.body.raw == b"y" * 10
    assert not exchange.request.body.complete


def test_no_answer_at_all(failing: Proxy, service: Service) -> None:
    service.on("/silent", lambda _peer: time.sleep(4))
    with connect(failing.port("orders")) as client:
        client.sendall(get("/silent"))
        support.wait_until(lambda: "orders" in failing.hung, "the exchange to count as hung")
        assert failing.stats.hung >= 1
        failure = failing.exchange("/silent").failure
    assert failure is not None
    assert (failure.kind, failure.message) == (FailureKind.TIMEOUT, "no response")


def test_early_answer_to_an_upload(failing: Proxy, service: Service) -> None:
    """The service refuses an upload that goes on: its answer is audited once, its request as unfinished."""
    service.on("/early", b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    with connect(failing.port("orders")) as client:
        client.sendall(b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + b"z" * 10)
        assert read_until(client, b"\r\n").startswith(b"HTTP/1.1 413 ")
    exchange = failing.exchange("/early")
    assert exchange.failure is None
    assert exchange.response is not None
    assert exchange.response.status == 413
    assert not exchange.request.body.complete


def test_malformed_requests_are_not_the_services_fault(failing: Proxy) -> None:
    before = failing.stats.skipped["refused_request"]
    request = b"POST /smuggle HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert talk(failing.port("orders"), request).startswith(b"HTTP/1.1 400 ")
    request = b"POST /lengths HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi"
    assert talk(failing.port("orders"), request).startswith(b"HTTP/1.1 400 ")
    support.wait_until(lambda: failing.stats.skipped["refused_request"] >= before + 2, "both to be skipped")
    assert not [e for e in failing.exchanges if e.request.path in ("/smuggle", "/lengths")]


def test_tls_to_a_service_that_speaks_none(confdir: Path) -> None:
    def hang_up(listener: socket.socket) -> None:
        sock, _ = listener.accept()
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        sock.close()

    with socket.create_server((HOST, 0)) as listener:
        threading.Thread(target=hang_up, args=(listener,), daemon=True).start()
        url = f"https://{HOST}:{listener.getsockname()[1]}"
        proxy = Proxy(ServiceSpec(url=url, name="plain", listen_port=0), confdir=confdir)
        try:
            talk(proxy.port("plain"), get("/plain"))
            failure = proxy.exchange("/plain").failure
            assert failure is not None
            assert failure.kind is FailureKind.TLS
        finally:
            proxy.stop()


@pytest.mark.parametrize(
    ("message", "known", "kind"),
    [
        ("[Errno 110] Connect call failed ('10.0.0.1', 80)", Circumstances(connected=False), FailureKind.TIMEOUT),
        ("Multiple exceptions: [Errno 111] x, [Errno 99] y", Circumstances(connected=False), FailureKind.CONNECT),
        ("client disconnected", Circumstances(connected=False), FailureKind.CLIENT_GONE),
        ("connection cancelled", Circumstances(connected=False), FailureKind.CLIENT_GONE),
        ("stream reset by client (CANCEL)", Circumstances(client_http2=True), FailureKind.CLIENT_GONE),
        ("stream reset by client (INTERNAL_ERROR)", Circumstances(upstream_http2=True), FailureKind.RESET),
        (
            "stream reset by client (REFUSED_STREAM)",
            Circumstances(client_http2=True, upstream_http2=True),
            FailureKind.RESET,
        ),
        ("peer closed connection", Circumstances(client_http2=True, client_open=False), FailureKind.CLIENT_GONE),
        ("peer closed connection", Circumstances(upstream_http2=True, client_open=True), FailureKind.RESET),
        ("HTTP/2 protocol error: bad frame", Circumstances(upstream_http2=True), FailureKind.PROTOCOL),
        ("Client disconnected.", Circumstances(idle=600.0), FailureKind.TIMEOUT),
        ("Client disconnected.", Circumstances(idle=5.0), FailureKind.CLIENT_GONE),
        ("something entirely new", Circumstances(), FailureKind.PROTOCOL),
    ],
)
def test_texts(message: str, known: Circumstances, kind: FailureKind) -> None:
    assert classify(message, known).kind is kind


@pytest.mark.parametrize("message", ["unexpected server response: b'secret'", "Cannot parse HTTP response: b'secret'"])
def test_messages_hold_nothing_from_the_wire(message: str) -> None:
    assert "secret" not in classify(message, Circumstances()).message


def test_killed_by_another_addon() -> None:
    assert not_the_service("Connection killed.", Circumstances()) == "killed"


def test_what_the_proxy_lacks_is_not_the_services_fault() -> None:
    known = Circumstances(connected=False)
    assert not_the_service("[Errno 24] Too many open files", known) == "no_resources"
    assert not_the_service("Multiple exceptions: [Errno 24] x, [Errno 23] y", known) == "no_resources"
    assert not_the_service("Multiple exceptions: [Errno 24] x, [Errno 111] y", known) is None
    assert not_the_service("[Errno 99] Cannot assign requested address", known) is None


def test_a_connection_into_a_circle_is_refused() -> None:
    message = "Connection killed: Request destination unknown. Unable to figure out where this should go."
    assert not_the_service(message, Circumstances(connected=False)) == "refused_request"


def test_an_earlier_failure_explains_nothing() -> None:
    """One client, one connection: a service out of reach, and then a request that makes no sense."""
    known = Circumstances(
        request_ended=False, connected=False, client_open=True, upstream_error="[Errno 111] Connect call failed"
    )
    assert not_the_service("invalid content-length header: '2, 3'", known) == "refused_request"
    assert not_the_service("[Errno 111] Connect call failed", known) is None


def test_a_cancelled_upload_is_the_clients_doing() -> None:
    known = Circumstances(request_ended=False, connected=False, client_open=True, client_http2=True)
    assert not_the_service("stream reset by client (CANCEL)", known) is None
    assert classify("stream reset by client (CANCEL)", known).kind is FailureKind.CLIENT_GONE
