"""Cases of the authentication and gateway rules that their examples leave open."""

from __future__ import annotations

import pytest

from lab.rule import answer, run
from wirelint.core.finding import Severity
from wirelint.core.verdict import Verdict

TOKEN = """\
POST /oauth/token HTTP/1.1
Host: {host}
{fields}Content-Type: application/x-www-form-urlencoded

grant_type=refresh_token&refresh_token=abc
HTTP/1.1 {status} X
{got}Content-Type: application/json

{content}
"""


def token(status: int, content: str, *, host: str = "id.example", fields: str = "", got: str = "") -> str:
    return TOKEN.format(host=host, fields=fields, status=status, got=got, content=content)


def test_an_error_under_200_is_the_clients() -> None:
    (finding,) = run("oauth-token-status", token(200, '{"error": "invalid_grant"}'))
    assert (finding.severity, finding.verdict, finding.suggested_status) == (Severity.HIGH, Verdict.CLIENT_ERROR, 400)


def test_what_a_public_provider_does_is_a_note() -> None:
    (finding,) = run("oauth-token-status", token(200, '{"error": "bad_verification_code"}', host="github.com"))
    assert finding.severity is Severity.INFO


@pytest.mark.parametrize(
    ("status", "content", "fields"),
    [
        (400, '{"error": "invalid_grant"}', ""),
        (400, '{"error": "authorization_pending"}', ""),
        (400, '{"error": "slow_down"}', ""),
        (400, '{"error": "invalid_client"}', ""),
        (401, '{"error": "invalid_client"}', ""),
        (401, '{"error": "invalid_client"}', "Authorization: Basic YTpi\n"),
        (200, '{"access_token": "abc", "token_type": "bearer"}', ""),
        (200, '{"error": null}', ""),
        (503, '{"error": "temporarily_unavailable"}', ""),
    ],
)
def test_what_the_specification_asks_for(status: int, content: str, fields: str) -> None:
    assert run("oauth-token-status", token(status, content, fields=fields)) == []


@pytest.mark.parametrize(
    ("status", "error", "meant"),
    [
        (401, "insufficient_scope", 403),
        (403, "invalid_token", 401),
        (400, "invalid_token", 401),
        (403, "invalid_request", 400),
        (401, "invalid_request", 400),
    ],
)
def test_errors_of_another_status(status: int, error: str, meant: int) -> None:
    text = answer(f"{status} X", f'WWW-Authenticate: Basic realm="a", Bearer error="{error}"')
    (finding,) = run("bearer-error-status-mismatch", text)
    assert finding.suggested_status == meant
    assert (finding.severity is Severity.INFO) == (status == 401 and error == "invalid_request")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, "invalid_token"),
        (403, "insufficient_scope"),
        (404, "insufficient_scope"),
        (401, "use_dpop_nonce"),
        (200, "invalid_token"),
    ],
)
def test_errors_in_their_place(status: int, error: str) -> None:
    text = answer(f"{status} X", f'WWW-Authenticate: Bearer error="{error}"')
    assert run("bearer-error-status-mismatch", text) == []


@pytest.mark.parametrize(
    ("sent", "challenge", "count"),
    [
        ("Authorization: Bearer abc", "Bearer", 1),
        ("Authorization: Bearer abc", 'Basic realm="a"', 0),
        ("Authorization: Bearer", "Bearer", 0),
        ("Authorization: Basic YTpi", "Bearer", 0),
        ("Authorization: Bearer abc", "Bearer realm=a b", 0),
        ("Authorization: bearer abc", 'Bearer realm="a", BEARER error="invalid_token"', 0),
    ],
)
def test_refused_tokens(sent: str, challenge: str, count: int) -> None:
    text = answer("401 Unauthorized", f"WWW-Authenticate: {challenge}", sent=sent)
    assert len(run("bearer-failure-unexplained", text)) == count


