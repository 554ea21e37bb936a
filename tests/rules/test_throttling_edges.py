"""Cases of the throttling rules that their examples leave open."""

from __future__ import annotations

import pytest

from lab.rule import answer, run
from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.finding import Severity


def test_a_hint_in_the_content_alone_is_a_note() -> None:
    body = '{"error": {"message": "billing", "details": [{"@type": "RetryInfo", "retryDelay": "48s"}]}}'
    (finding,) = run("throttled-without-retry-hint", answer("429 Too Many Requests", body=body))
    assert finding.severity is Severity.INFO


@pytest.mark.parametrize(
    "text",
    [
        '{"error": {"code": "insufficient_quota"}}',
        '{"error": "You have reached your spending limit."}',
        '{"error": "Monthly quota exceeded, upgrade your plan"}',
        '{"error": "out of credits"}',
    ],
)
def test_waiting_does_not_refill_a_quota(text: str) -> None:
    assert run("throttled-without-retry-hint", answer("429 Too Many Requests", body=text)) == []


def test_content_that_was_not_seen_may_hold_a_hint() -> None:
    response = Response(status=429, body=Body.unknown("streamed"))
    assert (
        run("throttled-without-retry-hint", Exchange(request=Request(method="GET", target="/"), response=response))
        == []
    )


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("upstream connect error", Severity.INFO),
        ("Down for maintenance", Severity.MEDIUM),
        ("SlowDown", Severity.MEDIUM),
        ("please try again later", Severity.MEDIUM),
    ],
)
def test_words_weigh(text: str, severity: Severity) -> None:
    (finding,) = run("unavailable-without-retry-hint", answer("503 Service Unavailable", body=text))
    assert finding.severity is severity


@pytest.mark.parametrize("value", ["0", "120", "Sun, 06 Nov 1994 08:49:37 GMT", "[REDACTED]", "{{now}}"])
def test_retry_after_that_is_fine(value: str) -> None:
    for status in ("200 OK", "301 Moved", "503 Service Unavailable"):
        assert run("retry-after-malformed", answer(status, f"Retry-After: {value}")) == []


@pytest.mark.parametrize("value", ["", "-1", "1.5", "soon", "2026-01-01T00:00:00Z", "120s", "1,2"])
def test_retry_after_that_is_not(value: str) -> None:
    assert len(run("retry-after-malformed", answer("503 Service Unavailable", f"Retry-After: {value}"))) == 1


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        (["Cache-Control: public"], 1),
        (["Cache-Control: s-maxage=5"], 1),
        (["Cache-Control: max-age=0"], 0),
        (["Cache-Control: no-store, max-age=60"], 0),
        (["Age: 0"], 0),
        (["X-Cache: HIT from edge"], 1),
        (["X-Cache: MISS"], 0),
        (["CF-Cache-Status: HIT"], 1),
    ],
)
def test_caches(fields: list[str], count: int) -> None:
    assert len(run("throttle-cached", answer("429 Too Many Requests", "Retry-After: 1", *fields))) == count


NOON = "Date: Sat, 01 Jun 2024 12:00:00 GMT"
NOON_SECONDS = 1717243200


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        (["Retry-After: 5", 'RateLimit: "a";r=0;t=60'], 1),
        (["Retry-After: 59", 'RateLimit: "a";r=0;t=60'], 0),
        (["Retry-After: 5", 'RateLimit: "a";r=3;t=60'], 0),
        (["Retry-After: 5", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 60"], 1),
        (["Retry-After: 5", "X-RateLimit-Remaining: 0", f"X-RateLimit-Reset: {NOON_SECONDS + 60}"], 1),
        (["Retry-After: 60", "X-RateLimit-Remaining: 0", f"X-RateLimit-Reset: {NOON_SECONDS + 60}"], 0),
        (["Retry-After: 5", "X-RateLimit-Remaining: 0", f"X-RateLimit-Reset: {NOON_SECONDS + 60}000"], 0),
        (["Retry-After: 5", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: soon"], 0),
        (["Retry-After: 5", "X-RateLimit-Reset: 60"], 0),
        (["Retry-After: Sat, 01 Jun 2024 12:00:05 GMT", 'RateLimit: "a";r=0;t=60'], 1),
    ],
)
def test_hints_that_disagree(fields: list[str], count: int) -> None:
    assert len(run("retry-hints-disagree", answer("429 Too Many Requests", NOON, *fields))) == count
