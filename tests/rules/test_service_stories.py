"""What services do all in all: each guard of the rules with a story that they would fall for without it."""

from __future__ import annotations

import msgspec
import pytest

from rule_lab import run
from story_lab import later, turn
from wirelint.core.engine import Engine
from wirelint.core.finding import Confidence, Finding, Severity, Side
from wirelint.core.rule import Scope
from wirelint.core.wire import exchanges
from wirelint.history.services import PERIOD
from wirelint.rules import catalogue

RULES = (
    "always-200-service",
    "catch-all-400",
    "catch-all-500",
    "error-envelope-inconsistent",
    "same-error-many-statuses",
    "throttle-signal-inconsistent",
)
CANARY = "cnry7Hq2Zx9Lw4Kd8Rt5"
PAGE = "Content-Type: text/html"
NGINX = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
OAUTH = "grant_type=refresh_token&refresh_token=7"
FORM = ("Content-Type: application/x-www-form-urlencoded",)


def of(rule: str, *story: str) -> list[Finding]:
    return run(rule, "".join(story))


def times(count: int, text: str, every: float = 1) -> str:
    return f"# {count} times, every {every}s\n{text}"


def steps(finding: Finding) -> list[tuple[str, str]]:
    return [(step.outcome, step.note) for step in finding.story]


def unsilenced(rule: str, *story: str) -> list[Finding]:
    """What a rule would tell if it had not told before."""
    (declared,) = (each for each in catalogue() if each.id == rule)
    engine = Engine([msgspec.structs.replace(declared, speaks_once=False)])
    return [finding for each in exchanges("".join(story)) for finding in engine.audit(each).findings]


# All of them


@pytest.mark.parametrize("rule", RULES)
def test_a_service_is_told_about_once_an_hour(rule: str) -> None:
    (declared,) = (each for each in catalogue() if each.id == rule)
    assert (declared.scope, declared.speaks_once) == (Scope.SERVICE, True)
    for text in declared.bad:
        story = list(exchanges(text))
        span = story[-1].started - story[0].started + 10

        def again(after: float, service: str = "example", text: str = text) -> list[Finding]:
            engine = Engine([declared], least=Confidence.WEAK)
            found: list[Finding] = []
            for at, name in [(0.0, "example"), (after, service)]:
                for each in exchanges(text):
                    ended = None if each.ended is None else each.ended + at
                    own = name if each.service == "example" else each.service
                    moved = msgspec.structs.replace(each, service=own, started=each.started + at, ended=ended)
                    found += engine.audit(msgspec.structs.replace(moved, memo={})).findings
            return found

        assert len(again(span)) == 1
        assert len(again(PERIOD + span)) == 2
        assert len(again(span, "another")) == 2


@pytest.mark.parametrize("rule", RULES)
def test_no_secret_and_no_address_is_shown(rule: str) -> None:
    (declared,) = (each for each in catalogue() if each.id == rule)
    for text in declared.bad:
        secret = text.replace(" HTTP/1.1\nHost", f"&sig={CANARY} HTTP/1.1\nHost")
        secret = secret.replace("Host: ", f"Authorization: Bearer {CANARY}\nHost: ")
        found = run(rule, secret.replace('"message": "', f'"message": "{CANARY}: '))
        assert found
        assert b"cnry" not in msgspec.json.encode(found)


# always-200-service

FINE = turn("GET /orders/{n}", 200, '{"id": 7, "state": "open"}')
LIE = turn("GET /orders/{n}", 200, '{"success": false, "message": "no such order"}')
NO_ORDER = turn("GET /orders/9", 404, '{"message": "no such order"}')


def always(*story: str) -> list[Finding]:
    return of("always-200-service", *story)


def test_errors_and_no_status_for_them() -> None:
    (finding,) = always(times(195, FINE), times(5, LIE))
    assert (finding.severity, finding.confidence) == (Severity.HIGH, Confidence.STRONG)
    assert finding.message == "5 errors under 2xx and none under 4xx or 5xx, in 200 JSON responses"
    assert finding.evidence == (
        "200 JSON responses: 0 with an error status, 5 that hold nothing but an error, before this one on 1 route"
    )
    assert steps(finding) == [("200", "an error as a success")] * 4


def test_it_takes_two_hundred_answers_and_five_errors() -> None:
    assert always(times(194, FINE), times(5, LIE)) == []
    assert always(times(300, FINE), times(4, LIE)) == []
    assert always(times(5, LIE), times(300, FINE)) == []
    assert len(always(times(4, LIE), times(300, FINE), times(2, LIE))) == 1


