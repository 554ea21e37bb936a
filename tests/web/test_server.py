"""The server as clients meet it: honest statuses, a closed door for strangers, and no way to hold it."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from audits import RULE, audit, finding
from support import wait_until
from wirelint.core.verdict import Verdict
from wirelint.sinks.journal import Journal
from wirelint.sinks.prometheus import Metrics
from wirelint.web import server as server_module
from wirelint.web.server import WebServer
from wirelint.web.site import Listener


class Beside:
    """A server with what it serves, and a client for it."""

    def __init__(self, **settings: Any) -> None:
        self.metrics = Metrics([RULE])
        self.journal = Journal()
        self.live = self.ready = True
        self.server = WebServer(
            self.metrics,
            self.journal,
            [RULE],
            listeners=lambda: [Listener("http://127.0.0.1:8080", "shop")],
            live=lambda: self.live,
            ready=lambda: self.ready,
            port=0,
            **settings,
        )
        self.url = self.server.start()
        self.port = int(self.url.rpartition(":")[2])

    def find(self, count: int = 1) -> str:
        """Have something found; the fingerprint of it."""
        found = finding()
        for _ in range(count):
            for sink in (self.metrics, self.journal):
                sink.accept(audit(found, verdict=Verdict.CLIENT_ERROR))
        return found.fingerprint

    def get(self, path: str, method: str = "GET", body: bytes | None = None, **fields: str) -> Reply:
        """One request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers)
            return Reply(connection.getresponse())

    def raw(self, text: bytes) -> bytes:
        """What comes back for raw octets."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
            client.sendall(text)
            return b"".join(iter(lambda: client.recv(65536), b""))


class Reply:
    """A response, read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.fields = {name.lower(): value for name, value in response.getheaders()}
        self.content = response.read()

    @property
    def json(self) -> Any:
        """The content as JSON."""
        assert self.fields["content-type"] == "application/json"
        return json.loads(self.content)


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    """One for all tests that change nothing."""
    made = Beside()
    yield made
    made.server.stop()


@pytest.fixture
def fresh() -> Iterator[Beside]:
    """One for a test of its own."""
    made = Beside()
    yield made
    made.server.stop()


