"""Clients that send again too soon, or what they must not: each guard of the rules with a story it would fall for."""

from __future__ import annotations

import pytest

from lab.rule import audit, notes, of
from lab.story import ADA, BOB, at, later, turn
from wirelint.core.finding import Confidence, Finding, Severity

PAGE = ("Accept: text/html,application/xhtml+xml",)
NAVIGATED = ("Sec-Fetch-Mode: navigate",)
OTHER_CLIENT = ("User-Agent: another",)


# retry-after-ignored

LIMITED = turn("GET /reports", 429, '{"error": "rate limit exceeded"}', "Retry-After: 30")
SERVED = turn("GET /reports", 200, '[{"id": 1}]')


def back(*after: str, told: str = LIMITED) -> list[Finding]:
    return of("retry-after-ignored", told, *after)


def test_a_client_that_comes_back_early() -> None:
    (finding,) = back(later(8.97), SERVED)
    assert (finding.severity, finding.confidence, finding.status) == (Severity.MEDIUM, Confidence.STRONG, 200)
    assert finding.message == "the client came back after 9.9 s, but was asked to wait 30 s"
    assert finding.evidence == "429 with Retry-After, 30 s; sent again 9.9 s later"
    assert notes(finding) == ["asked to wait 30 s", "sent 9.9 s later"]
    assert len(back(LIMITED)) == 1
    assert len(back(turn("GET /reports", 304))) == 1
    assert len(back("GET /reports HTTP/1.1\nHost: shop.example\n\n# failure: reset gone\n")) == 1
    assert len(back(SERVED, told=turn("GET /reports", 503, "", "Retry-After: 30"))) == 1


def test_nine_tenths_of_the_wait_are_enough() -> None:
    refused, served = at(LIMITED, 0.0), SERVED
    assert len(audit("retry-after-ignored", *refused, *at(served, 26.9))) == 1
    assert audit("retry-after-ignored", *at(LIMITED, 0.0), *at(served, 27.1)) == []


def test_a_wait_may_be_told_as_a_date() -> None:
    dates = ("Date: Mon, 05 Jan 2026 08:00:00 GMT", "Retry-After: Mon, 05 Jan 2026 08:00:30 GMT")
    (finding,) = back(SERVED, told=turn("GET /reports", 429, "", *dates))
    assert "asked to wait 29 s" in finding.message
    soon = (dates[0], "Retry-After: Mon, 05 Jan 2026 08:00:02 GMT")
    assert back(SERVED, told=turn("GET /reports", 429, "", *soon)) == []  # it was sent at the end of its second


@pytest.mark.parametrize("wait", ["0", "3601", "soon", "-5", "Mon, 05 Jan 2026 08:00:30"])
def test_waits_of_no_time_of_hours_or_that_cannot_be_read_bind_nobody(wait: str) -> None:
    assert back(SERVED, told=turn("GET /reports", 429, "", f"Retry-After: {wait}")) == []
    assert len(back(SERVED, told=turn("GET /reports", 429, "", "Retry-After: 3600"))) == 1


@pytest.mark.parametrize("status", [200, 202, 301, 404, 413, 500])
def test_only_limits_and_outages_ask_to_wait(status: int) -> None:
    failed = turn("GET /stock", 500, '{"error": "could not load"}')
    assert back(SERVED, told=failed + turn("GET /reports", status, "", "Retry-After: 30")) == []


def test_other_routes_and_methods_have_limits_of_their_own() -> None:
    for status in (200, 429):
        assert back(turn("GET /stock", status, "{}")) == []
    assert back(turn("POST /reports", 201, "{}", sent="{}")) == []


def test_other_resources_of_the_route_only_if_they_are_refused() -> None:
    def one(number: int, status: int) -> str:
        return turn(f"GET /reports/{number}", status, "", *(("Retry-After: 30",) if status == 429 else ()))

    assert back(one(8, 200), told=one(7, 429)) == []
    (finding,) = back(one(8, 429), told=one(7, 429))
    assert finding.confidence is Confidence.WEAK
    (finding,) = back(one(7, 200), told=one(7, 429))
    assert finding.confidence is Confidence.STRONG
    # Pages of one listing are one resource in all but name.
    (finding,) = back(turn("GET /reports?page=2", 429, "", "Retry-After: 30"))
    assert finding.confidence is Confidence.STRONG
    assert back(turn("GET /reports?page=2", 200, "[]")) == []


