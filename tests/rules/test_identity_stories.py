"""Rules on who was told what: each guard with the story that it is for."""

from __future__ import annotations

import msgspec
import pytest

from rule_lab import run
from wirelint.core.engine import Engine
from wirelint.core.finding import Confidence, Finding, Severity
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue

A, B = "b1946ac92492d234", "7215ee9c7d9dc229"
CHALLENGE = 'ApiKey realm="shop"'
LATER = "# +10s\n"
SPECIAL = "/notes/3f2504e0-4f89-41d3-9a0c-0305e82c3301"
TEXTS = {
    200: '{"text": "buy tea"}',
    201: '{"text": "buy tea"}',
    401: '{"error": "log in first"}',
    403: '{"error": "you may not do this"}',
    404: '{"error": "no such thing"}',
}


def pair(
    status: int,
    target: str = "/notes",
    key: str | None = None,
    *,
    method: str = "GET",
    sent: str = "",
    got: str = "",
    content: str = "",
    body: str | None = None,
    host: str = "shop.example",
) -> str:
    """One request with its answer. ``key`` is the credential, ``sent`` and ``got`` are further fields."""
    answer = TEXTS.get(status, "") if body is None else body
    request = [f"{method} {target} HTTP/1.1", f"Host: {host}", *sent.splitlines()]
    if key is not None and "Authorization" not in sent:
        request.append(f"X-Api-Key: {key}")
    response = [f"HTTP/1.1 {status} X", *got.splitlines()]
    if status == 401 and "WWW-Authenticate" not in got:
        response.append(f"WWW-Authenticate: {CHALLENGE}")
    if answer and "Content-Type" not in got:
        response.append("Content-Type: application/json")
    return "\n".join([*request, "", content, *response, "", answer, ""])


def one(rule: str, text: str) -> Finding:
    (finding,) = run(rule, text)
    return finding


TOLD = "authenticated-told-401"


def test_accepted_refused_accepted() -> None:
    finding = one(TOLD, pair(200, key=A) + pair(401, key=A) + pair(200, key=A))
    assert (finding.status, finding.suggested_status, finding.confidence) == (401, 503, Confidence.STRONG)
    assert [step.outcome for step in finding.story] == ["200", "401", "200"]


@pytest.mark.parametrize(
    "text",
    [
        pair(401, key=A) + pair(200, key=A),
        pair(200, key=A) + pair(401, key=A),
        pair(200, key=A) + pair(401, key=A) + pair(200, key=B),
        pair(200, key=A) + pair(401, key=B) + pair(200, key=A),
        pair(200, key=A) + pair(403, key=A) + pair(200, key=A),
        pair(200) + pair(401) + pair(200),
    ],
    ids=["not before", "not after", "another after", "another in between", "no 401", "nobody"],
)
def test_both_sides_of_the_sandwich_are_needed(text: str) -> None:
    assert run(TOLD, text) == []


def test_what_is_older_than_the_window_proves_nothing() -> None:
    assert run(TOLD, pair(200, key=A) + "# +601s\n" + pair(401, key=A) + pair(200, key=A)) == []


@pytest.mark.parametrize(
    "got",
    [
        'WWW-Authenticate: DPoP error="use_dpop_nonce"',
        "WWW-Authenticate: ApiKey\nDPoP-Nonce: eyJ7S_zG",
        'WWW-Authenticate: Bearer error="insufficient_user_authentication", acr_values="gold"',
        'WWW-Authenticate: Bearer error="insufficient_user_authentication", max_age=5',
        "WWW-Authenticate: Basic\nX-GitHub-OTP: required; app",
    ],
)
def test_a_step_of_a_protocol_is_no_refusal(got: str) -> None:
    assert run(TOLD, pair(200, key=A) + pair(401, key=A, got=got) + pair(200, key=A)) == []


