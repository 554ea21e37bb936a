"""Who may see, change and know of what: each guard of the rules with the story that it is for."""

from __future__ import annotations

import pytest

from lab.rule import one, run
from lab.story import pair
from wirelint.core.finding import Confidence, Severity
from wirelint.rules import catalogue

A, B = "b1946ac92492d234", "7215ee9c7d9dc229"
LATER = "# +10s\n"
SPECIAL = "/notes/3f2504e0-4f89-41d3-9a0c-0305e82c3301"


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


PARTIAL = "partial-write-authorization"
KEPT = pair(403, "/notes/7", A, method="DELETE")
CHANGED = pair(200, "/notes/7", A, method="PUT", content="{}")


def test_who_may_change_may_not_delete() -> None:
    finding = one(PARTIAL, KEPT + CHANGED)
    assert (finding.severity, finding.confidence) == (Severity.INFO, Confidence.WEAK)
    assert one(PARTIAL, CHANGED + KEPT).message == "403 for DELETE to a caller that may PUT"


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
