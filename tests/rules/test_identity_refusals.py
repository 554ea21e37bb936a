"""Callers refused though their credentials are good: each guard of the rules with the story that it is for."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from lab.rule import one, run
from lab.story import pair
from wirelint.core.engine import Engine
from wirelint.core.finding import Confidence, Finding
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue

A, B = "b1946ac92492d234", "7215ee9c7d9dc229"


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
        refused = replace(refused, started=refusal)
        last = replace(last, started=success)
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
