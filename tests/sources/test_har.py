"""HAR as recorders really write it."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from har_lab import document, entry, fields
from wirelint.core.exchange import Direction, Exchange, FailureKind, Origin
from wirelint.sources import Skipped, UnreadableError, har


def read(*entries: Any) -> list[Exchange | Skipped]:
    return list(har.read(document(*entries), "x.har"))


def one(item: dict[str, Any]) -> Exchange:
    (found,) = read(item)
    assert isinstance(found, Exchange), found
    return found


def why(item: Any) -> str:
    (found,) = read(item)
    assert isinstance(found, Skipped), found
    return found.why


def body_of(**content: Any) -> Any:
    exchange = one(entry(response={"content": content}))
    assert exchange.response is not None
    return exchange.response.body


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


class TestResponseContent:
    def test_text(self) -> None:
        body = body_of(text='{"ü": 1}', size=3)
        assert body.json == {"ü": 1}
        assert body.complete

    def test_text_is_unicode_whatever_the_charset_was(self) -> None:
        exchange = one(entry(text="é→", headers=(("content-type", "text/plain; charset=iso-8859-1"),)))
        assert exchange.response is not None
        assert exchange.response.body.text == "é→"

    def test_the_coding_is_off_and_the_field_stays(self) -> None:
        exchange = one(entry(text="plain", headers=(("content-encoding", "gzip"), ("content-length", "999"))))
        assert exchange.response is not None
        assert exchange.response.headers.get("content-encoding") == "gzip"
        assert exchange.response.body.content == b"plain"
        assert exchange.response.body.size == 5

    def test_base64(self) -> None:
        octets = b"\x00\xff" + "é".encode("latin-1")
        encoded = base64.encodebytes(octets).decode()
        assert body_of(text=encoded, encoding="base64", size=3).content == octets

    def test_what_is_called_base64_and_is_not(self) -> None:
        assert body_of(text="{not base64}", encoding="base64", size=3).unavailable == "undecodable"

    @pytest.mark.parametrize(
        "content",
        [
            {"size": 0},
            {"size": 0, "text": ""},
            {"text": ""},
            {"size": -1, "text": ""},
        ],
    )
    def test_empty(self, content: dict[str, Any]) -> None:
        assert body_of(**content).empty

    @pytest.mark.parametrize(
        "content",
        [
            {},
            {"size": -1},
            {"size": 7},
            {"size": 7, "text": ""},
            {"size": 0, "comment": "Response bodies are not included."},
            {"mimeType": "application/json", "text": None},
        ],
    )
    def test_unknown_is_not_empty(self, content: dict[str, Any]) -> None:
        body = body_of(**content)
        assert not body.empty
        assert body.unavailable == "not_captured"

    def test_a_length_says_that_there_was_content(self) -> None:
        item = entry(headers=(("Content-Length", "42"),), response={"content": {"size": 0}})
        response = one(item).response
        assert response is not None
        assert (response.body.unavailable, response.body.size) == ("not_captured", 42)

    def test_a_length_says_that_there_was_none(self) -> None:
        item = entry(headers=(("Content-Length", "0"),), response={"content": {}})
        response = one(item).response
        assert response is not None
        assert response.body.empty

    def test_no_content_at_all(self) -> None:
        item = entry(response={"content": None, "bodySize": 0})
        response = one(item).response
        assert response is not None
        assert response.body.empty

    @pytest.mark.parametrize(("status", "method"), [(304, "GET"), (200, "HEAD"), (103, "GET")])
    def test_what_follows_no_head_on_the_wire_comes_from_a_cache(self, status: int, method: str) -> None:
        response = one(entry(status, "cached", method=method)).response
        assert response is not None
        assert response.body.empty

    def test_content_under_204_is_kept(self) -> None:
        response = one(entry(204, '{"deleted": true}')).response
        assert response is not None
        assert response.body.json == {"deleted": True}

    def test_nothing_under_204_is_nothing(self) -> None:
        response = one(entry(204, None, headers=(("content-length", "9"),), response={"content": {}})).response
        assert response is not None
        assert response.body.empty

    @pytest.mark.parametrize(
        "content",
        [
            {"text": "x" * 65536, "size": 70000},
            {"text": "abc", "size": 3, "comment": "Truncated to 3 characters"},
            {"text": "abc", "size": 9, "_truncated": True},
        ],
    )
    def test_cut_off_by_the_recorder(self, content: dict[str, Any]) -> None:
        assert not body_of(**content).complete

    @pytest.mark.parametrize("content", [{"text": "abc", "size": 4000}, {"text": "x" * 65536, "size": 65536}])
    def test_a_size_alone_cuts_nothing_off(self, content: dict[str, Any]) -> None:
        assert body_of(**content).complete


class TestRequestContent:
    def body(self, method: str = "POST", *pairs: tuple[str, str], **request: Any) -> Any:
        return one(entry(method=method, request={"headers": fields(*pairs), "bodySize": -1} | request)).request.body

    def test_text(self) -> None:
        assert self.body(postData={"mimeType": "application/json", "text": '{"a": 1}'}).json == {"a": 1}

    def test_form(self) -> None:
        params = [{"name": "a b", "value": "1&2"}, {"name": "c"}, "odd"]
        assert self.body(postData={"mimeType": "x", "params": params}).content == b"a+b=1%262&c="

    def test_a_multipart_form_cannot_be_put_together_again(self) -> None:
        body = self.body(
            "POST",
            ("Content-Type", "multipart/form-data; boundary=x"),
            postData={"params": [{"name": "a", "value": "1"}]},
        )
        assert body.unavailable == "not_captured"

    def test_empty(self) -> None:
        assert self.body(bodySize=0).empty
        assert self.body("POST", ("Content-Length", "0")).empty
        assert self.body("GET").empty
        assert self.body("HEAD").empty
        assert self.body("DELETE").empty
        assert self.body(bodySize=0, postData={"mimeType": "", "text": ""}).empty

    def test_unknown_is_not_empty(self) -> None:
        assert self.body("POST").unavailable == "not_captured"
        assert self.body("GET", ("Content-Type", "application/json")).unavailable == "not_captured"
        assert self.body("GET", ("Transfer-Encoding", "chunked")).unavailable == "not_captured"
        assert self.body("POST", ("Content-Length", "7"), bodySize=0).unavailable == "not_captured"
        assert self.body(bodySize=7).unavailable == "not_captured"


class TestFailures:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("net::ERR_CONNECTION_REFUSED", FailureKind.CONNECT),
            ("net::ERR_NAME_NOT_RESOLVED", FailureKind.CONNECT),
            ("NS_ERROR_UNKNOWN_HOST", FailureKind.CONNECT),
            ("net::ERR_CONNECTION_TIMED_OUT", FailureKind.TIMEOUT),
            ("NS_ERROR_NET_TIMEOUT", FailureKind.TIMEOUT),
            ("net::ERR_CERT_DATE_INVALID", FailureKind.TLS),
            ("net::ERR_SSL_PROTOCOL_ERROR", FailureKind.TLS),
            ("net::ERR_HTTP2_PROTOCOL_ERROR", FailureKind.PROTOCOL),
            ("net::ERR_EMPTY_RESPONSE", FailureKind.RESET),
            ("server disconnected", FailureKind.RESET),
            ("net::ERR_ABORTED", FailureKind.CLIENT_GONE),
            ("NS_BINDING_ABORTED", FailureKind.CLIENT_GONE),
            ("Client disconnected.", FailureKind.CLIENT_GONE),
        ],
    )
    def test_no_response(self, text: str, kind: FailureKind) -> None:
        exchange = one(entry(0, None, response={"_error": text, "content": {}}))
        assert exchange.response is None
        assert exchange.failure is not None
        assert exchange.failure.kind is kind

    def test_playwright_and_plain_text_say_it_elsewhere(self) -> None:
        for more in ({"_failureText": "net::ERR_CONNECTION_RESET"}, {"statusText": "connection reset by peer"}):
            exchange = one(entry(0, None, response=more))
            assert exchange.failure is not None
            assert exchange.failure.kind is FailureKind.RESET

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (None, "no response, and no word why"),
            ("something odd", "no response, and no word why"),
            ("net::ERR_BLOCKED_BY_CLIENT", "never sent: the client kept it from the network"),
            ("net::ERR_INTERNET_DISCONNECTED", "never sent: the client kept it from the network"),
            ("net::ERR_FAILED", "never sent: the client kept it from the network"),
        ],
    )
    def test_what_blames_nobody(self, text: Any, reason: str) -> None:
        assert why(entry(0, None, response={"_error": text})) == reason

    def test_a_missing_response(self) -> None:
        item = entry()
        del item["response"]
        assert why(item) == "no response, and no word why"

    def test_a_response_cut_short(self) -> None:
        exchange = one(entry(200, '{"a":', response={"_error": "net::ERR_INCOMPLETE_CHUNKED_ENCODING"}))
        assert exchange.failure is not None
        assert exchange.failure.kind is FailureKind.RESET
        assert exchange.response is not None
        assert not exchange.response.body.complete

    def test_a_response_from_the_cache_is_one(self) -> None:
        exchange = one(entry(200, "{}", response={"_transferSize": 0}, _fromCache="disk"))
        assert exchange.failure is None
        assert exchange.status == 200


class TestBrokenEntries:
    @pytest.mark.parametrize(
        ("item", "reason"),
        [
            (None, "broken entry: the entry is no object"),
            ({}, "broken entry: its request is no object"),
            (entry(response={"status": "OK"}), "broken entry: its status is no number"),
            (entry(response={"status": 200.5}), "broken entry: its status is no number"),
            (entry(response={"status": True}), "broken entry: its status is no number"),
            (entry(response={"status": 1200}), "broken entry: its status is no HTTP status"),
            (entry(response={"headers": {"a": "b"}}), "broken entry: its headers are no list"),
            (entry(response={"headers": ["a"]}), "broken entry: a header without a name"),
            (entry(method="G T"), "not an exchange: its request has no method"),
        ],
    )
    def test_each_says_why(self, item: Any, reason: str) -> None:
        assert why(item) == reason

    def test_one_hides_no_other(self) -> None:
        found = read(entry(), {"request": 7}, entry(404))
        assert [type(each) for each in found] == [Exchange, Skipped, Exchange]
        assert isinstance(found[2], Exchange)
        assert found[2].origin == Origin("x.har", 2)

    def test_a_status_as_text_is_understood(self) -> None:
        assert one(entry(response={"status": "404"})).status == 404

    def test_times_that_are_none(self) -> None:
        exchange = one(entry(startedDateTime="yesterday", time=None, timings={"wait": "long"}))
        assert (exchange.timestamp, exchange.ended, exchange.first_byte) == (None, None, None)

    def test_a_time_without_a_zone_is_utc(self) -> None:
        assert one(entry(startedDateTime="1970-01-02T00:00:00")).timestamp == 86400


class TestDocuments:
    def test_half_a_surrogate_pair_kills_nothing(self) -> None:
        text = document(entry(text="x")).replace(b'"x"', rb'"a\ud800b \\ud800 \ud83d\ude00"')
        (exchange,) = har.read(text, "x.har")
        assert isinstance(exchange, Exchange)
        assert exchange.response is not None
        assert exchange.response.body.text == "a\ufffdb \\ud800 😀"

    def test_octets_that_are_no_utf8_kill_nothing(self) -> None:
        text = document(entry(text="x")).replace(b'"x"', b'"a\xffb"')
        (exchange,) = har.read(text, "x.har")
        assert isinstance(exchange, Exchange)
        assert exchange.response is not None
        assert exchange.response.body.text == "a\ufffdb"

    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n  "])
    def test_byte_order_marks(self, mark: bytes) -> None:
        assert len(list(har.read(mark + document(entry()), "x.har"))) == 1

    def test_utf16(self) -> None:
        assert len(list(har.read(document(entry(text="é")).decode().encode("utf-16"), "x.har"))) == 1

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"{}", "x.har: JSON, but not HAR: there is no list at log.entries"),
            (b'{"log": {"entries": {}}}', "x.har: JSON, but not HAR: there is no list at log.entries"),
            (b'{"log": {"entries": [{"a": 1}', "x.har: cut off: the JSON text does not end"),
            (b'{"log": {"entries": []}} x', "x.har: broken JSON: trailing characters (byte 26)"),
            (b'{"log": {"entries": [' + b"[" * 100_000, "x.har: JSON nested too deeply"),
        ],
    )
    def test_what_is_no_har_says_so(self, data: bytes, message: str) -> None:
        with pytest.raises(UnreadableError) as caught:
            har.entries(data, "x.har")
        assert str(caught.value) == message


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A good entry of which one value, anywhere, has become anything."""
    item: dict[str, Any] = json.loads(json.dumps(entry(request={"postData": {"text": "a", "params": []}}, timings={})))
    place = item
    while True:
        key = draw(st.sampled_from(sorted(place)))
        if isinstance(place[key], dict) and place[key] and draw(st.booleans()):
            place = place[key]
            continue
        place[key] = draw(anything)
        return item


@given(st.lists(anything | damaged(), max_size=4))
def test_no_entry_ever_raises(items: list[Any]) -> None:
    found = list(har.read(json.dumps({"log": {"entries": items}}).encode(), "x.har"))
    assert len(found) == len(items)
    for exchange in found:
        if isinstance(exchange, Exchange):
            assert exchange.service.isprintable()
            assert exchange.duration is None or exchange.duration >= 0
            _ = exchange.request.body.members, exchange.response and exchange.response.body.text


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda octets: b'{"log":{"entries":[' + octets + b"]}}"))
def test_no_document_raises_anything_else(data: bytes) -> None:
    with contextlib.suppress(UnreadableError):
        list(har.read(data, "x.har"))
