"""No rule fails on a message that was cut anywhere, and none takes more than linear time on hostile ones."""

from __future__ import annotations

import functools
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirelint.core.body import Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.finding import Confidence
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue

EVERYTHING = Engine(catalogue(), least=Confidence.WEAK)
LIMIT = 64 * 1024
"""How much of a body is captured by default, in octets."""
ALLOWED = 0.1
"""Seconds that a whole audit may take: hundreds of times what it needs, a fraction of what a quadratic one does."""

EXAMPLES = [exchange for rule in catalogue() for text in (*rule.bad, *rule.good) for exchange in exchanges(text)]


def cut(body: Body, at: int) -> Body:
    content = body.content
    return Body(content[:at], complete=False, media=body.media) if content else body


def cut_fields(headers: Headers, at: int) -> Headers:
    return Headers((name, value[: at % (len(value) + 1)]) for name, value in headers.fields)


@given(st.sampled_from(EXAMPLES), st.integers(0, 600), st.integers(0, 600), st.integers(100, 599))
def test_no_rule_fails_on_what_was_cut(example: Exchange, sent: int, got: int, status: int) -> None:
    request, response = example.request, example.response
    headers = cut_fields(request.headers, sent)
    asked = Request(
        method=request.method,
        target=request.target[: sent % (len(request.target) + 1)],
        authority=request.authority,
        headers=headers,
        body=cut(request.body, sent),
    )
    answered = response and Response(
        status=status, headers=cut_fields(response.headers, got), body=cut(response.body, got)
    )
    assert EVERYTHING.audit(Exchange(request=asked, response=answered)).faults == ()


PIECES = [
    "a", " ", "\n", "a ", "%", "%zz", "=", "&a=", "error=1&", "<", "<a>", "<a ", "<error>", "<h1><", "<title> ",
    "<input ", "{", "[", '{"a":', '[{"error":', '"', "\\", ",", ";", "://", "/", "//", "../", "at a.b(c:1)\n",
    "Traceback ", "invalid token ", "no valid ", "missing a ", "api key ", "token is ", "not have a ",
    "insufficient x ", "access to a", "requires a a ", "time out a ", "code = 1\n", "Status-Code: ", "status_code",
    "A_", "_", "1_", "Basic ", 'Bearer a="b", ', "data: x\n\n", "event: error\n", "é", "duplicate ", "too many a ",
    "backend a ", "unknown a ", "missing required ", "X-A: b\r\n", "--a\r\n", "\x00", "-", "0", "=?", "quota ",
    "exceeded your a ", "login a a a a ",
]  # fmt: skip
MESSAGE = "application/problem+json"
KINDS = [
    MESSAGE,
    "application/json",
    "text/html",
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "text/event-stream",
    "",
]


def hostile(piece: str, kind: str, status: int) -> Exchange:
    """Return an exchange full of ``piece``: bodies of the captured size, and one JSON message if it is JSON."""
    text = (piece * LIMIT).encode()[:LIMIT]
    if kind == MESSAGE:
        text = json.dumps({"error": (piece * LIMIT)[: LIMIT // 8]}).encode()
    field = text[:8192].replace(b"\r", b"").replace(b"\n", b" ")
    names = (
        b"www-authenticate",
        b"location",
        b"retry-after",
        b"content-range",
        b"proxy-status",
        b"ratelimit",
        b"allow",
    )
    fields = [(b"content-type", kind.encode()), *((name, field) for name in names)]
    sent = [(name, field) for name in (b"authorization", b"cookie", b"accept", b"range", b"if-none-match")]
    media = media_type(kind)
    return Exchange(
        request=Request(
            method="POST",
            target="/" + field.decode("latin-1"),
            headers=Headers([(b"content-type", kind.encode()), *sent]),
            body=Body(text, media=media),
        ),
        response=Response(status=status, headers=Headers(fields), body=Body(text, media=media)),
    )


@functools.cache
def _warm() -> None:
    for status in (200, 400):
        EVERYTHING.audit(hostile("x", "application/json", status))


@pytest.mark.parametrize("piece", PIECES, ids=repr)
def test_time_is_linear(piece: str) -> None:
    _warm()
    for kind in KINDS:
        for status in (200, 400, 401, 403, 500):
            # The machine may be busy: the best of three is what the rules took.
            taken = []
            for _ in range(3):
                exchange = hostile(piece, kind, status)
                began = time.process_time()
                audit = EVERYTHING.audit(exchange)
                taken.append(time.process_time() - began)
                assert audit.faults == ()
                if taken[-1] < ALLOWED:
                    break
            else:
                pytest.fail(f"{min(taken):.3f} s for {kind!r} under {status}")
