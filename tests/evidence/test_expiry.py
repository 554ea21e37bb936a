"""Tokens that had run out when they were sent."""

from __future__ import annotations

import base64
import json

import msgspec
import pytest

from lab.rule import answer
from wirelint.core.exchange import Exchange
from wirelint.core.wire import exchanges
from wirelint.evidence.expiry import is_expired

NOW = 1_700_000_000.0


def sending(claims: object, scheme: str = "Bearer", at: float | None = NOW) -> Exchange:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    sent = f"Authorization: {scheme} eyJhbGciOiJIUzI1NiJ9.{middle}.abcabcabc"
    (exchange,) = exchanges(answer("403 Forbidden", sent=sent))
    return msgspec.structs.replace(exchange, timestamp=at)


def test_a_token_that_ran_out() -> None:
    assert is_expired(sending({"exp": NOW - 3600}))


@pytest.mark.parametrize(
    "claims", [{"exp": NOW + 3600}, {"exp": NOW - 5}, {"exp": "1"}, {"exp": True}, {"exp": 0}, {}, [], None]
)
def test_a_token_that_did_not_or_may_not_have(claims: object) -> None:
    assert not is_expired(sending(claims))


def test_other_schemes_and_unknown_times_prove_nothing() -> None:
    assert not is_expired(sending({"exp": NOW - 3600}, scheme="Token"))
    assert not is_expired(sending({"exp": NOW - 3600}, at=None))


@pytest.mark.parametrize("token", ["a.b.c", "a.!!!!.c", "eyJ.e30.x", "abc", ""])
def test_what_is_no_token_is_none(token: str) -> None:
    (exchange,) = exchanges(answer("403 Forbidden", sent=f"Authorization: Bearer {token}"))
    assert not is_expired(msgspec.structs.replace(exchange, timestamp=NOW))