@pytest.mark.parametrize("text", ["Two-factor code required", "Please re-authenticate", "Your account is locked"])
def test_a_401_about_other_matters_is_no_refusal(text: str) -> None:
    refused = pair(401, key=A, body=f'{{"error": "{text}"}}')
    assert run(TOLD, pair(200, key=A) + refused + pair(200, key=A)) == []


@pytest.mark.parametrize(
    "sent",
    [
        "Authorization: DPoP eyJhbGciOiJFUzI1NiJ9\nDPoP: eyJ0eXAi",
        'Authorization: Digest username="ada", nonce="7", response="6629"',
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20261121/x, Signature=fe5f80",
        "Authorization: Bearer [REDACTED]",
    ],
)
def test_proofs_made_anew_and_masked_credentials_are_never_the_same(sent: str) -> None:
    assert run(TOLD, pair(200, sent=sent) + pair(401, sent=sent) + pair(200, sent=sent)) == []


@pytest.mark.parametrize("target", ["/notes/8", "/notes/7?account=2"])
def test_secrets_may_be_per_place(target: str) -> None:
    finding = one(TOLD, pair(200, "/notes/7", A) + pair(401, target, A) + pair(200, "/notes/7", A))
    assert finding.confidence is Confidence.WEAK


def test_other_content_may_ask_for_another_permission() -> None:
    def call(status: int, name: str) -> str:
        return pair(status, "/rpc", A, method="POST", content=f'{{"call": "{name}"}}')

    assert one(TOLD, call(200, "read") + call(401, "write") + call(200, "read")).confidence is Confidence.WEAK
    assert one(TOLD, call(200, "read") + call(401, "read") + call(200, "read")).confidence is Confidence.STRONG


def test_other_paths_may_have_other_audiences() -> None:
    assert run(TOLD, pair(200, "/v1/notes", A) + pair(401, "/v2/notes", A) + pair(200, "/v1/notes", A)) == []
    assert run(TOLD, pair(200, key=A) + pair(401, key=A, host="other.example") + pair(200, key=A)) != []
    assert (
        one(TOLD, pair(200, key=A) + pair(401, key=A, host="other.example") + pair(200, key=A)).confidence
        is Confidence.WEAK
    )


def test_another_tenant_is_another_place() -> None:
    other = pair(401, key=A, sent="X-Tenant-Id: 9")
    assert run(TOLD, pair(200, key=A) + other + pair(200, key=A)) == []


@pytest.mark.parametrize(("method", "target"), [("POST", "/logout"), ("DELETE", "/session"), ("POST", "/auth/login")])
def test_a_session_may_have_been_ended_in_between(method: str, target: str) -> None:
    turn = pair(204, target, A, method=method)
    assert run(TOLD, pair(200, key=A) + turn + pair(401, key=A) + pair(200, key=A)) == []
    assert run(TOLD, turn + pair(200, key=A) + pair(401, key=A) + pair(200, key=A)) != []


@pytest.mark.parametrize("got", ["Age: 17", "X-Cache: HIT", "CF-Cache-Status: HIT"])
def test_a_cache_accepts_anybody(got: str) -> None:
    assert run(TOLD, pair(200, key=A) + pair(401, key=A) + pair(200, key=A, got=got)) == []


def test_requests_side_by_side_prove_nothing() -> None:
    def found(refusal: float, success: float) -> int:
        engine = Engine([rule for rule in catalogue() if rule.id == TOLD])
        first, refused, last = exchanges(pair(200, key=A) + pair(401, key=A) + pair(200, key=A))
        refused = msgspec.structs.replace(refused, started=refusal)
        last = msgspec.structs.replace(last, started=success)
        return sum(len(engine.audit(each).findings) for each in (first, refused, last))

    assert found(1001.0, 1002.0) == 1
    assert found(999.0, 1002.0) == 0
    assert found(1001.0, 1001.01) == 0


UNEVALUATED = "credentials-not-evaluated"
HEAD = pair(401, "/orders") + pair(200, "/orders", A) + pair(200, "/orders", B)
TAIL = pair(200, "/orders", A) + pair(200, "/orders", B)
ALIKE = pair(401, "/reports") + pair(401, "/reports", A) + pair(401, "/reports", B)


