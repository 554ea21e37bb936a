"""Both sides of real gateways through one wirelint: what they make of their upstream's failures.

nginx, haproxy and a Flask application stand between two listeners of one proxy; a client asks, with a trace id as
tracers send it. What masks a failure must be found and put down to the gateway, what is honest must not.
"""

from __future__ import annotations

import os
import secrets
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from lab.mitm import Peer, Proxy, Service
from support import HOST, Process, free_port, wait_until
from tools import require_tool
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Finding
from wirelint.rules import catalogue
from wirelint.sources.mitm.settings import ServiceSpec
from wirelint.sources.open import open_capture

HOP_RULES = frozenset(
    {
        "client-error-inflated",
        "degraded-as-complete",
        "gateway-code-swapped",
        "retry-amplification",
        "retry-hint-lost",
        "service-credential-leaks-as-401",
        "upstream-failure-masked",
    }
)

NGINX = """
daemon off; {user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  proxy_connect_timeout 1s; proxy_read_timeout 500ms; proxy_next_upstream off;
  server {{
    listen {host}:{port};
    location /honest/ {{ proxy_pass {upstream}/; }}
    location /hidden/ {{ proxy_intercept_errors on; error_page 502 503 504 =200 /sorry; proxy_pass {upstream}/; }}
    location /blamed/ {{ proxy_intercept_errors on; error_page 502 503 504 =500 /oops; proxy_pass {upstream}/; }}
    location = /sorry {{ default_type application/json; return 200 '{{"error": "try again later"}}'; }}
    location = /oops {{ default_type application/json; return 500 '{{"error": "the page could not be made"}}'; }}
    location /guarded/ {{ auth_request /door; proxy_pass {upstream}/; }}
    location = /door {{ internal; proxy_pass {upstream}/slow; }}
  }}
}}
"""

HAPROXY = """
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 500ms
  retries 0
frontend blamed
  bind {host}:{port}
  errorfile 502 {folder}/as-500.http
  errorfile 503 {folder}/as-500.http
  errorfile 504 {folder}/as-500.http
  default_backend upstream
frontend hidden
  bind {host}:{hidden}
  errorfile 502 {folder}/as-200.http
  errorfile 503 {folder}/as-200.http
  errorfile 504 {folder}/as-200.http
  default_backend upstream
frontend honest
  bind {host}:{honest}
  default_backend upstream
backend upstream
  server one {address}
"""

PAGES = {
    "as-500.http": (
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
        "<html><body><h1>500 Internal Server Error</h1>An error has occurred.</body></html>\r\n"
    ),
    "as-200.http": (
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
        "<html><head><title>503 Service Unavailable</title></head>"
        "<body><h1>503 Service Unavailable</h1>No server is available to handle this request.</body></html>\r\n"
    ),
}

FINE = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{"name": "chair"}'
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 20\r\nContent-Type: application/json\r\n"
    b'Content-Length: 25\r\n\r\n{"error": "maintenance"} \n'
)


class Street:
    """The gateways, one wirelint before and behind all of them, and what it found."""

    def __init__(self, upstream: Service, folder: Path) -> None:
        self.flows = folder / "run.mitm"
        self.ports = {name: free_port() for name in ("nginx", "flask", "blamed", "hidden", "honest")}
        self.found: list[Finding] = []
        self._engine = Engine(rule for rule in catalogue() if rule.default)
        self._audited = 0
        self.services = services = {**self.ports, "catalogue": upstream.port, "gone": free_port()}
        self.proxy = Proxy(
            *(ServiceSpec(url=f"http://{HOST}:{port}", name=name, listen_port=0) for name, port in services.items()),
            confdir=folder / "confdir",
            consume=self._audit,
            options={"save_stream_file": str(self.flows)},
        )
        self.client = httpx.Client(timeout=20, trust_env=False)

    def _audit(self, exchange: Exchange) -> Sequence[Finding]:
        audit = self._engine.audit(exchange)
        assert audit.faults == ()
        self.found += audit.findings
        return audit.findings

    def url(self, name: str) -> str:
        return f"http://{HOST}:{self.proxy.port(name)}"

    def get(self, name: str, path: str) -> tuple[int, list[Finding]]:
        """Ask a gateway; the status, and what was found on both hops."""
        seen, before = len(self.proxy.exchanges), len(self.found)
        trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
        answer = self.client.get(f"{self.url(name)}{path}", headers={"traceparent": trace})
        ends = 2 + path.startswith("/patient/")
        wait_until(lambda: len(self.proxy.exchanges) >= seen + ends, f"{ends} exchanges for {path}")
        return answer.status_code, [finding for finding in self.found[before:] if finding.rule in HOP_RULES]


def silent(peer: Peer) -> None:
    peer.wait()


@pytest.fixture(scope="module")
def upstream() -> Iterator[Service]:
    service = Service()
    turn = threading.Event()

    def every_other(peer: Peer) -> None:
        peer.send(FINE if turn.is_set() else BUSY)
        turn.set()

    service.on("/fine", FINE)
    service.on("/busy", BUSY)
    service.on("/slow", silent)
    service.on("/flaky", every_other)
    yield service
    service.close()


