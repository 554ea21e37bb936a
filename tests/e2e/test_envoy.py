"""What passes through a real Envoy with our filter is what would have passed without it, and is audited."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.client
import http.server
import socket
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
import websockets.sync.client
import websockets.sync.server

from lab.envoy import collecting
from lab.envoy_process import Envoy
from lab.proxy import Receiver
from support import HOST, free_port, wait_until
from tools import require_library
from wirelint.sources.envoy.config.lua import FilterSettings
from wirelint.sources.envoy.entries import exchanges_of

grpc = require_library("grpc")

MIB = 1024 * 1024
PACKED = gzip.compress(b'{"error": {"code": 500, "message": "database is down"}}', mtime=0)
OCTETS = bytes(range(256)) * 8
LIE = b'{"error": "no such order"}'


class Upstream(http.server.BaseHTTPRequestHandler):
    """A service of every kind of answer."""

    protocol_version = "HTTP/1.1"
    attempts = 0
    got: ClassVar[dict[str, tuple[int, str]]] = {}
    """Path → octets and digest of the content that came."""
    events = threading.Event()

    def do_GET(self) -> None:  # noqa: C901, PLR0912 - one answer for each path
        match self.path.partition("?")[0]:
            case "/lie":
                self.answer(LIE)
            case "/packed":
                self.answer(PACKED, ("Content-Encoding", "gzip"))
            case "/octets":
                self.answer(OCTETS, kind="application/octet-stream")
            case "/nothing":
                self.send_response(204)
                self.end_headers()
            case "/large":
                self.stream(1024)
            case "/cut":
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"rows": [1, 2')
                self.hang_up()
            case "/mirror":
                self.answer(b"{}", ("X-Got", self.headers["Authorization"]))
            case "/reset":
                self.hang_up()
            case "/slow":
                self.events.wait(20)
                self.hang_up()
            case "/events":
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                self.wfile.write(b"data: first\n\n")
                self.wfile.flush()
                self.events.wait(20)
                with contextlib.suppress(OSError):
                    self.wfile.write(b"data: last\n\n")
                self.close_connection = True
            case "/sometimes":
                Upstream.attempts += 1
                self.answer(b'{"state": "fine"}', status=503 if Upstream.attempts % 3 else 200)
            case "/trailers":
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Transfer-Encoding", "chunked")
                self.send_header("Trailer", "X-Sum")
                self.end_headers()
                self.wfile.write(b"1a\r\n" + LIE + b"\r\n0\r\nX-Sum: 5\r\n\r\n")
            case _:
                self.answer(b'{"id": 7}')

    def do_POST(self) -> None:
        left, digest, size = int(self.headers["Content-Length"]), hashlib.sha256(), 0
        while left:
            piece = self.rfile.read(min(left, MIB))
            if not piece:
                return
            left, size = left - len(piece), size + len(piece)
            digest.update(piece)
        Upstream.got[self.path] = (size, digest.hexdigest())
        self.answer(b'{"id": 7}', status=201)

    def answer(self, content: bytes, *more: tuple[str, str], status: int = 200, kind: str = "application/json") -> None:
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(content))), *more):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def stream(self, mebibytes: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(mebibytes * MIB))
        self.end_headers()
        piece = b"x" * MIB
        for _ in range(mebibytes):
            self.wfile.write(piece)

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


def with_routes(whole: Any, receiving: int) -> None:
    """Add routes on which Envoy itself answers, retries or gives up."""
    manager = whole["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    routes = manager["route_config"]["virtual_hosts"][0]["routes"]
    whole["static_resources"]["clusters"].append(
        {
            **whole["static_resources"]["clusters"][0],
            "name": "dead",
            "load_assignment": {
                "cluster_name": "dead",
                "endpoints": [
                    {
                        "lb_endpoints": [
                            {"endpoint": {"address": {"socket_address": {"address": HOST, "port_value": receiving}}}}
                        ]
                    }
                ],
            },
        }
    )
    manager["local_reply_config"] = {
        "mappers": [
            {
                "filter": {
                    "and_filter": {
                        "filters": [
                            {"response_flag_filter": {"flags": ["UF"]}},
                            {"header_filter": {"header": {"name": ":path", "string_match": {"exact": "/dressed"}}}},
                        ]
                    }
                },
                "status_code": 404,
                "body": {"inline_string": '{"error": "no such order"}'},
            }
        ]
    }
    routes[:0] = [
        {"match": {"path": "/teapot"}, "direct_response": {"status": 418, "body": {"inline_string": "tea"}}},
        {"match": {"path": "/moved"}, "redirect": {"path_redirect": "/there"}},
        {"match": {"path": "/dead"}, "route": {"cluster": "dead"}},
        {"match": {"path": "/dressed"}, "route": {"cluster": "dead"}},
        {"match": {"path": "/slow"}, "route": {"cluster": "shop", "timeout": "0.3s"}},
        {
            "match": {"path": "/sometimes"},
            "route": {"cluster": "shop", "retry_policy": {"retry_on": "5xx", "num_retries": 3}},
        },
    ]


class Stack:
    """Upstreams, Envoy and receiver."""

    def __init__(self, envoy: Envoy, receiver: Receiver) -> None:
        self.envoy = envoy
        self.receiver = receiver
        self.seen = 0
        self.counts: dict[str, int] = {}

    @property
    def url(self) -> str:
        return self.envoy.url("shop")

    def settle(self, more: int = 1) -> None:
        """Return once the exchanges since the last call were audited."""
        self.seen += more
        self.receiver.settle(self.seen)

    def fresh(self) -> dict[str, Any]:
        """Return by rule the findings that came or were repeated since the last call."""
        known = {each["fingerprint"]: each for each in self.receiver.findings()}
        counts = {key: each["count"] for key, each in known.items()}
        new = {each["rule"]: each for key, each in known.items() if each["count"] > self.counts.get(key, 0)}
        self.counts = counts
        return new


class Echo(grpc.GenericRpcHandler):  # type: ignore[misc,name-defined]
    """A gRPC service of raw octets that streams them back, or fails."""

    def service(self, details: Any) -> Any:
        if details.method.endswith("/Fail"):
            return grpc.unary_unary_rpc_method_handler(
                lambda _request, context: context.abort(grpc.StatusCode.NOT_FOUND, "no such order")
            )
        return grpc.stream_stream_rpc_method_handler(lambda requests, _context: requests)


def echo(connection: websockets.sync.server.ServerConnection) -> None:
    for text in connection:
        connection.send(text)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("envoy")
    with contextlib.ExitStack() as started:
        web = http.server.ThreadingHTTPServer((HOST, 0), Upstream)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        started.callback(web.server_close)
        started.callback(web.shutdown)
        remote = grpc.server(futures.ThreadPoolExecutor(4))
        remote.add_generic_rpc_handlers((Echo(),))
        rpc = remote.add_insecure_port(f"{HOST}:0")
        remote.start()
        started.callback(remote.stop, 0)
        sockets = websockets.sync.server.serve(echo, HOST, 0)
        threading.Thread(target=sockets.serve_forever, daemon=True).start()
        started.callback(sockets.shutdown)
        ports = {"shop": web.server_address[1], "rpc": rpc, "chat": sockets.socket.getsockname()[1]}
        receiver = started.enter_context(Receiver(folder / "receiver"))
        dead = free_port()
        envoy = started.enter_context(
            Envoy(
                ports,
                receiver.receiving,
                folder,
                http2=("rpc",),
                change=lambda whole: with_routes(whole, dead),
            )
        )
        yield Stack(envoy, receiver)
        Upstream.events.set()


@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/2"])
@pytest.mark.parametrize(
    ("path", "content", "rules"),
    [
        ("/lie", LIE, {"ok-with-error-body"}),
        ("/packed", PACKED, {"ok-with-error-body"}),
        ("/octets", OCTETS, set()),
        ("/nothing", b"", set()),
        ("/trailers", LIE, {"ok-with-error-body"}),
    ],
)
def test_content_passes_as_it_is_and_is_audited(
    stack: Stack, path: str, content: bytes, rules: set[str], version: str
) -> None:
    stack.fresh()
    with httpx.Client(http1=version == "HTTP/1.1", http2=version == "HTTP/2") as client:
        with client.stream("GET", stack.url + path, headers={"Accept-Encoding": "gzip"}) as answer:
            assert b"".join(answer.iter_raw()) == content
        assert answer.http_version == version
    stack.settle()
    assert {rule for rule, each in stack.fresh().items() if each["severity"] in ("medium", "high")} == rules


def test_a_gibibyte_passes_and_is_not_held(stack: Stack) -> None:
    before = stack.envoy.stat("server.memory_allocated")
    digest, size, most = hashlib.sha256(), 0, 0
    with httpx.stream("GET", stack.url + "/large") as answer:
        for number, piece in enumerate(answer.iter_raw(MIB)):
            size += len(piece)
            if number % 256 == 0:
                digest.update(piece)
                most = max(most, stack.envoy.stat("server.memory_allocated"))
    assert size == 1024 * MIB
    # Flow control holds a few windows for each hop.
    assert most - before < 32 * MIB
    stack.settle()


def test_a_large_upload_passes_and_is_not_held(stack: Stack) -> None:
    size = 256 * MIB
    before, most = stack.envoy.stat("server.memory_allocated"), 0
    piece, digest = b"y" * MIB, hashlib.sha256()
    connection = http.client.HTTPConnection(HOST, stack.envoy.ports["shop"], timeout=60)
    connection.putrequest("POST", "/upload")
    connection.putheader("Content-Length", str(size))
    connection.putheader("Content-Type", "text/plain")
    connection.endheaders()
    for number in range(size // MIB):
        connection.send(piece)
        digest.update(piece)
        if number % 64 == 0:
            most = max(most, stack.envoy.stat("server.memory_allocated"))
    assert connection.getresponse().status == 201
    connection.close()
    assert Upstream.got["/upload"] == (size, digest.hexdigest())
    assert most - before < 32 * MIB
    stack.settle()


def test_events_come_one_by_one(stack: Stack) -> None:
    Upstream.events.clear()
    with httpx.stream("GET", stack.url + "/events", timeout=20) as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == b"data: first\n\n"  # while the service waits for us
        Upstream.events.set()
        assert b"".join(pieces) == b"data: last\n\n"
    stack.settle()


def test_grpc_streams_and_its_status_is_read(stack: Stack) -> None:
    with grpc.insecure_channel(f"{HOST}:{stack.envoy.ports['rpc']}") as channel:
        sent, answered = [b"one", b"two", b"x" * 100_000], []
        ready = threading.Semaphore(1)

        def one_by_one() -> Iterator[bytes]:
            for each in sent:
                assert ready.acquire(timeout=20)  # each waits for the answer to the one before
                yield each

        for each in channel.stream_stream("/demo.Echo/Talk")(one_by_one(), timeout=60):
            answered.append(each)
            ready.release()
        assert answered == sent
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/demo.Echo/Fail")(b"", timeout=20)
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    stack.settle(2)
    verdicts = {key: count for key, count in stack.receiver.outcomes().items() if key[0] == "rpc"}
    assert verdicts == {("rpc", "200", "ok"): 1, ("rpc", "200", "client_error"): 1}


def test_a_web_socket_is_opened(stack: Stack) -> None:
    url = stack.envoy.url("chat").replace("http:", "ws:")
    with websockets.sync.client.connect(url) as client:
        for text in ("one", "two", "x" * 20_000):
            client.send(text)
            assert client.recv(timeout=20) == text
    stack.settle()
    assert stack.receiver.outcomes()["chat", "101", "ok"] == 1


@pytest.mark.parametrize(
    ("path", "status", "outcome"),
    [
        ("/teapot", 418, ("envoy", "418", "client_error")),
        ("/moved", 301, ("envoy", "301", "ok")),
        ("/dead", 503, ("dead", "none", "server_error")),
        ("/reset", 503, ("shop", "none", "server_error")),
        ("/slow", 504, ("shop", "none", "server_error")),
        ("/sometimes", 200, ("shop", "200", "ok")),
    ],
)
def test_who_answered(stack: Stack, path: str, status: int, outcome: tuple[str, str, str]) -> None:
    Upstream.events.clear()
    before = stack.receiver.outcomes()[outcome]
    retried = stack.receiver.samples("wirelint_skipped_total").get(("retried", ""), 0)
    assert httpx.get(stack.url + path, timeout=20).status_code == status
    Upstream.events.set()
    stack.settle()
    assert stack.receiver.outcomes()[outcome] == before + 1
    again = stack.receiver.samples("wirelint_skipped_total")["retried", ""] - retried
    assert again == (2 if path == "/sometimes" else 0)


def test_a_failure_that_envoy_dresses_up_is_found(stack: Stack) -> None:
    stack.fresh()
    assert httpx.get(stack.url + "/dressed").status_code == 404
    stack.settle(2)
    found = stack.fresh()["upstream-failure-masked"]
    assert (found["service"], found["status"], found["suggested_status"]) == ("envoy", 404, 502)


def test_a_response_that_is_cut_short_is_found(stack: Stack) -> None:
    stack.fresh()
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(stack.url + "/cut")
    stack.settle()
    assert set(stack.fresh()) == {"response-truncated"}


@pytest.mark.parametrize("path", ["/events", "/slow"])
def test_a_client_that_leaves_is_no_failure_of_the_service(stack: Stack, path: str) -> None:
    Upstream.events.clear()
    connection = socket.create_connection((HOST, stack.envoy.ports["shop"]))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n".encode())
    if path == "/events":
        head = b""
        while b"data: first" not in head:
            head += connection.recv(1000)
    else:
        wait_until(lambda: stack.envoy.stat("cluster.shop.upstream_rq_active") > 0, "a request on its way")
    before = stack.receiver.samples("wirelint_upstream_failures_total")
    connection.close()
    stack.settle()
    Upstream.events.set()
    assert stack.receiver.samples("wirelint_upstream_failures_total") == before


def test_nothing_was_lost_or_went_wrong(stack: Stack) -> None:
    assert stack.envoy.stat("access_logs.grpc_access_log.logs_dropped") == 0
    assert not any(stack.receiver.samples("wirelint_faults_total").values())
    assert not any(stack.receiver.samples("wirelint_rule_errors_total").values())
    assert not any(stack.receiver.samples("wirelint_dropped_total").values())
    errors = [line for line in stack.envoy.output().splitlines() if "lua" in line.lower()]
    assert errors == []


def test_credentials_stay_in_envoy_where_they_are_to_be_left_out(tmp_path: Path) -> None:
    secret = "s3cr3t-canary-0123456789"
    fields = {"Authorization": f"Bearer {secret}", "Cookie": f"sid={secret}; theme={secret}", "X-Api-Key": secret}
    web = http.server.ThreadingHTTPServer((HOST, 0), Upstream)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    seen = []
    try:
        with (
            collecting() as (receiving, entries),
            Envoy(
                {"shop": web.server_address[1]},
                receiving,
                tmp_path / "envoy",
                settings=FilterSettings(leave_out=True),
            ) as envoy,
        ):
            for _ in range(2):
                assert httpx.get(envoy.url("shop") + "/mirror", headers=fields).headers["x-got"] == f"Bearer {secret}"
            wait_until(lambda: len(entries) == 2, "two entries")
            seen = [exchange for each in entries for exchange in exchanges_of(each, "envoy")]
    finally:
        web.shutdown()
        web.server_close()
    assert [secret in repr(entries[n]) + str(each.request.headers.fields) for n, each in enumerate(seen)] == [False] * 2
    first, second = (each.request.headers for each in seen)
    assert (first.get("authorization") or "").startswith("Bearer left-out-")
    assert [part.partition("=")[0].strip() for part in (first.get("cookie") or "").split(";")] == ["sid", "theme"]
    for name in ("authorization", "cookie", "x-api-key"):
        assert first.get(name) != second.get(name), "marks must not make two requests look like one caller's"