def test_one_answer_for_all() -> None:
    finding = one(UNEVALUATED, HEAD + ALIKE + TAIL)
    assert (finding.route, finding.status) == ("/reports", 401)
    assert len(finding.story) == 5


@pytest.mark.parametrize(
    "text",
    [
        HEAD + pair(401, "/reports", A) + pair(401, "/reports", B) + TAIL,
        HEAD + pair(401, "/reports") + pair(401, "/reports", A) + TAIL,
        HEAD + pair(401, "/reports") + 2 * pair(401, "/reports", A) + TAIL,
        HEAD + ALIKE + pair(200, "/orders", B),
        HEAD + ALIKE,
        pair(401, "/orders") + pair(200, "/orders", B) + ALIKE + TAIL,
        pair(401, "/orders") + pair(200, "/orders", A) + ALIKE + TAIL,
    ],
    ids=[
        "no stranger",
        "one caller",
        "one caller twice",
        "one valid after",
        "none after",
        "one before",
        "other before",
    ],
)
def test_every_part_of_the_proof_is_needed(text: str) -> None:
    assert run(UNEVALUATED, text) == []


@pytest.mark.parametrize("status", [200, 403])
def test_a_route_that_lets_somebody_in_looks_at_credentials(status: int) -> None:
    assert run(UNEVALUATED, HEAD + ALIKE + pair(status, "/reports", "c157a79031e1c40f") + TAIL) == []


def test_a_refusal_for_other_reasons_lets_nobody_in() -> None:
    forged = pair(403, "/reports", "c157a79031e1c40f", body='{"error": "CSRF token missing"}')
    assert len(run(UNEVALUATED, HEAD + ALIKE + forged + TAIL)) == 1


def test_two_passwords_of_one_user_are_one_caller() -> None:
    def told(*, other: str) -> list[Finding]:
        def basic(status: int, target: str, token: str) -> str:
            return pair(status, target, sent=f"Authorization: Basic {token}", got=asks(status))

        def asks(status: int) -> str:
            return "WWW-Authenticate: Basic" if status == 401 else ""

        tail = basic(200, "/orders", "YWRhOm9uZQ==") + basic(200, "/orders", other)
        alike = basic(401, "/reports", "YWRhOm9uZQ==") + basic(401, "/reports", other)
        strangers = pair(401, "/orders", got=asks(401)) + pair(401, "/reports", got=asks(401))
        return run(UNEVALUATED, strangers + tail + alike + tail)

    assert told(other="YWRhOnR3bw==") == []  # ada:one and ada:two
    assert len(told(other="Ym9iOm9uZQ==")) == 1


def test_another_answer_shows_that_the_credential_was_looked_at() -> None:
    def refused(key: str) -> str:
        return pair(401, "/reports", key, body='{"error": "not with this key"}')

    assert run(UNEVALUATED, HEAD + pair(401, "/reports") + refused(A) + refused(B) + TAIL) == []
    code = 'WWW-Authenticate: ApiKey realm="shop", error="invalid_key"'
    coded = pair(401, "/reports", A, got=code) + pair(401, "/reports", B, got=code)
    assert run(UNEVALUATED, HEAD + pair(401, "/reports") + coded + TAIL) == []


def test_ids_of_requests_and_times_make_no_other_answer() -> None:
    def refused(number: int, key: str | None = None) -> str:
        return pair(401, "/reports", key, body=f'{{"error": "log in", "id": "9f86d081{number}", "at": {number}}}')

    assert len(run(UNEVALUATED, HEAD + refused(1) + refused(2, A) + refused(3, B) + TAIL)) == 1


