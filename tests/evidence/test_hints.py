"""Hints when to come back, in fields and in content."""

from __future__ import annotations

import pytest

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.evidence.hints import hint_field, hint_in_content


def field(*pairs: tuple[str, str]) -> str | None:
    request = Request(method="GET", target="/")
    return hint_field(Exchange(request=request, response=Response(status=429, headers=Headers.of(*pairs))))


@pytest.mark.parametrize(
    "name",
    [
        "Retry-After",
        "x-ms-retry-after-ms",
        "Retry-After-Ms",
        "X-RateLimit-Reset",
        "X-Rate-Limit-Reset",
        "RateLimit-Reset",
        "anthropic-ratelimit-requests-reset",
        "x-ratelimit-reset-tokens",
    ],
)
def test_fields_that_tell(name: str) -> None:
    assert field((name, "7")) == name.lower()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-RateLimit-Limit", "100"),
        ("X-RateLimit-Remaining", "0"),
        ("RateLimit", '"default";r=0'),
        ("X-Archive-Orig-Retry-After", "6"),
        ("Access-Control-Expose-Headers", "Retry-After, X-RateLimit-Reset"),
        ("X-Password-Reset", "7"),
    ],
)
def test_fields_that_do_not(name: str, value: str) -> None:
    assert field((name, value)) is None


def test_the_draft_field_tells_by_its_parameter() -> None:
    assert field(("RateLimit", '"default";r=0;t=30')) == "ratelimit"


def test_a_limit_with_calls_left_is_not_the_one_that_refused() -> None:
    assert field(("RateLimit-Remaining", "1990"), ("RateLimit-Reset", "60")) is None
    assert field(("RateLimit-Remaining", "0"), ("RateLimit-Reset", "60")) == "ratelimit-reset"
    assert field(("X-RateLimit-Remaining-Tokens", "7"), ("X-RateLimit-Reset-Tokens", "6ms")) is None


def test_without_a_response_there_is_no_hint() -> None:
    assert hint_field(Exchange(request=Request(method="GET", target="/"))) is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"retry_after": 3}', "retry_after"),
        (b'{"error": {"details": [{"@type": "RetryInfo", "retryDelay": "48s"}]}}', "retryDelay"),
        (b'{"message": "Please retry in 48.9s."}', "retry in 48"),
        (b"Try again after 30 seconds", "again after 30"),
        (b'{"retry_after": null}', None),
        (b'{"message": "too many requests"}', None),
        (b"", None),
    ],
)
def test_content(content: bytes, expected: str | None) -> None:
    assert hint_in_content(Body(content)) == expected


def test_content_is_searched_to_a_bound() -> None:
    assert hint_in_content(Body(b'{"a":' * 40 + b'{"retry_after": 3}' + b"}" * 40)) is None
    assert hint_in_content(Body(b" " * 5000 + b"retry in 7")) is None
    assert hint_in_content(Body.unknown("streamed")) is None
