"""No rule fails, whatever the traffic is."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.rule import EVERY_RULE
from wirelint.core.audit import Audit
from wirelint.core.body import Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Failure, FailureKind, Request, Response
from wirelint.core.finding import Confidence
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.core.origin import Origin
from wirelint.core.rule import Rule
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue

EVERYTHING = Engine(catalogue(), least=Confidence.WEAK)

# Names that rules look at, so that garbage gets past their first conditions.
FIELDS = [
    "accept",
    "accept-patch",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "cache-status",
    "cf-cache-status",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "deprecation",
    "early-data",
    "etag",
    "expect",
    "if-match",
    "if-none-match",
    "link",
    "location",
    "proxy-authenticate",
    "proxy-status",
    "range",
    "ratelimit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "retry-after",
    "server",
    "set-cookie",
    "sunset",
    "upgrade",
    "via",
    "www-authenticate",
    "x-cache",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
]
VALUES = st.one_of(
    st.binary(max_size=40),
    st.text(alphabet=' ,;="\\/*@?0123456789abcWTBearer-', max_size=40).map(str.encode),
    st.sampled_from(
        [
            b"Bearer realm=",
            b'Bearer error="insufficient_scope"',
            b"bytes=0-1,4-5",
            b"bytes */7",
            b"@9999999999999999",
            b"edge; error=dns_error, b; received-status=503",
            b'"a";r=0;t=60',
            b"multipart/byteranges; boundary=x",
            b"application/json; charset=utf-7",
            b"application/graphql-response+json",
            b"application/x-www-form-urlencoded",
            b"http://[::1/",
            b"//",
            b"gzip",
            b"9" * 30,
            "\u0663".encode(),
            b"\xb2",
        ]
    ),
)
NAMES = st.one_of(st.sampled_from([name.encode() for name in FIELDS]), st.binary(max_size=12))
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=8).map(Headers)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from(
                    [
                        "error",
                        "errors",
                        "code",
                        "status",
                        "message",
                        "data",
                        "type",
                        "detail",
                        "success",
                        "retry_after",
                        "title",
                    ]
                ),
                st.text(max_size=6),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)


def encoded(value: object) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


CONTENT = st.one_of(
    st.none(),
    st.binary(max_size=60),
    JSON.map(encoded),
    st.sampled_from(
        [b"", b"null", b"{", b"<a>", b"<html><title>502", b"--x\r\n\r\n--x--", b"[" * 60, b"\xff\xfe{\x00"]
    ),
)


@st.composite
def garbage(draw: st.DrawFn) -> Exchange:
    """Return an exchange of arbitrary values of the right types."""

    def body(headers: Headers) -> Body:
        raw = draw(CONTENT)
        media = media_type(headers.get("content-type"))
        coding = headers.get("content-encoding") or ""
        return Body(raw, complete=raw is not None and draw(st.booleans()), coding=coding, media=media)

    sent, got = draw(HEADERS), draw(HEADERS)
    methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT"]
    request = Request(
        method=draw(st.one_of(st.sampled_from(methods), st.text(max_size=5))),
        target=draw(st.one_of(st.text(max_size=30), st.sampled_from(["/", "*", "//", "/graphql", "/oauth/token?a=%"]))),
        authority=draw(st.text(max_size=10)),
        headers=sent,
        body=body(sent),
    )
    status = st.one_of(
        st.integers(-5, 1100),
        st.sampled_from([101, 200, 201, 202, 204, 205, 206, 302, 304, 308, 400, 401, 405, 416, 429, 451, 500, 503]),
    )
    response = draw(
        st.one_of(
            st.none(),
            st.builds(
                lambda code, reason: Response(status=code, reason=reason, headers=got, body=body(got)),
                status,
                st.text(max_size=10),
            ),
        )
    )
    failure = draw(st.one_of(st.none(), st.builds(Failure, kind=st.sampled_from(FailureKind), message=st.text())))
    return Exchange(
        request=request,
        response=response,
        failure=failure,
        origin=draw(st.one_of(st.none(), st.just(Origin("file", 0)))),
        timestamp=draw(st.one_of(st.none(), st.floats(0, 2e9))),
    )


@given(garbage())
def test_no_rule_fails_on_garbage(exchange: Exchange) -> None:
    audit: Audit = EVERYTHING.audit(exchange)
    assert audit.faults == ()


@EVERY_RULE
def test_no_rule_fails_on_its_examples_gone_wrong(rule: Rule) -> None:
    """Yield each example with its content truncated, unknown, or of another type."""
    alone = Engine([rule], least=Confidence.WEAK)
    for text in rule.bad + rule.good:
        for exchange in exchanges(text):
            response = exchange.response
            if response is None:
                continue
            raw, media = response.body.raw or b"", response.headers.media_type
            for body in (
                Body(raw[: len(raw) // 2], complete=False, media=media),
                Body(raw + b"\xff\x00", media=media),
                Body(raw, coding="gzip", media=media),
                Body.unknown("streamed"),
            ):
                changed = Response(status=response.status, headers=response.headers, body=body)
                broken = Exchange(request=exchange.request, response=changed, failure=exchange.failure)
                assert alone.audit(broken).faults == ()


@pytest.mark.parametrize("status", [200, 400, 401, 500])
@pytest.mark.parametrize("name", ["error", "errors", "data", "fault", "detail", "message"])
@pytest.mark.parametrize("shape", ["objects", "lists", "pages"])
def test_deep_nesting_costs_no_depth(status: int, name: str, shape: str) -> None:
    """Compiled functions that call themselves have no guard but their own: without one, this would be a crash."""
    opening, closing = {
        "objects": (f'{{"{name}":', "}"),
        "lists": (f'{{"{name}":[', "]}"),
        "pages": (f"<{name}>", f"</{name}>"),
    }[shape]
    kind = "application/xml" if shape == "pages" else "application/json"
    for depth in (150, 900, 9_000, 100_000):
        content = f"{opening * depth}{'text' if shape == 'pages' else 1}{closing * depth}".encode()
        headers = Headers.of(("Content-Type", kind))
        body = Body(content, media=media_type(kind))
        exchange = Exchange(
            request=Request(method="POST", target="/orders", headers=headers, body=body),
            response=Response(status=status, headers=headers, body=copy.copy(body)),
        )
        assert EVERYTHING.audit(exchange).faults == ()
