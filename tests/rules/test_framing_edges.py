"""Cases of the framing rules that their examples leave open."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from lab.rule import answer, run
from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Failure, FailureKind, Request, Response
from wirelint.core.finding import Confidence, Severity
from wirelint.core.headers import Headers
from wirelint.core.origin import Origin
from wirelint.core.verdict import Verdict


def torn(kind: FailureKind, *, method: str = "GET", status: int = 200, media: str = "application/json") -> Exchange:
    return Exchange(
        request=Request(method=method, target="/"),
        response=Response(
            status=status, headers=Headers.of(("Content-Type", media)), body=Body(b'{"a":', complete=False)
        ),
        failure=Failure(kind=kind),
    )


@pytest.mark.parametrize("kind", [FailureKind.RESET, FailureKind.TIMEOUT, FailureKind.PROTOCOL])
def test_truncated(kind: FailureKind) -> None:
    (finding,) = run("response-truncated", torn(kind))
    assert finding.severity is Severity.MEDIUM
    assert finding.verdict is Verdict.SERVER_ERROR


@pytest.mark.parametrize(
    "exchange",
    [
        torn(FailureKind.CLIENT_GONE),
        torn(FailureKind.RESET, method="HEAD"),
        torn(FailureKind.RESET, method="CONNECT"),
        torn(FailureKind.RESET, status=101),
        torn(FailureKind.RESET, status=204),
        torn(FailureKind.RESET, status=304),
        Exchange(request=Request(method="GET", target="/"), failure=Failure(kind=FailureKind.CONNECT)),
    ],
)
def test_not_truncated(exchange: Exchange) -> None:
    assert run("response-truncated", exchange) == []


def test_a_torn_event_stream_is_a_note() -> None:
    (finding,) = run("response-truncated", torn(FailureKind.RESET, media="text/event-stream"))
    assert finding.severity is Severity.INFO


def bodyless(
    status: int, content: bytes = b"", *, length: str = "", method: str = "GET", version: str = "HTTP/1.1"
) -> Exchange:
    fields = Headers.of(("Content-Length", length)) if length else Headers()
    return Exchange(
        request=Request(method=method, target="/", http_version=version),
        response=Response(status=status, http_version=version, headers=fields, body=Body(content)),
    )


def test_a_length_alone_is_certain_on_the_wire_and_a_hint_in_a_recording() -> None:
    exchange = bodyless(204, length="330")
    (finding,) = run("content-on-bodyless-status", exchange)
    assert (finding.severity, finding.confidence) == (Severity.MEDIUM, Confidence.CERTAIN)
    recorded = replace(exchange, origin=Origin("a.har", 0))
    (finding,) = run("content-on-bodyless-status", recorded)
    assert finding.confidence is Confidence.WEAK


@pytest.mark.parametrize(
    ("exchange", "severity"),
    [
        (bodyless(204, length="0"), Severity.INFO),
        (bodyless(204, b"x"), Severity.HIGH),
        (bodyless(205, b"x"), Severity.HIGH),
        (bodyless(304, b"x", version="HTTP/2"), Severity.HIGH),
        (bodyless(200, b"x", method="HEAD", version="HTTP/2"), Severity.HIGH),
        (bodyless(103, length="5"), Severity.MEDIUM),
    ],
)
def test_content_or_its_announcement(exchange: Exchange, severity: Severity) -> None:
    (finding,) = run("content-on-bodyless-status", exchange)
    assert finding.severity is severity


@pytest.mark.parametrize(
    "exchange",
    [
        bodyless(304, length="330"),
        bodyless(200, length="330", method="HEAD"),
        bodyless(205, length="0"),
        bodyless(200, b"x"),
        bodyless(101, b"\x81\x05"),
    ],
)
def test_lengths_that_are_fine(exchange: Exchange) -> None:
    assert run("content-on-bodyless-status", exchange) == []


@pytest.mark.parametrize(
    ("request_line", "status", "location", "extra"),
    [
        ("GET /a?x=1 HTTP/1.1", 302, "?x=1", ""),
        ("GET /a HTTP/1.1", 302, "", "Location:"),
        ("PUT /a HTTP/1.1", 307, "/a", ""),
    ],
)
def test_back_to_itself(request_line: str, status: int, location: str, extra: str) -> None:
    fields = [extra] if extra else [f"Location: {location}"]
    found = run("redirect-to-self", answer(f"{status} Found", *fields, request=request_line))
    assert len(found) == (0 if extra else 1)


@pytest.mark.parametrize(
    ("request_line", "status", "location"),
    [
        ("GET /a HTTP/1.1", 302, "/b"),
        ("GET /a HTTP/1.1", 302, "/a/"),
        ("GET /a HTTP/1.1", 302, "/a#part"),
        ("GET /a?x=1 HTTP/1.1", 302, "/a"),
        ("GET /a HTTP/1.1", 302, "https://api.example/a"),
        ("GET /a HTTP/1.1", 302, "http://other.example/a"),
        ("GET /a HTTP/1.1", 302, "http://[broken/a"),
        ("PUT /a HTTP/1.1", 302, "/a"),
        ("POST /a HTTP/1.1", 303, "/a"),
    ],
)
def test_somewhere_else(request_line: str, status: int, location: str) -> None:
    assert run("redirect-to-self", answer(f"{status} Found", f"Location: {location}", request=request_line)) == []


@pytest.mark.parametrize("field", ["Set-Cookie: lang=en", "Retry-After: 2"])
def test_something_changes_on_the_way(field: str) -> None:
    assert run("redirect-to-self", answer("302 Found", "Location: /v1/things", field)) == []


@pytest.mark.parametrize(
    ("known", "current", "count"),
    [
        ('"7"', '"7"', 1),
        ('"6", W/"7"', 'W/"7"', 1),
        ('"6"', '"7"', 0),
        ("*", '"7"', 0),
        ('"7-gzip"', '"7"', 0),
        ('"7"', 'W/"7"', 0),
        ('""', '""', 0),
    ],
)
def test_validators(known: str, current: str, count: int) -> None:
    found = run("precondition-ignored", answer("200 OK", f"ETag: {current}", sent=f"If-None-Match: {known}", body="[]"))
    assert len(found) == count


def test_recordings_without_request_fields_are_not_judged() -> None:
    bare = Request(method="GET", target="/")
    for rule, status in [
        ("not-modified-unsolicited", 304),
        ("partial-content-malformed", 206),
        ("switching-unasked", 101),
        ("too-early-unsolicited", 425),
        ("status-contradicts-request", 406),
    ]:
        assert run(rule, Exchange(request=bare, response=Response(status=status))) == []


@pytest.mark.parametrize(
    ("method", "asked", "media", "fields", "count"),
    [
        ("GET", "bytes=0-1", "text/plain", ["Content-Range: bytes 0-1/9"], 0),
        ("GET", "bytes=0-1", "text/plain", [], 1),
        ("HEAD", "bytes=0-1", "text/plain", [], 1),
        ("POST", "bytes=0-1", "text/plain", [], 0),
        ("GET", "bytes=0-1", "multipart/byteranges; boundary=x", [], 1),
        ("GET", "bytes=0-1,4-5", "multipart/byteranges", [], 1),
        ("GET", "bytes=0-1,4-5", "multipart/byteranges; boundary=x", ["Content-Range: bytes 0-5/9"], 1),
        ("GET", "bytes=0-1,4-5", "multipart/byteranges; boundary=x", [], 0),
        ("GET", "pages=1", "text/plain", [], 0),
    ],
)
def test_partial_content(method: str, asked: str, media: str, fields: list[str], count: int) -> None:
    text = answer(
        "206 Partial Content",
        f"Content-Type: {media}",
        *fields,
        request=f"{method} /a HTTP/1.1",
        sent=f"Range: {asked}",
    )
    assert len(run("partial-content-malformed", text)) == count


@pytest.mark.parametrize(
    ("status", "weight"),
    [(99, Severity.HIGH), (600, Severity.HIGH), (299, Severity.INFO), (520, Severity.INFO), (999, Severity.HIGH)],
)
def test_codes_that_are_not_registered(status: int, weight: Severity) -> None:
    exchange = Exchange(request=Request(method="GET", target="/"), response=Response(status=status))
    (finding,) = run("invalid-status-code", exchange)
    assert finding.severity is weight


@pytest.mark.parametrize("status", [0, 200, 402, 418, 451, 511])
def test_codes_that_are_fine(status: int) -> None:
    exchange = Exchange(request=Request(method="GET", target="/"), response=Response(status=status))
    assert run("invalid-status-code", exchange) == []


def test_cloudflare_is_named() -> None:
    exchange = Exchange(request=Request(method="GET", target="/"), response=Response(status=522))
    (finding,) = run("invalid-status-code", exchange)
    assert "Cloudflare" in finding.message


def test_partial_success_of_graphql_is_its_own() -> None:
    for media, count in (("application/graphql-response+json", 0), ("application/json", 1)):
        response = Response(status=294, headers=Headers.of(("Content-Type", media)))
        exchange = Exchange(request=Request(method="POST", target="/graphql"), response=response)
        assert len(run("invalid-status-code", exchange)) == count


def test_no_101_on_http2() -> None:
    request = Request(method="GET", target="/", headers=Headers.of(("Upgrade", "websocket")))
    response = Response(status=101, http_version="HTTP/2.0", headers=Headers.of(("Upgrade", "websocket")))
    assert len(run("switching-unasked", Exchange(request=request, response=response))) == 1


_FRAME = '  File "/srv/shop/{}.py", line 12, in load\n'


@pytest.mark.parametrize(
    ("before", "between", "count"),
    [
        ("", "\n", 1),
        ("<p>results: none, comments: none</p>\n" * 400, "\n", 1),  # words that look like the ends of frames
        ("", "<p>no more than words</p>\n" * 200, 1),
        ("x" * 40_000, "\n", 0),  # further behind than is read
    ],
)
def test_frames_are_found_wherever_they_stand(before: str, between: str, count: int) -> None:
    frames = between.join(_FRAME.format(name) for name in ("views", "store", "rows"))
    text = answer("500 Internal Server Error", "Content-Type: text/plain", body=f"{before}Traceback\n{frames}")
    assert len(run("stack-trace-exposed", text)) == count
