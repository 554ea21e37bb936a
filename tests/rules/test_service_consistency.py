"""Services that say the same in several ways: each guard of the rules with a story it would fall for without it."""

from __future__ import annotations

import msgspec
import pytest

from lab.rule import of, steps
from lab.story import later, times, turn
from wirelint.core.engine import Engine
from wirelint.core.finding import Confidence, Finding, Severity, Side
from wirelint.core.wire import exchanges
from wirelint.history.services import PERIOD
from wirelint.rules import catalogue

PAGE = "Content-Type: text/html"
NGINX = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
OAUTH = "grant_type=refresh_token&refresh_token=7"
FORM = ("Content-Type: application/x-www-form-urlencoded",)


def unsilenced(rule: str, *story: str) -> list[Finding]:
    """Return the findings of a rule without its earlier reports."""
    (declared,) = (each for each in catalogue() if each.id == rule)
    engine = Engine([msgspec.structs.replace(declared, once_per=None)])
    return [finding for each in exchanges("".join(story)) for finding in engine.audit(each).findings]


# error-envelope-inconsistent

MESSAGE = turn("GET /orders/{n}", 404, '{"message": "no such order"}')
LISTED = turn("GET /customers/{n}", 404, '{"errors": [{"title": "no such customer"}]}')


def forms(*story: str) -> list[Finding]:
    return of("error-envelope-inconsistent", *story)


def test_two_forms() -> None:
    (finding,) = forms(times(10, MESSAGE), times(10, LISTED))
    assert (finding.severity, finding.confidence) == (Severity.INFO, Confidence.STRONG)
    assert finding.message == 'errors in 2 forms: {message: "…"}, {errors: […]}'
    assert finding.evidence == '{message: "…"} 10x, {errors: […]} 10x'
    assert steps(finding) == [
        ("404", 'sent as {message: "…"}'),
        ("404", "sent as {errors: […]}"),
        ("404", "sent as {errors: […]}"),
    ]


def test_it_takes_twenty_and_a_tenth() -> None:
    assert forms(times(10, MESSAGE), times(9, LISTED)) == []
    assert len(forms(times(18, MESSAGE), times(2, LISTED))) == 1
    assert forms(times(19, MESSAGE), times(1, LISTED)) == []
    assert forms(times(19, MESSAGE), LISTED, times(20, MESSAGE)) == []
    assert forms(times(40, MESSAGE), times(4, LISTED)) == []
    assert len(forms(times(36, MESSAGE), times(4, LISTED))) == 1


def test_it_is_told_of_an_error_in_one_of_the_usual_forms() -> None:
    text = turn("GET /a/{n}", 500, "it broke", "Content-Type: text/plain")
    assert len(forms(times(9, MESSAGE), times(9, LISTED), text, text)) == 1
    assert forms(times(9, MESSAGE), times(9, LISTED), text) == []
    nothing = turn("GET /a/{n}", 500)
    assert forms(times(10, MESSAGE), times(9, LISTED), nothing) == []


@pytest.mark.parametrize("fields", [("Server: other",), ("Via: 1.1 edge",)])
def test_other_makers_have_other_forms(fields: tuple[str, ...]) -> None:
    others = turn("GET /customers/{n}", 404, '{"errors": [{"title": "no such customer"}]}', *fields)
    assert forms(times(20, MESSAGE), times(20, others)) == []
    own = turn("GET /orders/{n}", 404, '{"message": "no such order"}', *fields)
    assert len(forms(times(20, own), times(20, others))) == 1


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (("Accept: text/html,*/*;q=0.8",), 0),
        (("Accept: application/xml",), 0),
        (("Accept: text/plain",), 0),
        (("Accept: image/avif,image/webp,*/*",), 0),
        (("Accept: text/css,*/*;q=0.1",), 0),
        (("Accept: */*", "Sec-Fetch-Dest: script"), 0),
        (("Accept: application/json, text/html",), 1),
        (("Accept: */*",), 1),
        (("Accept: */*", "Sec-Fetch-Dest: empty"), 1),
        ((), 1),
    ],
)
def test_who_asked_for_another_form_got_it(asked: tuple[str, ...], expected: int) -> None:
    text = turn("GET /files/{n}", 404, "no such file", "Content-Type: text/plain", asked=asked)
    assert len(forms(times(20, MESSAGE), times(20, text))) == expected


def test_gateways_and_protocols_have_forms_of_their_own() -> None:
    edge = turn("GET /files/{n}", 502, NGINX, PAGE)
    token = turn("POST /oauth/token", 400, '{"error": "invalid_grant"}', asked=FORM, sent=OAUTH)
    for other in (edge, token):
        assert forms(times(20, MESSAGE), times(20, other)) == []
        assert forms(times(9, MESSAGE), times(9, LISTED), times(9, other)) == []
        assert len(forms(times(9, MESSAGE), times(9, LISTED), times(9, other), times(2, LISTED))) == 1