@pytest.mark.parametrize(
    ("challenge", "count"),
    [
        ("Basic", 1),
        ('Bearer realm="a", realm="b"', 1),
        ("Bearer", 0),
        ("GoodData", 0),
        ("Foo a=1, a=2", 0),
        ("[REDACTED]", 0),
    ],
)
def test_challenges_by_scheme(challenge: str, count: int) -> None:
    assert len(run("challenge-malformed", answer("401 X", f"WWW-Authenticate: {challenge}"))) == count


def test_a_proxys_challenge_is_parsed_too() -> None:
    assert len(run("challenge-malformed", answer("407 X", 'Proxy-Authenticate: Basic realm="open'))) == 1


@pytest.mark.parametrize(
    ("status", "fields", "suggested"),
    [
        (200, ["Proxy-Status: edge; error=connection_timeout"], 504),
        (500, ["Proxy-Status: edge; error=dns_error"], 502),
        (206, ["Proxy-Status: edge; received-status=503"], 503),
        (200, ["Proxy-Status: edge; received-status=503", "Cache-Status: edge; fwd=stale"], None),
        (200, ["Proxy-Status: edge; received-status=503", "X-Cache: HIT"], None),
        (500, ["Proxy-Status: edge; received-status=503", "Age: 7"], 503),
        (503, ["Proxy-Status: edge; received-status=503"], None),
        (500, ["Proxy-Status: edge; error=proxy_internal_error"], None),
        (200, ["Proxy-Status: inner; error=dns_error, edge"], None),
    ],
)
def test_declared_upstream_failures(status: int, fields: list[str], suggested: int | None) -> None:
    found = run("masked-upstream-declared", answer(f"{status} X", *fields, body="{}"))
    assert [finding.suggested_status for finding in found] == ([] if suggested is None else [suggested])
    assert all(finding.verdict is Verdict.SERVER_ERROR for finding in found)


@pytest.mark.parametrize(
    ("status", "error", "count"),
    [
        (502, "connection_timeout", 1),
        (504, "connection_timeout", 0),
        (500, "connection_timeout", 0),
        (403, "http_request_denied", 0),
        (503, "proxy_internal_response", 0),
    ],
)
def test_a_proxy_and_its_own_error(status: int, error: str, count: int) -> None:
    assert len(run("proxy-status-mismatch", answer(f"{status} X", f"Proxy-Status: edge; error={error}"))) == count


@pytest.mark.parametrize(
    ("sunset", "deprecation", "count"),
    [
        ("Sun, 30 Nov 2025 23:59:59 GMT", "@1767225600", 1),
        ("Sun, 30 Nov 2025 23:59:59 GMT", "Wed, 31 Dec 2025 23:59:59 GMT", 1),
        ("Thu, 31 Dec 2026 23:59:59 GMT", "@1767225600", 0),
        ("Sun, 30 Nov 2025 23:59:59 GMT", "true", 0),
        ("soon", "@1767225600", 0),
    ],
)
def test_dates_of_an_end(sunset: str, deprecation: str, count: int) -> None:
    text = answer("200 OK", f"Sunset: {sunset}", f"Deprecation: {deprecation}", body="[]")
    assert len(run("sunset-before-deprecation", text)) == count


GRAPHQL = """\
POST /graphql HTTP/1.1
Host: api.example
Content-Type: application/json

{{"query": "{{ me }}"}}
HTTP/1.1 {status} X
Content-Type: {media}

{content}
"""


@pytest.mark.parametrize(
    ("status", "content", "count"),
    [
        (200, '{"errors": [{"message": "no"}]}', 1),
        (200, '{"data": null, "errors": [{"message": "no"}]}', 0),
        (200, '{"data": {"me": 7}, "errors": [{"message": "no"}]}', 0),
        (294, '{"data": {"me": 7}, "errors": [{"message": "no"}]}', 0),
        (500, '{"data": {"me": 7}}', 1),
        (400, '{"errors": [{"message": "no"}]}', 0),
        (400, "[]", 0),
    ],
)
def test_graphql(status: int, content: str, count: int) -> None:
    text = GRAPHQL.format(status=status, media="application/graphql-response+json", content=content)
    assert len(run("graphql-response-status", text)) == count
    assert (
        run("graphql-response-status", GRAPHQL.format(status=status, media="application/json", content=content)) == []
    )