@pytest.mark.parametrize("error", [NO_ORDER, turn("GET /orders", 500), turn("GET /orders", 401, "no", PAGE)])
def test_a_service_that_knows_error_statuses(error: str) -> None:
    assert always(error, times(195, FINE), times(5, LIE)) == []
    assert always(times(195, FINE), times(4, LIE), error, times(4, LIE)) == []


def test_what_a_gateway_says_is_not_the_services_word() -> None:
    assert len(always(turn("GET /orders", 502, NGINX, PAGE), times(195, FINE), times(5, LIE))) == 1


def test_answers_that_are_no_json_are_not_counted() -> None:
    assert always(times(300, turn("GET /pages/{n}", 200, "<p>hello</p>", PAGE)), times(5, LIE)) == []


@pytest.mark.parametrize(
    "content",
    [
        '{"id": 7, "status": "failed", "error": "card declined"}',
        '{"success": true, "error": "record deleted"}',
        '{"jsonrpc": "2.0", "error": {"code": 1, "message": "no"}}',
        '{"valid": false}',
        "{}",
    ],
    ids=["a job", "contradicts itself", "a protocol", "a result", "nothing"],
)
def test_what_is_no_error_for_certain(content: str) -> None:
    assert always(times(300, FINE), times(20, turn("POST /orders/{n}", 200, content, sent='{"a": 1}'))) == []


@pytest.mark.parametrize(
    ("host", "expected"), [("slack.com", 0), ("api.slack.com:443", 0), ("API.Telegram.org", 0), ("notslack.com", 1)]
)
def test_providers_whose_interface_is_like_that(host: str, expected: int) -> None:
    story = "".join([times(195, FINE), times(5, LIE)]).replace("shop.example", host)
    assert len(always(story)) == expected


def test_errors_of_an_hour_ago_are_none_of_these() -> None:
    assert always(times(195, FINE), times(4, LIE), later(PERIOD), times(4, LIE)) == []
    # And a status of then is forgotten as well.
    assert len(always(NO_ORDER, later(PERIOD), times(195, FINE), times(5, LIE))) == 1


# catch-all-400


def bad(target: str, message: str, *, status: int = 400, method: str = "GET") -> str:
    sent = '{"amount": -1}' if method != "GET" else ""
    return turn(f"{method} {target}", status, f'{{"error": {{"message": "{message}"}}}}', sent=sent)


EMAIL = bad("/users/{n}", "email is not a valid address", method="PUT")
AMOUNT = bad("/orders?draft={n}", "amount must be positive", method="POST")
NO_CART = bad("/carts/{n}", "no such cart")
TAKEN = bad("/names/{n}", "this name is already taken", method="PUT")
UNCLEAR = bad("/lists/{n}", "could not do it")
VALUES = times(12, EMAIL) + times(12, AMOUNT)


def catch_all(*story: str) -> list[Finding]:
    return of("catch-all-400", *story)


def test_one_status_for_several_things() -> None:
    (finding,) = catch_all(VALUES, times(6, NO_CART))
    assert (finding.severity, finding.confidence) == (Severity.INFO, Confidence.STRONG)
    assert finding.message == "400 stands for 2 things: validation, missing resource"
    assert finding.evidence == "400: validation 24x, missing resource 5x, of 30 on 3 routes; never 422, 404"
    assert steps(finding) == [
        ("400", "about validation"),
        ("400", "about missing resource"),
        ("400", "400 once more"),
    ]


def test_it_takes_thirty_on_three_routes() -> None:
    assert catch_all(VALUES, times(5, NO_CART)) == []
    assert catch_all(times(24, EMAIL), times(12, NO_CART)) == []


def test_it_takes_three_of_each() -> None:
    assert catch_all(VALUES, times(2, NO_CART), times(9, UNCLEAR)) == []
    assert len(catch_all(VALUES, times(3, NO_CART), times(9, UNCLEAR))) == 1


def test_a_share_alone_proves_nothing() -> None:
    assert catch_all(times(50, EMAIL), times(50, AMOUNT), times(50, bad("/lists/{n}", "title is required"))) == []
    assert catch_all(VALUES, times(50, UNCLEAR)) == []
    titles = times(9, bad("/lists/{n}", "title is required"))
    assert catch_all(VALUES, times(9, bad("/carts/{n}", "no such cart", status=500)), titles) == []
    unclear = bad("/lists/{n}", "no such list, or its name is already taken")
    assert catch_all(times(50, EMAIL), times(50, AMOUNT), times(50, unclear)) == []