def test_a_success_since_then_shows_that_the_limit_is_over() -> None:
    story = [*at(LIMITED, 0.0), *at(SERVED, 1.0, 2.0)]
    assert [finding.exchange_id for finding in audit("retry-after-ignored", *story)] == [story[1].id]
    assert len(audit("retry-after-ignored", *story)) == 1


def test_workers_of_one_client_may_not_have_heard_yet() -> None:
    page = turn("GET /reports?page=2", 429, "", "Retry-After: 30")
    for apart, expected in [(0.2, 0), (0.3, 1)]:
        assert len(audit("retry-after-ignored", *at(LIMITED, 0.0, took=0), *at(page, apart))) == expected
    # To ask for the very same again is no other worker's doing.
    assert len(audit("retry-after-ignored", *at(LIMITED, 0.0, took=0), *at(LIMITED, 0.2))) == 1


@pytest.mark.parametrize("asked", [PAGE, NAVIGATED])
def test_people_may_reload(asked: tuple[str, ...]) -> None:
    assert back(turn("GET /reports", 200, "{}", asked=asked)) == []


def test_probes_keep_their_pace() -> None:
    sick = turn("GET /healthz", 503, "", "Retry-After: 30")
    assert back(sick, told=sick) == []


def test_others_were_not_told() -> None:
    assert back(turn("GET /reports", 200, "[]", asked=(ADA,))) == []
    assert back(turn("GET /reports", 200, "[]", asked=(BOB,)), told=LIMITED.replace("\nHost", f"\n{ADA}\nHost")) == []
    assert back(turn("GET /reports", 200, "[]", asked=OTHER_CLIENT)) == []
    assert back(turn("GET /reports", 200, "[]", asked=("X-Forwarded-For: 192.0.2.7",))) == []


# unsafe-auto-retry

ORDER = '{"item": 7, "count": 1}'
FAILED = turn("POST /orders", 500, '{"error": "could not confirm the order"}', sent=ORDER)
PLACED = turn("POST /orders", 201, '{"done": 7}', "Location: /orders/7", sent=ORDER)


def unsafe(*story: str) -> list[Finding]:
    return of("unsafe-auto-retry", *story)


def aborted(kind: str) -> str:
    fields = "Host: shop.example\nContent-Type: application/json"
    return f"POST /orders HTTP/1.1\n{fields}\n\n{ORDER}\n# failure: {kind} over\n"


def test_the_same_order_twice() -> None:
    (finding,) = unsafe(FAILED, later(0.57), PLACED)
    assert (finding.severity, finding.confidence) == (Severity.INFO, Confidence.WEAK)
    assert finding.message == "the client sent the same POST again 1.5 s after 500, without an idempotency key"
    assert finding.evidence == "POST /orders → 500, the same content again 1.5 s later"
    assert notes(finding) == ["whether it was carried out is unknown", "the same content once more"]
    assert len(unsafe(FAILED, FAILED)) == 1
    patched = [turn("PATCH /orders/7", status, "", sent=ORDER) for status in (502, 204)]
    assert len(unsafe(*patched)) == 1


def test_a_retry_follows_within_five_seconds() -> None:
    assert len(audit("unsafe-auto-retry", *at(FAILED, 0.0, took=0), *at(PLACED, 5.0))) == 1
    assert audit("unsafe-auto-retry", *at(FAILED, 0.0, took=0), *at(PLACED, 5.1)) == []


def test_connections_that_broke_leave_it_open() -> None:
    for kind, expected in [("reset", 1), ("timeout", 1), ("client_gone", 1), ("connect", 0), ("tls", 0)]:
        assert len(unsafe(aborted(kind), PLACED)) == expected, kind