def test_a_public_route_proves_no_credential() -> None:
    text = HEAD.replace("401 X", "200 X") + ALIKE + TAIL
    assert run(UNEVALUATED, text) == []
    assert run(UNEVALUATED, HEAD + pair(200, "/orders") + ALIKE + TAIL) == []
    public = pair(200, "/lists") + pair(200, "/lists", A)
    assert run(UNEVALUATED, HEAD + ALIKE + pair(200, "/orders", B) + public) == []
    assert run(UNEVALUATED, public + HEAD.replace(A, B) + ALIKE + public + pair(200, "/orders", B)) == []


def test_credentials_may_be_valid_for_another_version_only() -> None:
    other = pair(401, "/v1/orders") + pair(200, "/v1/orders", A)
    assert run(UNEVALUATED, HEAD + ALIKE + pair(200, "/orders", B) + other) == []


def test_a_route_that_wants_another_scheme_is_right_to_refuse() -> None:
    def told(asks: str) -> str:
        def bearer(status: int, target: str, token: str = "") -> str:
            sent = f"Authorization: Token {token}" if token else ""
            asked = asks if target == "/reports" else "Token"
            return pair(status, target, sent=sent, got=f"WWW-Authenticate: {asked}" if status == 401 else "")

        tail = bearer(200, "/orders", A) + bearer(200, "/orders", B)
        alike = bearer(401, "/reports") + bearer(401, "/reports", A) + bearer(401, "/reports", B)
        return bearer(401, "/orders") + tail + alike + tail

    assert run(UNEVALUATED, told("Basic")) == []
    assert len(run(UNEVALUATED, told("Token"))) == 1


@pytest.mark.parametrize("last", [0, 1])
def test_both_callers_must_have_sent_the_scheme_asked_for(last: int) -> None:
    callers = ["Authorization: Token abc", "Authorization: ApiKey def"]

    def all_of(status: int, target: str) -> str:
        return "".join(pair(status, target, sent=sent) for sent in (*callers[1 - last :], *callers[: 1 - last]))

    both = all_of(200, "/orders")
    assert run(UNEVALUATED, pair(401, "/orders") + both + pair(401, "/reports") + all_of(401, "/reports") + both) == []


@pytest.mark.parametrize("target", ["/admin/reports", "/v2/reports", "/login", "/oauth/token", "/internal/reports"])
def test_some_places_want_credentials_of_their_own(target: str) -> None:
    assert run(UNEVALUATED, HEAD + ALIKE.replace("/reports", target) + TAIL) == []


def test_a_step_of_a_protocol_is_not_the_same_answer() -> None:
    got = 'WWW-Authenticate: ApiKey error="insufficient_user_authentication"'
    alike = "".join(pair(401, "/reports", key, got=got) for key in (None, A, B))
    assert run(UNEVALUATED, HEAD + alike + TAIL) == []


def test_it_is_told_once() -> None:
    assert len(run(UNEVALUATED, HEAD + ALIKE + TAIL + ALIKE + TAIL)) == 1


READ = "anonymous-read-of-forbidden"
ELSEWHERE = pair(200, "/me", A)
FORBIDDEN, OPEN = pair(403, "/notes/7", A), pair(200, "/notes/7")


@pytest.mark.parametrize("turns", [FORBIDDEN + OPEN + FORBIDDEN + OPEN, OPEN + FORBIDDEN + FORBIDDEN + OPEN])
def test_strangers_read_what_is_forbidden(turns: str) -> None:
    finding = one(READ, ELSEWHERE + turns)
    assert (finding.severity, finding.status) == (Severity.HIGH, 200)


@pytest.mark.parametrize(
    "text",
    [
        ELSEWHERE + FORBIDDEN + OPEN,
        ELSEWHERE + OPEN + FORBIDDEN + OPEN,
        ELSEWHERE + FORBIDDEN + FORBIDDEN + OPEN,
        ELSEWHERE + FORBIDDEN + FORBIDDEN + OPEN + OPEN,
        ELSEWHERE + FORBIDDEN + OPEN + FORBIDDEN,
        ELSEWHERE + FORBIDDEN + OPEN + FORBIDDEN + pair(200, "/notes/7", B),
    ],
    ids=["once each", "forbidden once", "open once", "opened for good", "not open afterwards", "open to another"],
)
def test_both_twice_and_by_turns(text: str) -> None:
    assert run(READ, text) == []


