"""Challenges as they are sent, rightly and wrongly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirelint.core.headers import Headers
from wirelint.evidence.challenges import Challenge, Challenges, read

FIELD = "www-authenticate"


def parsed(*lines: str) -> Challenges:
    return read(Headers.of(*((FIELD, line) for line in lines)), FIELD)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Bearer", [("bearer", [], "")]),
        ('Basic realm="a, b"', [("basic", [("realm", "a, b")], "")]),
        ("Negotiate abc==, NTLM", [("negotiate", [], "abc=="), ("ntlm", [], "")]),
        ('Bearer realm = "x" , scope="a b"', [("bearer", [("realm", "x"), ("scope", "a b")], "")]),
        ('Digest qop="auth", nonce="n"', [("digest", [("qop", "auth"), ("nonce", "n")], "")]),
        (', Basic realm="x", ,', [("basic", [("realm", "x")], "")]),
        ('X-Own title="Log in to \\"apps\\""', [("x-own", [("title", 'Log in to "apps"')], "")]),
        ('A x=1, B y="2", C', [("a", [("x", "1")], ""), ("b", [("y", "2")], ""), ("c", [], "")]),
        ("Hawk realm", [("hawk", [], "realm")]),
        (",", []),
        ("", []),
    ],
)
def test_what_the_grammar_allows(line: str, expected: list[tuple[str, list[tuple[str, str]], str]]) -> None:
    found = parsed(line)
    assert found.fault is None
    assert found.present
    assert found.items == tuple(Challenge(scheme, tuple(parameters), blob) for scheme, parameters, blob in expected)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("JWT realm=jwt auth", "realm=jwt auth"),
        ("Keystone uri='http://a:5000'", "uri='http://a:5000'"),
        ('Bearer error="a" error_description="b"', 'error="a" error_description="b"'),
        ('Basic realm="open', 'realm="open'),
        ('realm="x"', 'realm="x"'),
        ("Bearer realm=", None),  # by the grammar a token68
        ("Bearer realm=, error=x", "error=x"),
        ("{}", "{}"),
    ],
)
def test_what_it_does_not(line: str, fault: str | None) -> None:
    assert parsed(line).fault == fault


def test_each_line_stands_for_itself() -> None:
    found = parsed('Basic realm="open', "Bearer")
    assert found.fault == 'realm="open'
    assert [item.scheme for item in found.items] == ["basic", "bearer"]
    assert found.of("bearer") == (Challenge("bearer"),)


def test_absent_is_not_empty() -> None:
    assert not read(Headers(), FIELD).present
    assert parsed("").present


@pytest.mark.parametrize("line", ["[REDACTED]", "Bearer ***", "<WWW_AUTHENTICATE>", "Basic " + "a" * 5000])
def test_what_was_replaced_or_is_too_long_is_not_judged(line: str) -> None:
    found = parsed(line)
    assert not found.readable
    assert found.fault is None


@given(st.binary(max_size=200))
def test_any_octets_are_survived(octets: bytes) -> None:
    found = read(Headers([(b"WWW-Authenticate", octets)]), FIELD)
    assert found.present
