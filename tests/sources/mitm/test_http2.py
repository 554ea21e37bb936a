"""HTTP/2 over TLS: to a service that speaks it too, and to one that does not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest
from mitmproxy import certs

import support
from lab.mitm import HOST, Peer, Proxy, Service, read_until
from wirelint.core.exchange import Direction
from wirelint.core.headers import Headers
from wirelint.sources.mitm.settings import ServiceSpec


class Answer:
    """What a client saw of one HTTP/2 response."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.trailers: dict[str, str] = {}
        self.content = b""
        self.reset: int | None = None


def texts(fields: Iterable[tuple[bytes | str, bytes | str]]) -> dict[str, str]:
    return {str(name): str(value) for name, value in fields}


def wrapped(raw: socket.socket) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    sock = context.wrap_socket(raw, server_hostname="localhost")
    assert sock.selected_alpn_protocol() == "h2"
    return sock


def ask(
    port: int, path: str, *, content: bytes = b"", tunnel: str = "", tls: bool = True, method: str = "POST"
) -> Answer:
    """Return the answer to one HTTP/2 request, sent straight or through a forward proxy's tunnel to an address."""
    answer = Answer()
    raw = socket.create_connection((HOST, port), 10)
    if tunnel:
        raw.sendall(f"CONNECT {tunnel} HTTP/1.1\r\nHost: {tunnel}\r\n\r\n".encode())
        assert read_until(raw, b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    with raw, wrapped(raw) if tls else raw as sock:
        wire = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        wire.initiate_connection()
        fields = [(":method", method), (":path", path), (":scheme", "https"), (":authority", "shop.test"), ("x-a", "1")]
        wire.send_headers(1, fields)
        wire.send_data(1, content, end_stream=True)
        sock.sendall(wire.data_to_send())
        done = False
        while not done and (data := sock.recv(65536)):
            for event in wire.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    answer.fields = texts(event.headers)
                elif isinstance(event, h2.events.DataReceived):
                    answer.content += event.data
                elif isinstance(event, h2.events.TrailersReceived):
                    answer.trailers = texts(event.headers)
                elif isinstance(event, h2.events.StreamReset):
                    answer.reset = event.error_code
                    done = True
                elif isinstance(event, h2.events.StreamEnded):
                    done = True
            sock.sendall(wire.data_to_send())
    return answer


class Http2Service:
    """Speaks gRPC's dialect: a message, then a status in the trailers; resets where the path asks for it."""

    def __init__(self, folder: Path | None) -> None:
        """:param folder: for a certificate; None for no TLS."""
        self._context: ssl.SSLContext | None = None
        if folder is not None:
            certs.CertStore.from_store(folder, "test", 2048)
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(folder / "test-ca.pem")
            self._context.set_alpn_protocols(["h2"])
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        with raw if self._context is None else self._context.wrap_socket(raw, server_side=True) as sock:
            wire = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
            wire.initiate_connection()
            sock.sendall(wire.data_to_send())
            paths: dict[int, str] = {}
            while data := sock.recv(65536):
                for event in wire.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        paths[event.stream_id] = texts(event.headers)[":path"]
                    elif isinstance(event, h2.events.StreamEnded):
                        self._answer(wire, event.stream_id, paths[event.stream_id])
                sock.sendall(wire.data_to_send())

    def _answer(self, wire: h2.connection.H2Connection, stream: int, path: str) -> None:
        wire.send_headers(stream, [(":status", "200"), ("content-type", "application/grpc")])
        wire.send_data(stream, b"message")
        if path == "/reset":
            wire.reset_stream(stream, 2)
        else:
            wire.send_headers(stream, [("grpc-status", "5")], end_stream=True)


@pytest.fixture(scope="module")
def grpc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Http2Service]:
    running = Http2Service(tmp_path_factory.mktemp("authority"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def both(service: Service, grpc: Http2Service, confdir: Path) -> Iterator[Proxy]:
    running = Proxy(
        ServiceSpec(url=f"http://{HOST}:{service.port}", name="old", listen_port=0),
        ServiceSpec(url=f"https://{HOST}:{grpc.port}", name="new", listen_port=0),
        confdir=confdir,
        forward_port=0,
        options={"ssl_insecure": True},
    )
    yield running
    running.stop()


def test_trailers_between_http2_ends(both: Proxy) -> None:
    answer = ask(both.port("new"), "/pkg.Shop/Get", content=b"question")
    assert (answer.fields[":status"], answer.content, answer.trailers) == ("200", b"message", {"grpc-status": "5"})
    exchange = both.exchange("/pkg.Shop/Get")
    assert exchange.request.http_version == "HTTP/2"
    assert exchange.request.authority == "shop.test"
    assert exchange.request.headers.names() == {"x-a"}
    assert exchange.request.body.raw == b"question"
    response = exchange.response
    assert response is not None
    assert (response.http_version, response.status, response.reason) == ("HTTP/2", 200, "")
    assert response.trailers == Headers(((b"grpc-status", b"5"),))
    assert response.body.raw == b"message"


def test_through_a_tunnel(both: Proxy, grpc: Http2Service) -> None:
    target = f"{HOST}:{grpc.port}"
    assert ask(both.port("forward"), "/tunnelled", tunnel=target).content == b"message"
    exchange = both.exchange("/tunnelled")
    assert (exchange.service, exchange.direction) == (target, Direction.OUTBOUND)
    assert exchange.request.scheme == "https"


def test_tunnel_to_a_service_out_of_reach(both: Proxy) -> None:
    target = f"{HOST}:{support.free_port()}"
    assert ask(both.port("forward"), "/out-of-reach", tunnel=target).fields[":status"] == "502"
    exchange = both.exchange("/out-of-reach")
    assert exchange.response is None
    assert exchange.failure is not None
    assert exchange.failure.kind == "connect"


def test_trailers_from_an_old_service(both: Proxy, service: Service) -> None:
    service.on("/old", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n")
    answer = ask(both.port("old"), "/old")
    assert (answer.fields[":status"], answer.content, answer.trailers) == ("200", b"hi", {"x-sum": "1"})
    exchange = both.exchange("/old")
    assert exchange.response is not None
    assert (exchange.request.http_version, exchange.response.http_version) == ("HTTP/2", "HTTP/1.1")


def test_content_without_length_to_an_old_service(both: Proxy, service: Service) -> None:
    """HTTP/2 needs no Content-Length; HTTP/1.1 needs some framing, or the content is taken for another request."""

    def take(peer: Peer) -> None:
        service.notes["framed"] = peer.read_until(b"0\r\n\r\n")
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    service.on("/framed", take)
    assert ask(both.port("old"), "/framed", content=b"question").content == b"hi"
    assert b"transfer-encoding: chunked" in service.heads["/framed"].lower()
    assert service.notes["framed"] == b"8\r\nquestion\r\n0\r\n\r\n"
    request = both.exchange("/framed").request
    assert "transfer-encoding" not in request.headers
    assert request.body.raw == b"question"


@pytest.mark.parametrize(("method", "path"), [("GET", "/a HTTP/1.1"), ("GET /a", "/b"), ("GET", "/\x7f")])
def test_no_request_line_is_forged(both: Proxy, service: Service, method: str, path: str) -> None:
    before = both.stats.skipped["refused_request"]
    assert ask(both.port("old"), path, method=method).fields[":status"] == "400"
    assert not any(each.startswith(("/a", "/b")) for each in service.heads)
    assert both.stats.skipped["refused_request"] == before + 1


def test_stream_reset_by_the_service(both: Proxy) -> None:
    assert ask(both.port("new"), "/reset").reset is not None
    exchange = both.exchange("/reset")
    assert exchange.failure is not None
    assert exchange.failure.kind == "reset"
    assert exchange.response is not None
    assert exchange.response.body.raw == b"message"
    assert not exchange.response.body.complete


def test_without_tls_it_passes_unread(confdir: Path, caplog: pytest.LogCaptureFixture) -> None:
    plain = Http2Service(None)
    running = Proxy(ServiceSpec(url=f"http://{HOST}:{plain.port}", listen_port=0), confdir=confdir)
    try:
        for _ in range(2):
            answer = ask(running.port(), "/call", content=b"hello", tls=False)
            assert answer.fields == {":status": "200", "content-type": "application/grpc"}
            assert answer.content == b"message"
            assert answer.trailers == {"grpc-status": "5"}
    finally:
        running.stop()
        plain.close()
    assert running.stats.skipped["h2c"] == 2
    assert caplog.text.count("HTTP/2 without TLS") == 1
    assert not running.exchanges