def test_what_others_say_in_a_usual_form_tells_nothing() -> None:
    text = turn("GET /a/{n}", 500, "it broke", "Content-Type: text/plain")
    edge = turn("GET /a/{n}", 503, "no healthy upstream", "Content-Type: text/plain")
    batch = turn("POST /$batch", 500, "it broke", "Content-Type: text/plain", sent="{}")
    for other in (edge, batch):
        assert forms(times(10, MESSAGE), times(9, text), other) == []
    assert len(forms(times(10, MESSAGE), times(9, text), edge, batch, text)) == 1


def test_forms_of_an_hour_ago_are_none_of_these() -> None:
    assert forms(times(20, MESSAGE), later(PERIOD), times(20, LISTED)) == []


# same-error-many-statuses


def named(status: int, code: str = "BASKET_EMPTY", *fields: str, method: str = "POST", text: str = "Empty") -> str:
    content = f'{{"code": "{code}", "message": "{text}"}}'
    return turn(f"{method} /orders/{{n}}", status, content, *fields, sent="{}" if method != "GET" else "")


def same(*story: str) -> list[Finding]:
    return of("same-error-many-statuses", *story)


def test_one_name_two_statuses() -> None:
    (finding,) = same(times(2, named(400)), times(2, named(409)))
    assert (finding.severity, finding.confidence, finding.status) == (Severity.MEDIUM, Confidence.STRONG, 409)
    assert finding.message == "one error under 2 statuses: 400, 409"
    assert finding.evidence == "BASKET_EMPTY: 400 2x, 409 2x"
    assert steps(finding) == [("400", "sent as 400"), ("409", "the same error by another status")]


def test_it_takes_two_of_each() -> None:
    assert same(times(9, named(400)), named(409)) == []
    assert same(named(400), times(9, named(409))) == []
    # Reported if the current status is one of them.
    assert same(times(2, named(400)), named(409), named(422)) == []
    assert len(same(times(2, named(400)), named(409), named(422), named(409))) == 1


def test_a_status_that_is_rare_is_not_held_against_it() -> None:
    found = unsilenced("same-error-many-statuses", times(2, named(400)), times(2, named(409)), named(422), named(409))
    assert [finding.status for finding in found] == [409, 409]


def test_each_name_is_told_of() -> None:
    one, other = (times(2, named(400, code)) + times(5, named(409, code)) for code in ("BASKET_EMPTY", "NO_ADDRESS"))
    assert [finding.evidence.partition(":")[0] for finding in same(one, other)] == ["BASKET_EMPTY", "NO_ADDRESS"]


def test_names_are_not_mixed_up() -> None:
    assert same(times(9, named(400, "BASKET_EMPTY")), times(9, named(409, "BASKET_FULL"))) == []
    assert same(times(9, named(400, "VALIDATION_ERROR_OF_REQUEST", "Server: a"))) == []


@pytest.mark.parametrize("code", ["invalid_request_error", "ERROR", "BAD_REQUEST", "40001"])
def test_names_of_classes_prove_nothing(code: str) -> None:
    assert same(times(9, named(400, code)), times(9, named(409, code.replace("40001", "40901")))) == []


@pytest.mark.parametrize(("one", "other"), [(404, 410), (409, 412)])
def test_statuses_that_are_kin(one: int, other: int) -> None:
    assert same(times(9, named(one)), times(9, named(other))) == []
    assert len(same(times(9, named(one)), times(2, named(other)), times(2, named(403)))) == 1


@pytest.mark.parametrize("status", [400, 422])
def test_what_content_refers_to_may_be_missing_by_another_status(status: int) -> None:
    missing = times(9, named(404, "CUSTOMER_NOT_FOUND", method="GET"))
    for method, expected in [("POST", 0), ("PUT", 0), ("PATCH", 0), ("DELETE", 1), ("GET", 1)]:
        assert len(same(missing, times(9, named(status, "CUSTOMER_NOT_FOUND", method=method)))) == expected, method
    assert len(same(missing, times(9, named(409, "CUSTOMER_NOT_FOUND")))) == 1
    own = named(status, "CUSTOMER_NOT_FOUND", method="GET")
    assert same(missing, own, named(status, "CUSTOMER_NOT_FOUND")) == []


@pytest.mark.parametrize("fields", [("Server: other",), ("Via: 1.1 edge",)])
def test_other_makers_have_other_names(fields: tuple[str, ...]) -> None:
    assert same(times(9, named(400)), times(9, named(409, "BASKET_EMPTY", *fields))) == []
    assert len(same(times(9, named(400, "BASKET_EMPTY", *fields)), times(9, named(409, "BASKET_EMPTY", *fields)))) == 1


def test_gateways_and_protocols_have_names_of_their_own() -> None:
    assert same(times(9, named(400)), times(9, named(409, "BASKET_EMPTY", "Server: CloudFront"))) == []
    assert same(*(times(9, named(each, "BASKET_EMPTY", "Server: CloudFront")) for each in (400, 409))) == []
    graph = [
        turn("POST /graphql", status, '{"code": "BASKET_EMPTY"}', sent='{"query": "{ basket { id } }"}')
        for status in (400, 409)
    ]
    assert same(*(times(9, each) for each in graph)) == []
    batch = named(409).replace("/orders/{n}", "/$batch")
    edge = turn("GET /a", 409, '{"code": "BASKET_EMPTY", "message": "no healthy upstream"}', "Content-Type: text/plain")
    for other in (batch, edge):
        assert same(times(9, named(400)), named(409), other) == []
        assert len(same(times(9, named(400)), named(409), other, named(409))) == 1


