"""Services with one status for all: each guard of the rules with a story that they would fall for without it."""

from __future__ import annotations

import msgspec
import pytest

from lab.rule import of, steps
from lab.story import later, times, turn
from wirelint.core.engine import Engine
from wirelint.core.finding import Confidence, Finding, Severity
from wirelint.core.wire import exchanges
from wirelint.history.services import PERIOD
from wirelint.rules import catalogue

PAGE = "Content-Type: text/html"
NGINX = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
OAUTH = "grant_type=refresh_token&refresh_token=7"
FORM = ("Content-Type: application/x-www-form-urlencoded",)


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
    assert finding.message == "400 for 2 kinds of errors: validation, missing resource"
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
    assert "2 kinds of errors" in finding.message
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
    assert finding.message == (
        "500 for 3 different errors, and never 502, 503 or 504 although a call to another failed"
    )
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


# same-error-many-statuses: the odd one out


def test_a_single_400_for_what_is_404_elsewhere() -> None:
    unknown = '{"code": "NO_SUCH_ENDPOINT", "message": "what is this"}'
    story = [turn(f"GET /{name}", 404, unknown) for name in ("abc", "def", "ghi", "jkl")]
    odd = turn("GET /rules/none", 400, unknown)
    (finding,) = of("same-error-many-statuses", *story[:2], odd, *story[2:])
    assert (finding.status, finding.suggested_status, finding.severity) == (400, 404, Severity.INFO)
    assert of("same-error-many-statuses", story[0], odd, story[1]) == []
    posted = turn("POST /rules", 400, unknown, sent="{}")
    assert of("same-error-many-statuses", *story[:2], posted, *story[2:]) == []