@pytest.mark.parametrize("before", [200, 201, 302, 400, 404, 409, 429])
def test_after_what_is_no_failure_it_is_no_retry(before: int) -> None:
    refused = turn("GET /stock", 404, "{}")
    assert unsafe(refused, turn("POST /orders", before, "", sent=ORDER), PLACED) == []


def test_the_last_answer_counts() -> None:
    refused = turn("POST /orders", 400, "{}", sent=ORDER)
    assert [finding.status for finding in unsafe(FAILED, refused, PLACED)] == [400]
    assert [finding.status for finding in unsafe(FAILED, PLACED, PLACED)] == [201]


def test_a_service_that_asked_to_come_back_has_not_begun() -> None:
    assert unsafe(turn("POST /orders", 503, "", "Retry-After: 1", sent=ORDER), PLACED) == []
    assert len(unsafe(turn("POST /orders", 503, "", sent=ORDER), PLACED)) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_may_be_repeated(method: str) -> None:
    sent = "" if method == "GET" else ORDER
    assert unsafe(*(turn(f"{method} /orders/7", status, "", sent=sent) for status in (500, 200))) == []


@pytest.mark.parametrize(
    "field",
    [
        "Idempotency-Key: 5f2b",
        "X-Idempotency-Key: 5f2b",
        "Idempotence-Key: 5f2b",
        "Repeatability-Request-Id: 5f2b",
        "PayPal-Request-Id: 5f2b",
        "X-Client-Token: 5f2b",
        'If-Match: "7"',
        "If-None-Match: *",
        "If-Unmodified-Since: Mon, 05 Jan 2026 08:00:00 GMT",
    ],
)
def test_fields_by_which_a_repetition_is_known(field: str) -> None:
    assert unsafe(*(turn("POST /orders", status, "", asked=(field,), sent=ORDER) for status in (500, 201))) == []


@pytest.mark.parametrize("member", ["id", "uuid", "idempotency_key", "ClientToken", "request-id", "transactionId"])
def test_members_by_which_a_repetition_is_known(member: str) -> None:
    sent = f'{{"item": 7, "{member}": "5f2b"}}'
    assert unsafe(*(turn("POST /orders", status, "", sent=sent) for status in (500, 201))) == []


@pytest.mark.parametrize(
    "path", ["/orders/search", "/orders:batchGet", "/graphql", "/v1/completions", "/quotes/calculate/"]
)
def test_searches_change_nothing(path: str) -> None:
    assert unsafe(*(turn(f"POST {path}", status, "", sent=ORDER) for status in (500, 200))) == []


@pytest.mark.parametrize("path", ["/searchlights", "/researches", "/search/saved", "/listings"])
def test_only_the_last_word_of_a_path_tells_of_a_search(path: str) -> None:
    assert len(unsafe(*(turn(f"POST {path}", status, "", sent=ORDER) for status in (500, 200)))) == 1


def test_protocols_tell_repetitions_by_themselves() -> None:
    sent = '{"jsonrpc": "2.0", "method": "order", "params": [7]}'
    assert unsafe(*(turn("POST /rpc", status, "", sent=sent) for status in (500, 200))) == []


@pytest.mark.parametrize("asked", [PAGE, NAVIGATED])
def test_people_may_send_a_form_again(asked: tuple[str, ...]) -> None:
    assert unsafe(*(turn("POST /orders", status, "", asked=asked, sent=ORDER) for status in (500, 201))) == []


def test_other_content_and_other_callers_are_no_retry() -> None:
    assert unsafe(FAILED, turn("POST /orders", 201, "", sent='{"item": 8, "count": 1}')) == []
    assert unsafe(FAILED, turn("POST /orders?copy=1", 201, "", sent=ORDER)) == []
    assert unsafe(FAILED, turn("POST /orders", 201, "", sent=ORDER, asked=OTHER_CLIENT)) == []
    assert unsafe(FAILED, turn("POST /orders", 201, "", sent=ORDER, asked=(ADA,))) == []


def test_content_that_is_not_known_cannot_be_compared() -> None:
    long = '{"text": "' + "tea " * 5000 + '"}'
    assert unsafe(*(turn("POST /orders", status, "", sent=long) for status in (500, 201))) == []
