"""Secrets do not come through, and prose does."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.core.redact import redact, secrets

CANARY = "canary7Kq9Zx"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"authorization=Basic {CANARY}",
        f'{{"password": "{CANARY}"}}',
        f'"access_token":"{CANARY}"',
        f"api_key={CANARY}&x=1",
        f"https://ada:{CANARY}@host.example/",
        f"Set-Cookie: session={CANARY}; Path=/",
        f"your token is {CANARY}",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnk3S3E5WngifQ.c2lnbmF0dXJlY2FuYXJ5",
        "sk-canary7Kq9Zx0123456789",
        "ghp_canary7Kq9Zx0123456789",
        "AKIAcanary7Kq9Zx012",
        "opaque canary7Kq9ZxAbC012345xyz",
        "mail to canary7Kq9Zx@host.example",
        f"/path?q={CANARY}",
    ],
)
def test_secrets_are_taken_out_by_their_looks(text: Any) -> None:
    assert "anary7Kq9Zx" not in redact(text)
    assert "c2lnbmF0" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "Wrong e-mail or password",
        "Authentication credentials were not provided.",
        "token is expired",
        "password is too short",
        "The access token has expired",
        "API key required",
        "You do not have permission to access the feature you are requesting",
        '{"success": false, "error": "User not found"}',
        "LIVEUPDATE_ALREADY_CONTRIBUTOR",
        "401 Unauthorized",
        "connect ECONNREFUSED 10.0.0.7:8080",
        "org.springframework.web.bind.MethodArgumentNotValidException",
    ],
)
def test_prose_stays(text: Any) -> None:
    assert redact(text) == text


def exchange_with_secrets() -> Any:
    return Exchange(
        request=Request(
            method="POST",
            target="/login?key=qwertzy1",
            headers=Headers.of(
                ("Authorization", "Bearer plainword"), ("Cookie", "theme=dark; s=crumble"), ("X-Api-Key", "walrus")
            ),
            body=Body(b'{"user": "ada", "auth": {"password": "swordfish"}}', media=media_type("application/json")),
        ),
        response=Response(
            status=200,
            headers=Headers.of(("Set-Cookie", "sid=biscuit; HttpOnly")),
            body=Body(b'{"token": "rosebud"}', media=media_type("application/json")),
        ),
    )


@pytest.mark.parametrize("secret", ["qwertzy1", "plainword", "crumble", "walrus", "swordfish", "biscuit", "rosebud"])
def test_what_the_exchange_carries_is_taken_out_wherever_it_is_echoed(secret: Any) -> None:
    known = secrets(exchange_with_secrets())
    assert secret in known
    assert secret not in redact(f"no account for {secret}, sorry", known)


def test_a_short_secret_is_not_taken_out_of_a_longer_word() -> None:
    assert redact("the latest news", ("test",)) == "the latest news"


def test_text_is_cut_and_printable() -> None:
    text = redact("a b " * 200 + "\x1b[31m\x00", limit=50)
    assert len(text) == 50
    assert text.endswith("…")
    assert redact("\x1b[31mred\x00") == " [31mred "


@given(st.text(max_size=5000))
def test_no_text_takes_long_or_raises(text: Any) -> None:
    redact(text, ("abcd", text[:20]))


@pytest.mark.parametrize(
    "piece", ["token", "a@", "eyJ", "?a=", "://a:", "Bearer ", "-----BEGIN A", "password is ", "=", "a.b-c_"]
)
def test_time_is_linear(piece: Any) -> None:
    began = time.perf_counter()
    redact(piece * 20_000)
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize(
    "path", ["/v1/occurrence/search", "/api/v2/users/me/settings", "/apis/apps/v1beta1/deployments"]
)
def test_versions_do_not_make_a_path_look_random(path: str) -> None:
    assert redact(f"GET {path} → 404", frozenset()) == f"GET {path} → 404"


def test_a_random_segment_is_masked_beside_a_version() -> None:
    assert "b7Xq2Lw9Zt4Kd8Rv3Pn6" not in redact("GET /v1/b7Xq2Lw9Zt4Kd8Rv3Pn6/users", frozenset())