@pytest.mark.parametrize("status", [404, 422])
def test_what_has_its_status_elsewhere_is_not_counted(status: int) -> None:
    own = bad("/notes/7", "no", status=status)
    assert catch_all(own, VALUES, times(9, NO_CART)) == []
    (finding,) = catch_all(own, VALUES, times(9, NO_CART), times(9, TAKEN))
    assert "2 things" in finding.message
    assert str(status) not in finding.evidence.partition("never")[2]


@pytest.mark.parametrize(
    ("message", "thing"),
    [
        ("this name is already taken", "conflict"),
        ("you do not have permission to do this", "permission"),
        ("rate limit exceeded", "rate limit"),
    ],
)
def test_things_that_have_a_status(message: str, thing: str) -> None:
    (finding,) = catch_all(VALUES, times(9, bad("/lists/{n}", message)))
    assert thing in finding.message


@pytest.mark.parametrize("message", ["malformed document", "internal error", "monthly quota exceeded"])
def test_things_that_have_none_or_are_none_of_the_callers(message: str) -> None:
    assert catch_all(VALUES, times(9, bad("/lists/{n}", message))) == []


def test_what_content_refers_to_may_be_missing() -> None:
    assert catch_all(VALUES, times(20, bad("/orders/{n}/items", "no such customer", method="POST"))) == []


def test_houses_that_hold_400_right_for_values() -> None:
    (rule,) = (each for each in catalogue() if each.id == "catch-all-400")
    lenient = msgspec.structs.replace(rule, options={"validation_is_400": True})

    def found(story: str) -> int:
        engine = Engine([lenient])
        return sum(len(engine.audit(exchange).findings) for exchange in exchanges(story))

    assert found(VALUES + times(9, NO_CART)) == 0
    assert found(VALUES + times(9, NO_CART) + times(9, TAKEN)) == 1


def test_gateways_and_protocols_have_400s_of_their_own() -> None:
    edge = turn("GET /lists/{n}", 400, "<html><center>nginx</center></html>", PAGE)
    token = turn("POST /oauth/token", 400, '{"error": "invalid_grant"}', asked=FORM, sent=OAUTH)
    for other in (edge, token):
        story = (times(12, EMAIL), times(12, AMOUNT), times(5, NO_CART))
        assert catch_all(*story, times(9, other)) == []
        assert len(catch_all(*story, times(9, other), NO_CART)) == 1
    # That a gateway knows 404 says nothing of the service.
    page = turn("GET /nowhere", 404, "<html><center>nginx</center></html>", PAGE)
    assert len(catch_all(page, VALUES, times(6, NO_CART))) == 1


def test_400s_of_an_hour_ago_are_none_of_these() -> None:
    assert catch_all(VALUES, times(5, NO_CART), later(PERIOD), times(5, NO_CART)) == []


# catch-all-500

TRACE = "X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4740"
GET_ITEM = turn("GET /items/7", 200, '{"id": 7}', asked=(TRACE,))


def call(outcome: str = "# failure: timeout no answer", trace: str = TRACE) -> str:
    field = f"{trace}\n" if trace else ""
    return f"# outbound stock\nGET /levels/7 HTTP/1.1\nHost: stock.example\n{field}\n{outcome}\n"


def fault(code: str, status: int = 500) -> str:
    return turn(f"GET /{code.lower()}", status, f'{{"code": "{code}"}}')


FAULTS = fault("PRICE_TABLE_EMPTY"), fault("LABEL_TEMPLATE_BROKEN"), fault("LEDGER_SUM_DIFFERS")


def faults(*story: str) -> list[Finding]:
    return of("catch-all-500", *story)


def test_different_errors_and_failed_calls() -> None:
    (finding,) = faults(call(), GET_ITEM, *FAULTS)
    assert (finding.severity, finding.confidence, finding.service) == (Severity.MEDIUM, Confidence.STRONG, "example")
    assert finding.message == ("500 for 3 different errors, and never 502, 503 or 504 though a call to another failed")
    assert finding.evidence == "500: LABEL_TEMPLATE_BROKEN, LEDGER_SUM_DIFFERS, PRICE_TABLE_EMPTY; calls that failed: 1"
    assert steps(finding) == [
        ("timed out", "a call of the service that failed"),
        ("500", "another error under 500"),
        ("500", "another error under 500"),
        ("500", "one more error under 500"),
    ]


def test_without_a_failed_call_nothing_is_said() -> None:
    assert faults(GET_ITEM, *FAULTS) == []
    assert faults(call("HTTP/1.1 200 OK\n\n"), GET_ITEM, *FAULTS) == []
    assert faults(call("HTTP/1.1 404 Not Found\n\n"), GET_ITEM, *FAULTS) == []
    for status in (502, 503, 504):
        assert len(faults(call(f"HTTP/1.1 {status} X\n\n"), GET_ITEM, *FAULTS)) == 1