def test_metrics_in_both_forms(fresh: Beside) -> None:
    fresh.find()
    plain = fresh.get("/metrics")
    assert plain.status == 200
    assert plain.fields["content-type"].startswith("text/plain")
    assert b"wirelint_exchanges_total{" in plain.content
    open_metrics = fresh.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert open_metrics.fields["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert open_metrics.content.endswith(b"# EOF\n")
    assert "Accept" in plain.fields["vary"]


def test_health_says_what_it_is_told(fresh: Beside) -> None:
    assert (fresh.get("/healthz").status, fresh.get("/readyz").status) == (200, 200)
    fresh.ready = False
    assert (fresh.get("/healthz").status, fresh.get("/readyz").status) == (200, 503)
    fresh.live = False
    assert fresh.get("/healthz").status == 503


def test_findings_services_and_rules(fresh: Beside) -> None:
    fingerprint = fresh.find(3)
    all_of_them = fresh.get("/api/findings").json
    assert [(each["fingerprint"], each["count"]) for each in all_of_them["findings"]] == [(fingerprint, 3)]
    assert fresh.get(f"/api/findings?since={all_of_them['revision']}").json["findings"] == []
    assert fresh.get("/api/findings?service=nobody").json["findings"] == []
    assert len(fresh.get("/api/findings?service=shop&rule=made-up").json["findings"]) == 1
    services = fresh.get("/api/services").json
    assert services["listeners"] == [{"url": "http://127.0.0.1:8080", "service": "shop"}]
    assert services["services"][0]["hidden"] == 3
    (rule,) = fresh.get("/api/rules").json["rules"]
    assert [section["title"] for section in rule["sections"]] == ["What it does", "How to fix"]


def test_one_finding_as_page_or_as_json(fresh: Beside) -> None:
    fingerprint = fresh.find(2)
    page = fresh.get(f"/findings/{fingerprint}", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert (page.status, page.fields["content-type"]) == (200, "text/html; charset=utf-8")
    as_json = fresh.get(f"/findings/{fingerprint}", Accept="application/json")
    assert len(as_json.json["examples"]) == 2
    assert as_json.json == fresh.get(f"/api/findings/{fingerprint}").json
    assert as_json.fields["vary"].startswith("Accept")
    assert fresh.get("/findings/0123456789abcdef").status == 404
    assert fresh.get("/findings/0123456789abcdef", Accept="application/json").status == 404


@pytest.mark.parametrize("path", ["/", "/findings", "/findings?service=shop&rule=made-up"])
def test_the_page(beside: Beside, path: str) -> None:
    reply = beside.get(path)
    assert reply.status == 200
    assert b'src="/static/app.js"' in reply.content
    for name in ("app.js", "dom.js", "findings.js", "overview.js", "style.css", "icon.svg"):
        assert beside.get(f"/static/{name}").status == 200


@pytest.mark.parametrize("query", ["since=x", "since=-1", "since=1.5", "since=" + "9" * 30, "since=²"])
def test_a_revision_that_is_none_is_refused(beside: Beside, query: str) -> None:
    assert beside.raw(f"GET /api/findings?{query} HTTP/1.0\r\n\r\n".encode())[:12] == b"HTTP/1.1 400"
    assert beside.get("/api/findings?" + "&".join("rule=a" for _ in range(100))).status == 400


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/metrics/", "/static/", "/static/../server.py", "/static/%2e%2e/server.py", "/static/index.html",
     "/api", "/api/", "/api/findings/x/y", "/findings/", "/findings/" + "a" * 500, "/static/..%2fhandler.py"],
)  # fmt: skip
def test_what_is_not_there_is_404(beside: Beside, path: str) -> None:
    reply = beside.get(path, Accept="application/json")
    assert reply.status == 404
    assert reply.json["error"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_405_and_say_which_are_allowed(beside: Beside, method: str) -> None:
    reply = beside.get("/metrics", method, body=b"x" * 5000 if method != "TRACE" else None)
    assert (reply.status, reply.fields["allow"]) == (405, "GET, HEAD")
    assert beside.get("/nothing", method).status == 404
    assert beside.get("/metrics", "BREW").status == 501


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/api/findings", "/nothing"])
def test_head_is_get_without_content(beside: Beside, path: str) -> None:
    get, head = beside.get(path), beside.get(path, "HEAD")
    assert head.status == get.status
    assert head.content == b""
    assert set(get.fields) == set(head.fields)
    if path not in ("/metrics", "/api/findings"):
        assert head.fields["content-length"] == get.fields["content-length"]


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/findings", "/static/app.js", "/nothing"])
def test_every_answer_is_careful(beside: Beside, path: str) -> None:
    fields = beside.get(path).fields
    assert "default-src 'self'" in fields["content-security-policy"]
    assert "frame-ancestors 'none'" in fields["content-security-policy"]
    assert fields["x-content-type-options"] == "nosniff"
    assert fields["referrer-policy"] == "no-referrer"
    assert fields["cache-control"] == ("no-cache" if path in ("/", "/static/app.js") else "no-store")
    assert "python" not in fields["server"].lower()
    assert "access-control-allow-origin" not in fields


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:9464", "127.0.0.1", "127.0.0.1:1", "[::1]:9464", "localhost."]
)
def test_names_of_this_machine_are_served(beside: Beside, host: str) -> None:
    assert beside.get("/api/findings", Host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:9464", "", "10.0.0.1"]
)
def test_other_names_are_turned_away(beside: Beside, host: str) -> None:
    for path in ("/", "/metrics", "/api/findings"):
        assert beside.get(path, Host=host).status == 421


def test_a_name_can_be_allowed() -> None:
    allowed = Beside(hosts=["Audit.Example"])
    try:
        assert allowed.get("/", Host="audit.example:9464").status == 200
        assert allowed.get("/", Host="evil.example").status == 421
    finally:
        allowed.server.stop()


def test_bound_to_all_addresses_only_told_names_will_do() -> None:
    everywhere = Beside(host="0.0.0.0", hosts=["auditor"])
    try:
        assert everywhere.get("/metrics", Host="auditor:9464").status == 200
        assert everywhere.get("/metrics", Host="localhost").status == 200
        assert everywhere.get("/metrics", Host="evil.example").status == 421
    finally:
        everywhere.server.stop()


