"""HAR as recorders really write it: addresses, fields, versions."""

from __future__ import annotations

from typing import Any

import pytest

from lab.har import entry, fields, one, why
from wirelint.core.exchange import Direction
from wirelint.core.origin import Origin


def test_an_exchange_as_recorded() -> None:
    exchange = one(
        entry(
            418,
            '{"a": 1}',
            url="https://API.example:443/v1/me?b=2&a=1&b=%20#there",
            headers=(("X-Two", "1"), ("content-type", "application/json"), ("x-two", "2")),
            response={"statusText": "Short and Stout"},
            timings={"blocked": 5, "dns": -1, "connect": 10, "ssl": 8, "send": 1, "wait": 50, "receive": 54},
        )
    )
    assert exchange.service == "api.example"
    assert exchange.direction is Direction.OUTBOUND
    assert exchange.origin == Origin("x.har", 0)
    assert exchange.request.target == "/v1/me?b=2&a=1&b=%20"
    assert exchange.request.scheme == "https"
    assert exchange.request.authority == "api.example"
    assert exchange.request.body.empty
    response = exchange.response
    assert response is not None
    assert (response.status, response.reason, response.http_version) == (418, "Short and Stout", "HTTP/1.1")
    assert list(response.headers) == [("X-Two", "1"), ("content-type", "application/json"), ("x-two", "2")]
    assert response.body.json == {"a": 1}
    assert exchange.timestamp == pytest.approx(1767323045.678)
    assert exchange.duration == pytest.approx(0.12, abs=1e-6)
    assert exchange.first_byte == pytest.approx(exchange.started + 0.066, abs=1e-6)


@pytest.mark.parametrize(
    ("url", "service", "target"),
    [
        ("http://h.example:8080", "h.example:8080", "/"),
        ("http://h.example:80/", "h.example", "/"),
        ("https://u:p@h.example/a", "h.example", "/a"),
        ("http://[::1]:3000/a", "[::1]:3000", "/a"),
        ("http://h.example?q=1", "h.example", "/?q=1"),
        ("http://h.example/a b/ü?ö=%zz", "h.example", "/a%20b/%C3%BC?%C3%B6=%zz"),
    ],
)
def test_urls(url: str, service: str, target: str) -> None:
    exchange = one(entry(url=url))
    assert (exchange.service, exchange.request.target) == (service, target)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("data:text/html,x", "not HTTP: data: URL"),
        ("blob:https://a/b", "not HTTP: blob: URL"),
        ("chrome-extension://abc/x.js", "not HTTP: chrome-extension: URL"),
        ("about:blank", "not HTTP: about: URL"),
        ("wss://a.example/socket", "not HTTP any more: WebSocket"),
        ("http:///nothing", "not an exchange: its URL names no host"),
        ("http://a\x1b[31mb/", "not an exchange: its URL names no host"),
        ("/relative", "not an exchange: its request has no URL"),
        (None, "not an exchange: its request has no URL"),
    ],
)
def test_urls_that_are_no_exchange(url: Any, reason: str) -> None:
    assert why(entry(url=url)) == reason


def test_a_tunnel_is_no_exchange() -> None:
    assert why(entry(method="CONNECT", url="api.example:443")) == "not an exchange: a tunnel was opened"


def test_pseudo_header_fields_of_http2_are_no_fields() -> None:
    pseudo = fields((":authority", "api.example"), (":method", "GET"), (":path", "/"), ("accept", "*/*"))
    exchange = one(
        entry(
            request={"headers": pseudo, "httpVersion": "h2"},
            headers=((":status", "200"), ("content-type", "application/json")),
            response={"httpVersion": "http/2.0"},
        )
    )
    assert exchange.request.authority == "api.example"
    assert list(exchange.request.headers) == [("accept", "*/*")]
    assert exchange.request.http_version == "HTTP/2"
    assert exchange.response is not None
    assert list(exchange.response.headers) == [("content-type", "application/json")]
    assert exchange.response.http_version == "HTTP/2"


@pytest.mark.parametrize(
    ("recorded", "told"),
    [
        ("h3", "HTTP/3"),
        ("h3-29", "HTTP/3"),
        ("HTTP/2", "HTTP/2"),
        ("http/1.0", "HTTP/1.0"),
        ("http/2+quic/46", "HTTP/2"),
        ("unknown", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_http_versions(recorded: Any, told: str) -> None:
    assert one(entry(request={"httpVersion": recorded})).request.http_version == told


def test_joined_lines_of_a_field_come_apart() -> None:
    exchange = one(entry(headers=(("set-cookie", "a=1; Path=/\nb=2\r\nc=3"),)))
    assert exchange.response is not None
    assert exchange.response.headers.get_all("set-cookie") == ["a=1; Path=/", "b=2", "c=3"]
