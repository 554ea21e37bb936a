"""Where service and document differ, and where they only seem to."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from msgspec.structs import replace

from lab.rule import run
from wirelint.core.body import Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Failure, FailureKind, Request, Response
from wirelint.core.finding import Confidence, Finding, Severity
from wirelint.core.headers import Headers
from wirelint.core.knowledge import Knowledge
from wirelint.core.media import media_type
from wirelint.openapi.read import read_octets
from wirelint.rules import catalogue
from wirelint.settings.engine import engine_for
from wirelint.settings.policy import Policy, ServiceSettings, Settings

RULES = tuple(rule for rule in catalogue() if rule.contract)
DOCUMENT = """
openapi: 3.0.3
security: [{bearer: []}]
paths:
  /things:
    get:
      responses:
        200:
          description: things
          content:
            application/json:
              schema: {type: array, items: {$ref: '#/components/schemas/Thing'}}
        404: {description: none}
    post:
      requestBody:
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Thing'}
      responses:
        201: {description: made}
  /open:
    get:
      security: []
      responses:
        200: {description: open}
        '3XX': {description: elsewhere}
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer}
  schemas:
    Thing:
      type: object
      required: [id]
      properties:
        id: {type: integer}
        labels: {type: object, additionalProperties: {type: string}}
"""


def knowledge(document: str = DOCUMENT, *, named: bool = True) -> Knowledge:
    return Knowledge(contract=read_octets(document.encode(), named=named))


def exchange(
    line: str = "GET /things",
    status: int = 200,
    content: bytes = b'[{"id": 1}]',
    media: str = "application/json",
    sent: bytes = b"",
    service: str = "shop",
    *,
    token: bool = True,
    **more: Any,
) -> Exchange:
    method, target = line.split()
    fields = [("content-type", media)] if media else []
    headers = Headers.of(*([("authorization", "Bearer b1946ac92492d2347c6235b4d2611184")] if token else []))
    asked = Headers.of(*[(name.decode(), value.decode()) for name, value in headers.fields], ("content-type", media))
    return Exchange(
        request=Request(
            method=method, target=target, headers=asked if sent else headers, body=Body(sent, media=media_type(media))
        ),
        response=Response(
            status=status,
            headers=Headers.of(*fields),
            body=more.pop("body", None) or Body(content, media=media_type(media)),
        ),
        service=service,
        **more,
    )


def found(*told: Exchange, known: Knowledge | None = None) -> list[Finding]:
    engine = Engine(RULES, least=Confidence.WEAK, knowledge=known or knowledge())
    findings: list[Finding] = []
    for number, each in enumerate(told):
        audit = engine.audit(replace(each, started=60.0 * number))
        assert audit.faults == ()
        findings += audit.findings
    return findings


def ids(*told: Exchange, known: Knowledge | None = None) -> list[str]:
    return [finding.rule for finding in found(*told, known=known)]


def test_a_service_that_keeps_its_document_has_no_findings() -> None:
    assert ids(exchange(), exchange("POST /things", 201, b"", "", b'{"id": 1}'), exchange("GET /open", 302)) == []


def test_without_a_document_no_such_rule_runs() -> None:
    engine = Engine(RULES)
    assert engine.rules == ()
    assert engine.audit(exchange(content=b"[1]")).findings == ()


@pytest.mark.parametrize(
    ("status", "severity"),
    [
        (202, Severity.MEDIUM),
        (404, None),
        (409, Severity.INFO),
        (500, Severity.INFO),
        (302, Severity.LOW),
        (304, None),
        (206, None),
    ],
)
def test_an_undocumented_status_is_as_grave_as_the_document_makes_it(status: int, severity: Severity | None) -> None:
    findings = found(exchange(status=status, content=b"", media=""))
    assert [(each.rule, each.severity) for each in findings] == (
        [] if severity is None else [("undocumented-status", severity)]
    )


@pytest.mark.parametrize(
    ("documented", "severity"), [("503", Severity.LOW), ("504", Severity.LOW), ("404", Severity.INFO)]
)
def test_a_server_error_is_more_than_a_note_where_the_operation_has_another(
    documented: str, severity: Severity
) -> None:
    known = knowledge(DOCUMENT.replace("404: {description: none}", f"{documented}: {{description: down}}"))
    (finding,) = found(exchange(status=500, content=b"", media=""), known=known)
    assert (finding.rule, finding.severity) == ("undocumented-status", severity)


def test_a_head_is_answered_as_its_get() -> None:
    assert ids(exchange("HEAD /things", content=b"", media="application/json")) == []
    # What the document leaves out for a GET, it does not promise for HEAD.
    assert ids(exchange("HEAD /things", status=405, content=b"", media="")) == []
    assert ids(exchange("GET /things", status=405, content=b"", media="")) == ["undocumented-status"]


@pytest.mark.parametrize(
    "body",
    [
        Body(b'[{"id": "x"}]', complete=False, media=media_type("application/json")),
        Body(gzip.compress(b'[{"id": "x"}]')[:-9], coding="gzip", media=media_type("application/json")),
        Body(b"no gzip", coding="gzip", media=media_type("application/json")),
        Body(b"no json", media=media_type("application/json")),
        Body.unknown("streamed"),
        Body(b"", media=media_type("application/json")),
    ],
)
def test_content_that_was_not_seen_whole_is_not_judged(body: Body) -> None:
    assert ids(exchange(body=body)) == []


def test_packed_content_is_judged() -> None:
    body = Body(gzip.compress(b'[{"id": "x"}]'), coding="gzip", media=media_type("application/json"))
    assert ids(exchange(body=body)) == ["response-breaks-schema"]


def test_a_response_that_was_cut_short_is_not_judged() -> None:
    assert ids(exchange(content=b'[{"id": "x"}]', failure=Failure(kind=FailureKind.RESET))) == []


def test_names_that_a_client_chose_are_not_shown() -> None:
    (finding,) = found(exchange(content=b'[{"id": 1, "labels": {"ann.miller@example.org": 7}}]'))
    assert finding.rule == "response-breaks-schema"
    assert finding.evidence == "string expected at [].labels.*, integer found"


def test_different_breaches_on_one_route_are_different_findings() -> None:
    findings = found(exchange(content=b'[{"id": "x"}]'), exchange(content=b"[{}]"), exchange(content=b"{}"))
    assert [each.rule for each in findings] == [
        "response-breaks-schema",
        "response-field-missing",
        "response-breaks-schema",
    ]
    assert len({each.fingerprint for each in findings}) == 3


def test_a_known_breach_hides_no_new_one() -> None:
    findings = found(exchange(content=b'[{"id": "x", "labels": 7}, {"id": "y"}, {"id": null}]'))
    assert [each.evidence for each in findings] == [
        "integer expected at [].id, string found",
        "object expected at [].labels, integer found",
    ]


@pytest.mark.parametrize("status", [201, 422])
def test_a_request_that_breaks_its_schema_counts_if_it_was_accepted(status: int) -> None:
    known = knowledge(DOCUMENT.replace("201: {description: made}", "default: {description: any}"))
    told = exchange("POST /things", status, b"", "application/json", b'{"id": "x"}')
    assert ids(told, known=known) == (["accepted-request-breaks-schema"] if status == 201 else [])


def test_a_document_for_all_services_says_nothing_of_those_it_does_not_describe() -> None:
    known = knowledge(named=False)
    other = exchange("GET /strange", service="elsewhere")
    assert ids(other, exchange(), other, known=known) == []
    assert ids(exchange("GET /strange"), exchange(), exchange("GET /strange"), known=known) == ["undocumented-route"]


def test_credentials_that_a_recorder_left_out_are_not_missed() -> None:
    anonymous = exchange(token=False)
    assert ids(anonymous, anonymous) == []
    assert ids(anonymous, exchange(), anonymous) == ["documented-security-unenforced"]


def test_the_page_of_an_application_may_be_open() -> None:
    page = exchange(content=b"<html><body>Log in</body></html>", media="text/html", token=False)
    assert "documented-security-unenforced" not in ids(exchange(), page)


@pytest.mark.parametrize("name", ["x-forwarded-user", "x-consumer-id"])
def test_a_client_that_a_gateway_vouches_for_is_not_anonymous(name: str) -> None:
    told = exchange(token=False)
    request = Request(method="GET", target="/things", headers=Headers.of((name, "ann")))
    vouched = Exchange(request=request, response=told.response, service=told.service)
    assert ids(exchange(), vouched) == []


def test_each_service_has_its_own_document() -> None:
    rules = tuple(rule for rule in catalogue() if rule.default)
    shop = ServiceSettings("shop", Settings(rules, knowledge=knowledge()))
    engine = engine_for(Policy(Settings(rules), [shop]))
    assert {rule.id for rule in RULES} <= {rule.id for rule in engine.rules}
    assert [each.rule for each in engine.audit(exchange(status=202)).findings] == ["undocumented-status"]
    assert engine.audit(exchange(status=202, service="cart")).findings == ()


@pytest.mark.parametrize(
    "path", ["/health", "/v1/healthz", "/openapi.json", "/actuator/info", "/.well-known/jwks.json"]
)
def test_what_serves_those_who_run_a_service_need_not_be_documented(path: str) -> None:
    assert ids(exchange(f"GET {path}")) == []


def test_a_reading_request_for_a_page_is_no_operation() -> None:
    assert ids(exchange("GET /shop", content=b"<html></html>", media="text/html")) == []
    assert ids(exchange("OPTIONS /shop")) == []
    assert ids(exchange("POST /shop", content=b"", media="")) == ["undocumented-route"]


def test_examples_run_with_their_document() -> None:
    (rule,) = (each for each in RULES if each.id == "undocumented-method")
    assert [each.rule for each in run(rule.id, rule.bad[0])] == [rule.id]


@pytest.mark.parametrize(("offered", "suggested"), [("400", 400), ("'422'", 422), ("4XX", 422)])
def test_suggested_statuses_are_those_that_the_document_offers(offered: str, suggested: int) -> None:
    document = f"""
openapi: 3.0.3
servers: [{{url: /v1}}]
paths:
  /orders/{{id}}:
    post: {{responses: {{200: {{description: ok}}, {offered}: {{description: refused}}}}}}
"""
    (rule,) = (each for each in catalogue() if each.id == "not-found-for-validation")
    engine = engine_for(Policy(Settings((rule,), knowledge=knowledge(document))))
    told = exchange(
        "POST /v1/orders/7", 404, b'{"error": "email must be a valid address"}', "application/json", b'{"email": "x"}'
    )
    (finding,) = engine.audit(told).findings
    assert finding.suggested_status == suggested


def test_a_documented_failure_is_a_note_once() -> None:
    document = DOCUMENT.replace(
        "201: {description: made}", "201: {description: made, content: {a/b: {example: {ok: false}}}}"
    )
    told = exchange("POST /things", 201, b"", "", b'{"id": 1}')
    (finding,) = found(told, told, known=knowledge(document))
    assert (finding.rule, finding.severity) == ("documented-failure-as-success", Severity.INFO)