def test_bound_to_all_addresses_any_name_will_do() -> None:
    everywhere = Beside(host="0.0.0.0")
    try:
        assert everywhere.url.startswith("http://127.0.0.1:")
        assert everywhere.get("/metrics", Host="auditor:9464").status == 200
    finally:
        everywhere.server.stop()


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /healthz\r\n\r\n", 200),
        (b"GET /healthz HTTP/1.0\r\n\r\n", 200),
        (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 505),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 300 + b"\r\n", 431),
    ],
)
def test_odd_requests_get_a_status(beside: Beside, text: bytes, status: int) -> None:
    # What was not read may make the kernel reset the connection behind the answer.
    with contextlib.suppress(ConnectionResetError):
        answer = beside.raw(text)
        assert b"evil" not in answer
        assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert beside.get("/healthz").status == 200


def test_long_answers_are_compressed_for_those_who_can_read_it(beside: Beside) -> None:
    plain = beside.get("/static/app.js")
    packed = beside.get("/static/app.js", Accept_Encoding="br, gzip;q=0.5")
    assert packed.fields["content-encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert "Accept-Encoding" in plain.fields["vary"]
    assert "content-encoding" not in plain.fields
    assert "content-encoding" not in beside.get("/static/app.js", Accept_Encoding="gzip;q=0").fields
    assert "content-encoding" not in beside.get("/healthz", Accept_Encoding="gzip").fields


def test_what_the_browser_has_is_not_sent_again(beside: Beside) -> None:
    for encoding in ("identity", "gzip"):
        tag = beside.get("/static/app.js", Accept_Encoding=encoding).fields["etag"]
        again = beside.get("/static/app.js", If_None_Match=tag, Accept_Encoding=encoding)
        assert (again.status, again.content) == (304, b"")
    assert beside.get("/static/app.js", If_None_Match='"other"').status == 200


def test_a_fault_of_ours_is_500_and_tells_nothing(fresh: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> tuple[str, bytes]:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(fresh.metrics, "render", fail)
    reply = fresh.get("/metrics")
    assert reply.status == 500
    assert b"hunter2" not in reply.content
    assert fresh.get("/healthz").status == 200


def test_a_port_that_is_taken_is_said_plainly(beside: Beside) -> None:
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{beside.port}: Address already in use"):
        WebServer(beside.metrics, beside.journal, [], port=beside.port).start()
    with pytest.raises(OSError, match="cannot listen on"):
        WebServer(beside.metrics, beside.journal, [], port=99999).start()


def test_stopping_closes_the_port_and_all_connections(fresh: Beside) -> None:
    with socket.create_connection(("127.0.0.1", fresh.port), timeout=10) as idle:
        wait_until(lambda: bool(fresh.server._server and fresh.server._server._open), "the connection to be taken")
        fresh.server.stop()
        assert idle.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", fresh.port), timeout=1)
    fresh.server.stop()


def test_silent_clients_lock_nobody_out(fresh: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_GRACE", 0.0)
    with contextlib.ExitStack() as held:
        for _ in range(100):
            held.enter_context(socket.create_connection(("127.0.0.1", fresh.port), timeout=10))
        assert fresh.get("/healthz").status == 200
        threads = [thread for thread in threading.enumerate() if thread.name == "wirelint-web"]
        assert len(threads) <= 2 * 32 + 2


def test_a_client_that_trickles_is_cut_off(fresh: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_LONGEST_LIFE", 0.3)
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", fresh.port), timeout=10) as slow, contextlib.suppress(OSError):
        while time.monotonic() - began < 10:
            slow.sendall(b"G")
            time.sleep(0.05)
    assert time.monotonic() - began < 5


def test_many_readers_at_once(fresh: Beside) -> None:
    done = threading.Event()
    statuses: list[int] = []

    def read() -> None:
        while not done.is_set():
            statuses.append(fresh.get("/metrics").status)
            statuses.append(fresh.get("/api/findings").status)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        fresh.find()
    done.set()
    for thread in threads:
        thread.join()
    assert statuses
    assert set(statuses) == {200}
