"""The page refuses names that are not this machine's, and odd requests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from lab.web import Beside
from wirelint.web.access import Serves


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/findings", "/static/app.js", "/nothing"])
def test_every_answer_is_careful(beside: Beside, path: str) -> None:
    fields = beside.get(path).fields
    assert "default-src 'none'; script-src 'self'" in fields["content-security-policy"]
    assert "unsafe" not in fields["content-security-policy"]
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


TOKEN = "correct horse"
PAGE = ("/", "/api/findings", "/static/app.js", "/findings/x", "/metrics/", "/nothing")
SCRAPED = ("/metrics", "/healthz", "/readyz")


@pytest.fixture(scope="module")
def everywhere() -> Iterator[Beside]:
    beside = Beside(host="0.0.0.0", hosts=["auditor"], token=TOKEN)
    yield beside
    beside.server.stop()


@pytest.mark.parametrize("host", ["evil.example", "wirelint:9464", "10.0.0.1.evil.example", "[evil]", "", "1"])
def test_on_all_addresses_the_page_answers_to_no_other_name(everywhere: Beside, host: str) -> None:
    assert {everywhere.get(path, Host=host).status for path in PAGE} == {421}


@pytest.mark.parametrize("host", ["auditor:9464", "Auditor.", "localhost:1", "127.0.0.1", "10.1.2.3:9464", "[fd00::1]"])
def test_on_all_addresses_the_page_answers_to_allowed_names_and_to_addresses(everywhere: Beside, host: str) -> None:
    assert everywhere.url.startswith("http://127.0.0.1:")
    assert everywhere.get("/api/findings", Host=host, Authorization=f"Bearer {TOKEN}").status == 200


@pytest.mark.parametrize("host", ["wirelint:9464", "shop.default.svc.cluster.local", "10.1.2.3:9464", "auditor"])
def test_probes_and_scrapers_may_use_any_name(everywhere: Beside, host: str) -> None:
    """A kubelet asks by a pod's address, Prometheus by a service's name."""
    assert {everywhere.get(path, Host=host).status for path in SCRAPED} <= {200, 503}


def test_the_page_is_off_beyond_this_machine_without_a_token() -> None:
    off = Beside(host="0.0.0.0")
    try:
        assert {off.get(path).status for path in PAGE} == {403}
        assert off.get("/api/clear", "POST", Wirelint_Page="1").status == 403
        assert off.get("/metrics").status == 200
    finally:
        off.server.stop()


def test_the_page_asks_for_its_token(everywhere: Beside) -> None:
    tries: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": TOKEN},
        {"Cookie": "a=b; wirelint-x=y"},
    ]
    for fields in tries:
        for path in ("/", "/api/events", "/api/har", "/?token=wrong", "/static/app.js"):
            reply = everywhere.get(path, fields=fields)
            assert (reply.status, reply.fields["www-authenticate"]) == (401, 'Bearer realm="wirelint"')
    assert everywhere.get("/api/clear", "POST", Wirelint_Page="1").status == 401


def test_a_token_in_the_address_becomes_a_cookie(everywhere: Beside) -> None:
    reply = everywhere.get("/findings?token=correct+horse&rule=a")
    assert (reply.status, reply.fields["location"]) == (303, "/findings?rule=a")
    cookie = reply.fields["set-cookie"]
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax")
    assert "correct" not in cookie
    held = f"a=b; {cookie.partition(';')[0]}"
    assert everywhere.get("/api/findings", Cookie=held).status == 200
    assert everywhere.get("/api/findings", Cookie=held.replace("=", "=0")).status == 401
    assert everywhere.get("//evil.example/?token=correct+horse").fields["location"] == "/evil.example/"


def test_page_and_metrics_can_have_ports_of_their_own() -> None:
    beside = Beside(serves=Serves(page=False))
    page = Beside(serves=Serves(scraped=False))
    try:
        assert {path: beside.get(path).status for path in PAGE} == dict.fromkeys(PAGE, 404)
        assert {beside.get(path).status for path in SCRAPED} == {200}
        assert {page.get(path).status for path in SCRAPED} == {404}
        assert page.get("/api/findings").status == 200
    finally:
        beside.server.stop()
        page.server.stop()


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