def test_a_call_that_was_made_again_and_answered_did_not_fail() -> None:
    assert faults(call(), call("HTTP/1.1 200 OK\n\n"), GET_ITEM, *FAULTS) == []


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_service_that_tells_of_upstreams(status: int) -> None:
    told = turn("GET /stock", status, '{"code": "STOCK_SILENT"}')
    assert faults(told, call(), GET_ITEM, *FAULTS) == []
    edge = turn("GET /stock", status, f"<html><head><title>{status} Bad Gateway</title></head></html>", PAGE)
    assert len(faults(edge, call(), GET_ITEM, *FAULTS)) == 1


def test_it_takes_three_names() -> None:
    assert faults(call(), GET_ITEM, *FAULTS[:2]) == []
    assert faults(call(), GET_ITEM, *FAULTS[:2], *FAULTS[:2]) == []
    assert faults(call(), GET_ITEM, *FAULTS[:2], fault("INTERNAL_SERVER_ERROR")) == []
    assert faults(call(), GET_ITEM, *FAULTS[:2], fault("AMOUNT_NEGATIVE", 422), fault("AMOUNT_NEGATIVE", 422)) == []
    assert len(faults(call(), GET_ITEM, *FAULTS[:2], fault("AMOUNT_NEGATIVE", 422), FAULTS[2])) == 1


def test_texts_are_no_names() -> None:
    texts = ("There is no such price table", "The user is not allowed to do that", "This name is already taken")
    told = [turn(f"GET /a{at}", 500, f'{{"message": "{text}"}}') for at, text in enumerate(texts)]
    assert faults(call(), GET_ITEM, *told, *told) == []
    assert faults(call(), GET_ITEM, *FAULTS[:2], *told) == []


def test_where_only_the_time_joins_them_it_is_a_hint() -> None:
    plain = call(trace="")
    known = turn("GET /health", 200, '{"up": 1}')
    (finding,) = faults(known, plain, turn("GET /items/7", 200, '{"id": 7}'), *FAULTS)
    assert finding.confidence is Confidence.WEAK


def test_protocols_and_gateways_have_500s_of_their_own() -> None:
    soap = turn("POST /soap", 500, "{}", asked=("SOAPAction: x",), sent="{}")
    edge = turn("GET /stock", 500, '{"code": "EDGE_GAVE_UP"}', "Server: CloudFront")
    assert faults(call(), GET_ITEM, *FAULTS[:2], edge) == []
    assert faults(call(), GET_ITEM, *FAULTS[:2], soap, edge) == []
    two = call() + GET_ITEM + FAULTS[0] + FAULTS[1]
    assert faults(two, turn("POST /rpc", 500, '{"jsonrpc": "2.0", "error": {"code": "THIRD_ONE"}}', sent="{}")) == []


def test_failures_of_an_hour_ago_are_none_of_these() -> None:
    assert faults(call(), GET_ITEM, later(PERIOD), *FAULTS) == []
    assert faults(call(), GET_ITEM, *FAULTS[:2], later(PERIOD), FAULTS[2]) == []


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
        ("404", 'told as {message: "…"}'),
        ("404", "told as {errors: […]}"),
        ("404", "told as {errors: […]}"),
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
    assert steps(finding) == [("400", "told by 400"), ("409", "the same error by another status")]


def test_it_takes_two_of_each() -> None:
    assert same(times(9, named(400)), named(409)) == []
    assert same(named(400), times(9, named(409))) == []
    # Told where the status at hand is one of them.
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
        ("429", "too many requests, told by 429"),
        (str(status), f"too many requests, told by {status}"),
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
    assert finding.message == "rate limits by 429, 503, of two limiters as it seems"
    assert finding.side is Side.INTERMEDIARY
    (finding,) = throttled(times(9, limited(429, "Via: 1.1 edge")), limited(429), times(2, limited(503)))
    assert finding.side is Side.SERVER


def test_what_a_gateway_says_is_no_word_of_the_limiter() -> None:
    edge = limited(503, "Server: CloudFront")
    assert throttled(times(9, limited(429)), times(9, edge)) == []
    assert throttled(times(9, edge), times(9, limited(429))) == []


def test_limits_of_an_hour_ago_are_none_of_these() -> None:
    assert throttled(times(9, limited(429)), later(PERIOD), times(9, limited(503))) == []