@pytest.mark.parametrize(
    "refused",
    [
        pair(401, "/notes/7", A),
        pair(404, "/notes/7", A),
        pair(403, "/notes/7", A, body='{"error": "rate limit exceeded"}'),
        pair(403, "/notes/7", A, body='{"error": "CSRF token missing"}'),
        pair(403, "/notes/7", A, got="Retry-After: 60"),
        pair(403, "/notes/7", A, got="X-RateLimit-Remaining: 0"),
        pair(403, "/notes/7", A, body='{"error": "your account is suspended"}'),
        pair(403, "/notes/7", A, got="CF-Mitigated: challenge"),
        pair(403, "/notes/7", A, got="Content-Type: text/html", body="<title>Attention Required! | Cloudflare</title>"),
        pair(403, "/notes/7", "[REDACTED]"),
        pair(403, "/notes/7", A, sent="X-Tenant-Id: 9"),
        pair(403, "/notes/7", A, host="other.example"),
    ],
)
def test_refusals_that_prove_nothing(refused: str) -> None:
    assert run(READ, ELSEWHERE + refused + OPEN + refused + OPEN) == []


def test_a_caller_that_nothing_is_allowed_to_proves_nothing() -> None:
    assert run(READ, FORBIDDEN + OPEN + FORBIDDEN + OPEN) == []


@pytest.mark.parametrize(
    "sent",
    [
        "Cookie: shop=6f1ed002ab5595859014ebf0951522d9",
        "X-Forwarded-Client-Cert: Hash=1f",
        "X-Forwarded-User: ada",
        "X-Acme-Token: 5595859014ebf0951522d9",
        "Signature: sig1=:abc=:",
        "X-Goog-IAP-JWT-Assertion: e30",
    ],
)
def test_only_a_proven_stranger_is_one(sent: str) -> None:
    known = pair(200, "/notes/7", sent=sent)
    assert run(READ, ELSEWHERE + FORBIDDEN + known + FORBIDDEN + known) == []


def test_trackers_make_nobody_known() -> None:
    tracked = pair(200, "/notes/7", sent="Cookie: _ga=GA1.2.1938472.17; theme=dark-and-stormy\nX-CSRF-Token: 12345678")
    assert len(run(READ, ELSEWHERE + FORBIDDEN + tracked + FORBIDDEN + tracked)) == 1


def test_what_a_cache_hands_out_is_not_open() -> None:
    assert run(READ, ELSEWHERE + FORBIDDEN + OPEN + FORBIDDEN + pair(200, "/notes/7", got="Age: 3")) == []


@pytest.mark.parametrize("target", ["/notes/7", "/notes/7/publish", "/notes"])
def test_what_was_written_to_may_have_been_opened(target: str) -> None:
    opened = pair(200, target, B, method="POST", content="{}")
    assert run(READ, ELSEWHERE + FORBIDDEN + opened + OPEN + FORBIDDEN + OPEN) == []
    assert run(READ, ELSEWHERE + opened + FORBIDDEN + OPEN + FORBIDDEN + OPEN) != []


WRITE = "anonymous-write-accepted"
KNOWN_WRITES = "# 12 times, every 1s\n" + pair(200, "/notes/{n}", A, method="PATCH", content="{}")


def test_a_strangers_write_among_those_of_known_callers() -> None:
    finding = one(WRITE, KNOWN_WRITES + pair(204, "/drafts/7", method="DELETE"))
    assert (finding.confidence, finding.suggested_status) == (Confidence.WEAK, 401)