@pytest.fixture(scope="module")
def street(upstream: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    nginx, haproxy = require_tool("nginx"), require_tool("haproxy")
    folder = tmp_path_factory.mktemp("street")
    street = Street(upstream, folder)
    ports, behind = street.ports, street.url("catalogue")
    names = {"folder": folder, "host": HOST, "upstream": behind, "address": behind.removeprefix("http://")}
    user = "user root;" if os.geteuid() == 0 else ""
    for name, text in PAGES.items():
        folder.joinpath(name).write_bytes(text.encode())
    folder.joinpath("nginx.conf").write_text(NGINX.format(**names, user=user, port=ports["nginx"]))
    folder.joinpath("haproxy.cfg").write_text(
        HAPROXY.format(**names, port=ports["blamed"], hidden=ports["hidden"], honest=ports["honest"])
    )
    edge = [nginx, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
    balancer = [haproxy, "-db", "-f", folder / "haproxy.cfg"]
    gateway = [sys.executable, Path(__file__).with_name("gateway.py"), ports["flask"], behind]
    with (
        Process([str(word) for word in edge], log=folder / "nginx.log", port=ports["nginx"]),
        Process([str(word) for word in balancer], log=folder / "haproxy.log", port=ports["honest"]),
        Process([str(word) for word in gateway], log=folder / "flask.log", port=ports["flask"]),
    ):
        # Who is called by clients alone is known from their second call on.
        for name, path in (("nginx", "/honest/fine"), ("honest", "/fine"), ("flask", "/honest/fine")):
            street.get(name, path)
        yield street
        street.client.close()
        street.proxy.stop()


MASKED = [
    ("nginx", "/hidden/slow", 200, 504),
    ("nginx", "/hidden/busy", 200, 503),
    ("nginx", "/blamed/slow", 500, 504),
    ("nginx", "/blamed/busy", 500, 503),
    ("nginx", "/guarded/fine", 500, 504),
    ("blamed", "/slow", 500, 504),
    ("hidden", "/slow", 200, 504),
    ("flask", "/calm/slow", 200, 504),
    ("flask", "/calm/busy", 200, 503),
    ("flask", "/careless/slow", 500, 504),
    ("flask", "/careless/busy", 500, 503),
]


@pytest.mark.parametrize(("gateway", "path", "told", "right"), MASKED)
def test_a_masked_failure_is_found_at_the_gateway(
    street: Street, gateway: str, path: str, told: int, right: int
) -> None:
    status, findings = street.get(gateway, path)
    assert status == told
    masked = [each for each in findings if each.rule == "upstream-failure-masked"]
    assert [(each.service, each.status, each.suggested_status) for each in masked] == [(gateway, told, right)]
    assert masked[0].confidence is Confidence.STRONG
    assert [step.service for step in masked[0].story] == [gateway, "catalogue"]
    assert {each.rule for each in findings} <= {"upstream-failure-masked", "retry-hint-lost"}


HONEST = [
    ("nginx", "/honest/fine", 200),
    ("nginx", "/honest/slow", 504),
    ("nginx", "/honest/busy", 503),
    ("honest", "/fine", 200),
    ("honest", "/slow", 504),
    ("honest", "/busy", 503),
    ("flask", "/honest/fine", 200),
    ("flask", "/honest/slow", 504),
    ("flask", "/honest/busy", 503),
    ("flask", "/calm/fine", 200),
    ("flask", "/careless/fine", 200),
]


@pytest.mark.parametrize(("gateway", "path", "told"), HONEST)
def test_what_is_honest_is_left_alone(street: Street, gateway: str, path: str, told: int) -> None:
    assert street.get(gateway, path) == (told, [])


def test_a_retry_that_succeeds_is_no_fault(street: Street) -> None:
    assert street.get("flask", "/patient/flaky") == (200, [])


def test_a_fallback_is_no_fault(street: Street) -> None:
    assert street.get("flask", "/patient/busy") == (200, [])


def test_a_hint_that_is_lost_is_found(street: Street) -> None:
    _, findings = street.get("flask", "/careless/busy")
    assert {each.rule for each in findings} == {"upstream-failure-masked", "retry-hint-lost"}


def test_the_saved_flows_give_the_same(street: Street) -> None:
    """Last of all: it ends the proxy."""
    street.proxy.stop()
    engine = Engine(rule for rule in catalogue() if rule.default)
    names = {f"{HOST}:{port}": name for name, port in street.services.items()}
    saved = [each for each in open_capture(str(street.flows)).exchanges if isinstance(each, Exchange)]
    assert len(saved) == len(street.proxy.exchanges)
    found = [finding for exchange in saved for finding in engine.audit(exchange).findings]

    def told(findings: Sequence[Finding]) -> list[tuple[object, ...]]:
        return sorted(
            (each.rule, names.get(each.service, each.service), each.method, each.route, each.status, len(each.story))
            for each in findings
        )

    assert len(told(found)) >= len(MASKED)
    assert told(found) == told(street.found)
