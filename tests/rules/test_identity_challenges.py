"""Challenges and refusals: each guard of the rules with the story that it is for."""

from __future__ import annotations

import pytest

from lab.rule import one, run
from lab.story import pair
from wirelint.core.finding import Confidence, Finding, Severity

A, B = "b1946ac92492d234", "7215ee9c7d9dc229"
ELSEWHERE = pair(200, "/me", A)


STATUS = "auth-status-inconsistent"
LOG_IN, KEEP_OUT = pair(401), pair(403)


def test_strangers_are_told_both() -> None:
    finding = one(STATUS, ELSEWHERE + 3 * (LOG_IN + KEEP_OUT))
    assert finding.evidence == "GET /notes → 403 3 times, 401 3 times"
    assert finding.suggested_status == 401


@pytest.mark.parametrize(
    "text",
    [
        ELSEWHERE + 3 * LOG_IN + 3 * KEEP_OUT,
        ELSEWHERE + 2 * (LOG_IN + KEEP_OUT) + LOG_IN,
        ELSEWHERE + LOG_IN + KEEP_OUT + LOG_IN + LOG_IN + KEEP_OUT,
        ELSEWHERE + 2 * (LOG_IN + KEEP_OUT) + LOG_IN + pair(403, body='{"error": "CSRF token missing"}'),
        3 * (LOG_IN + KEEP_OUT),
        ELSEWHERE + 3 * (LOG_IN + pair(403, method="DELETE")),
        ELSEWHERE + 3 * (LOG_IN + pair(403, key=B)),
        ELSEWHERE + 3 * (LOG_IN + pair(403, got="Server: cloudfront")),
        ELSEWHERE + 3 * (LOG_IN + pair(403, got="Server: other/1.0")),
        ELSEWHERE + 3 * (LOG_IN + pair(403, body='{"error": "too many requests, slow down"}')),
        ELSEWHERE + 3 * (LOG_IN + pair(403, body='{"error": "CSRF token missing"}')),
        ELSEWHERE + 3 * (LOG_IN + pair(403, "/lists")),
        ELSEWHERE + 2 * (LOG_IN + KEEP_OUT) + LOG_IN + "# +700s\n" + KEEP_OUT,
    ],
    ids=[
        "a new release",
        "twice only",
        "twice the other",
        "once of three about forgery",
        "credentials left out",
        "other method",
        "known caller",
        "firewall",
        "other server",
        "rate limit",
        "forgery",
        "other route",
        "long ago",
    ],
)
def test_what_is_not_inconsistent(text: str) -> None:
    assert run(STATUS, text) == []


def test_a_404_counts_where_the_resource_is_the_same() -> None:
    same = 3 * (pair(401, "/notes/7") + pair(404, "/notes/7"))
    assert len(run(STATUS, ELSEWHERE + same)) == 1
    others = 3 * (pair(401, "/notes/7") + pair(404, "/notes/8"))
    assert run(STATUS, ELSEWHERE + others) == []


SCHEME = "challenge-scheme-mismatch"


def bearer(status: int, token: str | None, asks: str = "Basic", target: str = "/notes") -> str:
    sent = f"Authorization: Bearer {token}" if token else ""
    return pair(status, target, sent=sent, got=f"WWW-Authenticate: {asks}" if status == 401 else "")


def test_a_challenge_that_leads_astray() -> None:
    finding = one(SCHEME, bearer(401, None) + bearer(200, A) + bearer(401, B))
    assert (finding.confidence, finding.severity) == (Confidence.STRONG, Severity.LOW)
    assert finding.message == "401 that asks for basic, where bearer is accepted"
    assert one(SCHEME, bearer(403, A) + bearer(401, B)).confidence is Confidence.STRONG


@pytest.mark.parametrize(
    "before",
    [
        "",
        bearer(200, A),
        bearer(401, None) + bearer(200, None) + bearer(200, A),
        bearer(401, None) + bearer(200, A, target="/lists"),
        bearer(401, None) + pair(200, sent="Authorization: Token abc"),
        bearer(401, None) + bearer(200, A) + "# +601s\n",
    ],
    ids=["nothing", "nobody refused", "strangers let in", "other route", "other scheme", "long ago"],
)
def test_a_challenge_that_may_be_right(before: str) -> None:
    assert one(SCHEME, before + bearer(401, B)).confidence is Confidence.WEAK


def test_offers_of_the_scheme_sent_are_no_mismatch() -> None:
    assert run(SCHEME, bearer(401, A, asks="Bearer")) == []
    assert run(SCHEME, bearer(401, A, asks="Basic, Negotiate")) == []


MISSING = "sent-credentials-called-missing"


def says(text: str, authorization: str = f"Bearer {A}") -> list[Finding]:
    return run(MISSING, pair(401, sent=f"Authorization: {authorization}", body=f'{{"message": "{text}"}}'))


@pytest.mark.parametrize(
    "text",
    [
        "Authentication credentials were not provided.",
        "Authorization header is missing",
        "Missing Authorization header",
        "No authorization token was found",
        "No token provided",
        "Access token not found",
        "Bearer token missing",
        "Request without credentials",
    ],
)
def test_words_that_deny_what_was_sent(text: str) -> None:
    (finding,) = says(text)
    assert finding.severity is Severity.MEDIUM


@pytest.mark.parametrize(
    "text",
    [
        "Missing or invalid token",
        "Token has expired",
        "No valid credentials",
        "API key missing",
        "Refresh token missing",
        "CSRF token missing",
        "Session not found",
        "No token for this tenant",
        "Token not found in database",
        "Unauthorized",
    ],
)
def test_words_that_may_be_right(text: str) -> None:
    assert says(text) == []


@pytest.mark.parametrize("authorization", ["Basic YWRhOm9uZQ==", "Digest username=1"])
def test_a_token_is_missing_where_a_password_was_sent(authorization: str) -> None:
    assert says("Bearer token missing", authorization) == []
    assert len(says("Authorization header missing", authorization)) == 1


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer null", "Bearer undefined", "abc"])
def test_an_empty_field_is_as_good_as_none(authorization: str) -> None:
    assert says("No token provided", authorization) == []