@pytest.mark.parametrize(
    "write",
    [
        pair(201, "/drafts/7", method="PUT", content="{}"),
        pair(204, "/drafts/7", B, method="DELETE"),
        pair(401, "/drafts/7", method="DELETE"),
        pair(204, "/drafts/7?X-Amz-Signature=fe5f80", method="DELETE"),
        pair(204, "/drafts/7", method="DELETE", sent="Signature-Input: sig1=()"),
        pair(204, "/drafts/7", method="DELETE", sent="X-Client-Cert: MIIB"),
        pair(204, "/drafts/7", method="DELETE", sent="X-Auth-Request-User: ada"),
        pair(204, "/webhooks/7", method="DELETE"),
        pair(204, "/inbox/7", method="DELETE"),
        pair(204, SPECIAL, method="DELETE"),
        pair(204, "/session", method="DELETE"),
        pair(200, "/drafts/7", method="POST", content="{}"),
    ],
)
def test_writes_that_may_be_open(write: str) -> None:
    assert run(WRITE, KNOWN_WRITES + write) == []


def test_strangers_writes_are_usual_where_there_are_many() -> None:
    stranger = pair(204, "/drafts/7", method="DELETE")
    assert run(WRITE, stranger) == []
    few = "# 6 times, every 1s\n" + KNOWN_WRITES.partition("\n")[2]
    assert run(WRITE, few + stranger) == []
    usual = "# 6 times, every 1s\n" + pair(204, "/drafts/{n}", method="DELETE")
    assert run(WRITE, usual + KNOWN_WRITES + stranger) == []


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


PARTIAL = "partial-write-authorization"
KEPT = pair(403, "/notes/7", A, method="DELETE")
CHANGED = pair(200, "/notes/7", A, method="PUT", content="{}")


def test_who_may_change_may_not_delete() -> None:
    finding = one(PARTIAL, KEPT + CHANGED)
    assert (finding.severity, finding.confidence) == (Severity.INFO, Confidence.WEAK)
    assert one(PARTIAL, CHANGED + KEPT).message == "403 for DELETE to a caller that PUT is allowed to"


def test_who_may_delete_may_not_change() -> None:
    refused = pair(403, "/notes/7", A, method="PATCH", content="{}")
    assert one(PARTIAL, refused + pair(204, "/notes/7", A, method="DELETE")).severity is Severity.LOW


@pytest.mark.parametrize(
    "text",
    [
        KEPT + pair(200, "/notes/7", B, method="PUT", content="{}"),
        KEPT + pair(200, "/notes/8", A, method="PUT", content="{}"),
        pair(403, "/notes/7", A, method="DELETE", body='{"error": "CSRF token missing"}') + CHANGED,
        CHANGED + pair(403, "/notes/7", A, method="DELETE", got="Retry-After: 9"),
        pair(401, "/notes/7", A, method="DELETE") + CHANGED,
        pair(204, "/notes/8", B, method="DELETE") + KEPT + CHANGED,
        pair(204, "/notes/7", A, method="DELETE") + pair(403, "/notes/7", A, method="PUT", content="{}"),
        KEPT + pair(200, "/notes/7", A),
        KEPT + "# +601s\n" + CHANGED,
        pair(403, "/notes/7", "[REDACTED]", method="DELETE") + pair(200, "/notes/7", "[REDACTED]", method="PUT"),
        pair(403, "/notes/7", A, method="PATCH") + CHANGED,
    ],
    ids=[
        "other caller",
        "other resource",
        "forgery",
        "rates",
        "401",
        "a role that may",
        "gone",
        "a read",
        "long ago",
        "masked",
        "both change",
    ],
)
def test_what_roles_may_mean(text: str) -> None:
    assert run(PARTIAL, text) == []


HIDDEN = "existence-hidden-by-404"
SEEN, MISSED = pair(200, SPECIAL, A), pair(404, SPECIAL, B)


def test_hidden_from_another_caller() -> None:
    finding = one(HIDDEN, SEEN + LATER + MISSED + SEEN)
    assert (finding.status, finding.suggested_status, finding.severity) == (404, 403, Severity.INFO)
    assert finding.confidence is Confidence.STRONG
    assert len(run(HIDDEN, SEEN + MISSED + MISSED + SEEN)) == 1


