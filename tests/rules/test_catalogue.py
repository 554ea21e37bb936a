"""What holds of every rule there is; nothing here needs to be written per rule."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wirelint.core.body import Body
from wirelint.core.engine import Audit, Engine
from wirelint.core.exchange import Exchange, Failure, FailureKind, Headers, Origin, Request, Response
from wirelint.core.finding import Confidence, Finding
from wirelint.core.media import media_type
from wirelint.core.rule import SECTIONS, Rule
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue

CATALOGUE = catalogue()
DEFAULTS = tuple(rule for rule in CATALOGUE if rule.default)
EVERYTHING = Engine(CATALOGUE, least=Confidence.WEAK)
CANARY = "cnry7Hq2Zx9Lw4Kd8Rt5"

PARTS = {
    "always-200-service": {"ok-with-error-body"},
    "catch-all-400": {"bad-request-for-missing-resource"},
    "throttle-signal-inconsistent": {"throttle-misreported"},
}
"""What rules about a service as a whole count up is reported one by one as well."""

rules = pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)


def of_all(engine: Engine, text: str) -> list[Finding]:
    """The findings on all exchanges of an example."""
    findings: list[Finding] = []
    for exchange in exchanges(text):
        audit = engine.audit(exchange)
        assert audit.faults == ()
        findings += audit.findings
    return findings


def ids(findings: Iterable[Finding]) -> set[str]:
    return {finding.rule for finding in findings}


def test_there_are_rules() -> None:
    assert len(CATALOGUE) > 40
    assert len({rule.id for rule in CATALOGUE}) == len(CATALOGUE)


@rules
def test_documentation_is_complete(rule: Rule) -> None:
    lines = rule.text.splitlines()
    heads = [
        (at, line)
        for at, line in enumerate(lines[:-1])
        if line and set(lines[at + 1]) == {"-"} and len(lines[at + 1]) == len(line)
    ]
    assert tuple(name for _, name in heads) == SECTIONS
    ends = [at for at, _ in heads[1:]] + [len(lines)]
    sections = {name: "\n".join(lines[at + 2 : end]).strip() for (at, name), end in zip(heads, ends, strict=True)}
    assert all(sections.values())
    references = [line for line in sections["References"].splitlines() if line]
    assert references
    assert all(re.fullmatch(r"- https://\S+", line) for line in references)
    assert rule.summary
    assert not rule.summary.endswith(".")
    assert rule.because
    assert rule.basis


@rules
def test_id_reads_after_allow(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.id)
    told = rule.id.removeprefix("allow-header-")  # the field, not the verb
    assert not told.startswith(("no-", "disallow", "allow-", "must-", "should-", "prefer-"))
    assert rule.family


@rules
def test_bad_examples_are_reported_by_this_rule_and_no_other(rule: Rule) -> None:
    assert rule.bad
    alone = Engine([rule], least=Confidence.WEAK)
    others = Engine(other for other in DEFAULTS if other.id != rule.id)
    for text in rule.bad:
        findings = of_all(alone, text)
        parts = PARTS.get(rule.id, set())
        assert ids(findings) == {rule.id}, text
        assert ids(of_all(others, text)) == parts, text
        if rule.default and any(finding.confidence is not Confidence.WEAK for finding in findings):
            assert ids(of_all(Engine(DEFAULTS), text)) == {rule.id} | parts, text


@rules
def test_good_examples_are_silent(rule: Rule) -> None:
    assert rule.good
    alone = Engine([rule], least=rule.confidence)
    for text in rule.good:
        assert of_all(alone, text) == [], text
        assert ids(of_all(Engine(DEFAULTS), text)) == set(), text


@rules
def test_findings_are_fit_to_be_shown(rule: Rule) -> None:
    for text in rule.bad:
        for finding in of_all(Engine([rule], least=Confidence.WEAK), text):
            assert finding.message
            assert len(finding.message) <= 120
            assert finding.evidence
            # A word that redaction takes for a secret makes a message unreadable: choose another.
            assert "[redacted]" not in finding.message
            for shown in (finding.message, finding.evidence):
                assert " at 0x" not in shown
                assert "wirelint." not in shown
            assert finding.suggested_status is None or 100 <= finding.suggested_status <= 599


def with_canaries(exchange: Exchange) -> Exchange:
    """The exchange with one secret in each place where a client or a service may put one."""
    request, response = exchange.request, exchange.response
    scheme = (request.headers.get("authorization") or "Bearer x").partition(" ")[0]
    fields = [(name, value) for name, value in request.headers if name.lower() != "authorization"]
    query = "&" if "?" in request.target else "?"
    request = Request(
        method=request.method,
        target=f"{request.target}{query}access_token={CANARY}",
        authority=request.authority,
        headers=Headers.of(
            *fields, ("Authorization", f"{scheme} {CANARY}"), ("Cookie", f"sid={CANARY}"), ("X-Api-Key", CANARY)
        ),
        body=request.body,
    )
    if response is not None:
        content = response.body.raw or b""
        if content.startswith(b"{") and content.rstrip().endswith(b"}") and len(content.strip()) > 2:
            echo = f', "token": "{CANARY}", "detail": "the key {CANARY} is {CANARY}"}}'
            content = content.rstrip()[:-1] + echo.encode()
        response = Response(
            status=response.status,
            reason=response.reason,
            headers=Headers.of(*response.headers, ("Set-Cookie", f"sid={CANARY}; Path=/")),
            body=Body(content, complete=response.body.complete, media=response.media_type),
        )
    return Exchange(request=request, response=response, failure=exchange.failure, id=exchange.id)


@rules
def test_no_secret_gets_out(rule: Rule) -> None:
    for text in rule.bad + rule.good:
        for exchange in exchanges(text):
            audit = EVERYTHING.audit(with_canaries(exchange))
            assert audit.faults == ()
            for finding in audit.findings:
                assert CANARY not in repr(finding)


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
    """An exchange that obeys nothing but the types."""

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


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(garbage())
def test_no_rule_fails_on_garbage(exchange: Exchange) -> None:
    audit: Audit = EVERYTHING.audit(exchange)
    assert audit.faults == ()


@rules
def test_no_rule_fails_on_its_examples_gone_wrong(rule: Rule) -> None:
    """Each example with its content cut, unknown, or not what its type says."""
    alone = Engine([rule], least=Confidence.WEAK)
    for text in rule.bad + rule.good:
        for exchange in exchanges(text):
            response = exchange.response
            if response is None:
                continue
            raw, media = response.body.raw or b"", response.media_type
            for body in (
                Body(raw[: len(raw) // 2], complete=False, media=media),
                Body(raw + b"\xff\x00", media=media),
                Body(raw, coding="gzip", media=media),
                Body.unknown("streamed"),
            ):
                changed = Response(status=response.status, headers=response.headers, body=body)
                broken = Exchange(request=exchange.request, response=changed, failure=exchange.failure)
                assert alone.audit(broken).faults == ()