def test_codes_of_single_fields_prove_nothing() -> None:
    def listed(status: int, *more: str) -> str:
        content = '{"errors": [{"code": "IS_TAKEN", "message": "no"' + "".join(more) + "}]}"
        return turn("POST /orders/{n}", status, content, sent="{}")

    assert same(times(9, listed(400, ', "field": "name"')), times(9, listed(409, ', "field": "name"'))) == []
    assert len(same(times(9, listed(400)), times(9, listed(409)))) == 1


def test_names_of_an_hour_ago_are_none_of_these() -> None:
    assert same(times(9, named(400)), later(PERIOD), times(9, named(409))) == []


# throttle-signal-inconsistent


def limited(status: int, *fields: str, text: str = "rate limit exceeded", path: str = "/search/{n}") -> str:
    return turn(f"GET {path}", status, f'{{"message": "{text}"}}', *fields)


def throttled(*story: str) -> list[Finding]:
    return of("throttle-signal-inconsistent", *story)


@pytest.mark.parametrize("status", [400, 403, 503])
def test_limits_by_two_statuses(status: int) -> None:
    (finding,) = throttled(times(2, limited(429)), times(2, limited(status)))
    assert (finding.severity, finding.confidence) == (Severity.MEDIUM, Confidence.STRONG)
    assert (finding.suggested_status, finding.side) == (429, Side.SERVER)
    one, other = sorted((429, status))
    assert finding.message == f"rate limits by {one}, {other}"
    assert finding.evidence == f"{one} 2x, {other} 2x"
    assert steps(finding) == [
        ("429", "rate limit, sent as 429"),
        (str(status), f"rate limit, sent as {status}"),
    ]


def test_limits_take_two_of_each() -> None:
    assert throttled(times(9, limited(429)), limited(503)) == []
    assert throttled(limited(503), times(9, limited(429))) == []
    assert throttled(times(2, limited(429)), limited(503), limited(403)) == []
    assert len(throttled(times(2, limited(429)), limited(503), limited(403), limited(503))) == 1


def test_a_limit_that_is_rare_is_not_held_against_it() -> None:
    story = times(2, limited(429)), times(2, limited(503)), limited(403), limited(503)
    assert [finding.status for finding in unsilenced("throttle-signal-inconsistent", *story)] == [503, 503]


def test_what_others_say_of_limits_completes_nothing() -> None:
    text = "rate limit exceeded, says cloudflare"
    edge = turn("GET /a", 503, text, "Content-Type: text/plain")
    store = turn("GET /bucket/7", 503, '{"message": "slow down"}', "x-amz-id-2: 7")
    for other in (edge, store, limited(503, text="the service is overloaded")):
        assert throttled(times(2, limited(429)), limited(503), other) == []
        assert len(throttled(times(2, limited(429)), limited(503), other, limited(503))) == 1


@pytest.mark.parametrize("status", [404, 409, 500])
def test_other_statuses_tell_no_limits(status: int) -> None:
    assert throttled(times(9, limited(429)), times(9, limited(status))) == []


@pytest.mark.parametrize(
    "text", ["the service is overloaded", "admins only", "rate limit exceeded, no permission to go on", "nothing"]
)
def test_outages_and_permissions_are_no_limits(text: str) -> None:
    for status in (403, 503):
        assert throttled(times(9, limited(429)), times(9, limited(status, text=text))) == []


def test_an_exhausted_plan_is_no_limit() -> None:
    quota = limited(429, text="monthly quota exceeded")
    assert throttled(times(9, quota), times(9, limited(403))) == []
    assert len(throttled(times(9, quota), times(9, limited(403)), times(2, limited(429)))) == 1


def test_stores_that_slow_down_by_convention() -> None:
    slow = turn("GET /bucket/{n}", 503, '{"message": "slow down"}', "x-amz-id-2: 7")
    assert throttled(times(9, limited(429)), times(9, slow)) == []
    assert throttled(times(9, slow), times(9, limited(429))) == []


def test_two_limiters_are_named_as_such() -> None:
    (finding,) = throttled(times(9, limited(429, "Via: 1.1 edge")), times(2, limited(503)))
    assert finding.message == "rate limits by 429, 503, apparently of two limiters"
    assert finding.side is Side.INTERMEDIARY
    (finding,) = throttled(times(9, limited(429, "Via: 1.1 edge")), limited(429), times(2, limited(503)))
    assert finding.side is Side.SERVER


def test_what_a_gateway_says_is_no_word_of_the_limiter() -> None:
    edge = limited(503, "Server: CloudFront")
    assert throttled(times(9, limited(429)), times(9, edge)) == []
    assert throttled(times(9, edge), times(9, limited(429))) == []


def test_limits_of_an_hour_ago_are_none_of_these() -> None:
    assert throttled(times(9, limited(429)), later(PERIOD), times(9, limited(503))) == []