@pytest.mark.parametrize(
    "text",
    [
        MISSED + LATER + SEEN,
        SEEN + LATER + MISSED,
        SEEN + MISSED + SEEN,
        SEEN + LATER + pair(404, SPECIAL, A) + SEEN,
        SEEN + LATER + pair(404, SPECIAL) + SEEN,
        SEEN + LATER + MISSED + pair(200, SPECIAL, B) + SEEN,
        SEEN + pair(204, SPECIAL, A, method="DELETE") + LATER + MISSED + SEEN,
        SEEN + LATER + MISSED + pair(200, SPECIAL, A, method="PUT", content="{}") + SEEN,
        SEEN + LATER + MISSED + pair(200, SPECIAL, A, got="Age: 4"),
        pair(200, "/cart", A) + LATER + pair(404, "/cart", B) + pair(200, "/cart", A),
        SEEN + LATER + pair(404, SPECIAL, B, sent="X-Tenant-Id: 9") + SEEN,
        SEEN + LATER + pair(404, SPECIAL, B, host="tenant.example") + SEEN,
        SEEN + LATER + pair(404, SPECIAL, "[REDACTED]") + SEEN,
        SEEN + LATER + pair(404, SPECIAL, B, got="Server: varnish") + SEEN,
    ],
    ids=[
        "not before",
        "not after",
        "a replica",
        "same caller",
        "a stranger",
        "found later",
        "deleted",
        "written",
        "stored",
        "per caller",
        "other tenant",
        "other host",
        "masked",
        "gateway",
    ],
)
def test_what_is_not_hidden(text: str) -> None:
    assert run(HIDDEN, text) == []


def test_ids_that_may_be_counted_per_tenant_are_a_hint() -> None:
    text = pair(200, "/notes/7", A) + LATER + pair(404, "/notes/7", B) + pair(200, "/notes/7", A)
    assert one(HIDDEN, text).confidence is Confidence.WEAK


def test_one_person_with_two_tokens_is_one_caller() -> None:
    def user(status: int, password: str) -> str:
        return pair(status, SPECIAL, sent=f"Authorization: Basic {password}")

    # ada:one and ada:two
    assert run(HIDDEN, user(200, "YWRhOm9uZQ==") + LATER + user(404, "YWRhOnR3bw==") + user(200, "YWRhOm9uZQ==")) == []


LEAK = "existence-leak-by-403"


def ids(*statuses: int, key: str = A) -> str:
    return "".join(pair(status, f"/notes/{number}", key) for number, status in enumerate(statuses, start=7))


def test_ids_can_be_tried_out() -> None:
    assert one(LEAK, ids(404, 403, 404, 403)).suggested_status == 404


@pytest.mark.parametrize(
    "text",
    [
        ids(403, 404, 404),
        ids(403, 403, 404),
        pair(200, "/notes", A) + ids(403, 404, 403, 404),
        ids(403, 403) + pair(404, "/notes/10", B) + pair(404, "/notes/11", B),
        ids(403, 404, 403, 404, key="[REDACTED]"),
        ids(403, 403, 404, 404).replace("you may not do this", "rate limit exceeded"),
        pair(403, "/notes", A) + pair(404, "/lists", A) + pair(403, "/stars", A) + pair(404, "/tags", A),
        ids(403, 403, 404) + pair(404, "/notes/7", A),
        "".join(pair(403 + number % 2, f"/search?about={number}", A) for number in range(4)),
    ],
    ids=["403 once", "404 once", "may list", "two callers", "masked", "rates", "no ids", "deleted since", "queries"],
)
def test_what_gives_nothing_away(text: str) -> None:
    assert run(LEAK, text) == []


def test_it_must_be_asked_for() -> None:
    assert [rule.id for rule in catalogue() if not rule.default and rule.id.startswith("existence")] == [LEAK]


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
