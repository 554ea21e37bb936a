"""What more servers of the trade answer to their own clients: what must be named, and what is their way to do it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lab.rule import answer, audit, run
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Finding, Severity
from wirelint.core.verdict import Verdict
from wirelint.core.wire import exchanges
from wirelint.evidence.credentials import credentials
from wirelint.evidence.protocols import Protocol, protocol

JSON = "Content-Type: application/json"


def found(
    rule: str, head: str, content: Any, request: str = "GET /v1/things HTTP/1.1", sent: str = ""
) -> list[Finding]:
    body = content if isinstance(content, str) else json.dumps(content)
    findings = run(rule, answer(head, JSON, request=request, sent=sent, body=body))
    return [finding for finding in findings if finding.confidence is not Confidence.WEAK]


def posted(rule: str, line: str, sent: str, head: str, content: Any) -> list[Finding]:
    """Return ``found`` for a request with content; none if ``sent`` is empty."""
    request = f"{line} HTTP/1.1\nHost: api.example\n{JSON}\n\n{sent}" if sent else f"{line} HTTP/1.1\nHost: api.example"
    findings = run(rule, f"{request}\n\nHTTP/1.1 {head}\n{JSON}\n\n{json.dumps(content)}\n")
    return [finding for finding in findings if finding.confidence is not Confidence.WEAK]


def of(head: str, content: Any, request: str, sent: str = "") -> Exchange:
    (exchange,) = exchanges(answer(head, JSON, request=request, sent=sent, body=json.dumps(content)))
    return exchange


QUERY = "GET /?query=%7Bmaybe%7D HTTP/1.1"
BROKEN = {"errors": [{"message": "no", "path": ["maybe"]}], "data": {"maybe": None}}


def test_graphql_is_asked_in_the_target_too() -> None:
    assert protocol(of("200 OK", BROKEN, QUERY)) is Protocol.GRAPHQL
    assert not found("ok-with-error-body", "200 OK", BROKEN, request=QUERY)


def test_other_languages_of_queries_begin_with_a_brace_too() -> None:
    told = {"status": "error", "errors": [{"message": "no"}], "data": None}
    assert protocol(of("200 OK", told, "GET /api/v1/query?query=%7Bjob%3D%22x%22%7D HTTP/1.1")) is None
    assert protocol(of("200 OK", BROKEN, "GET /search?query=quick HTTP/1.1")) is None


def test_errors_that_happened_before_are_no_error() -> None:
    told = {"errors": [{"when": "2026-01-01T00:00:00Z", "message": "disk is full"}]}
    assert not found("ok-with-error-body", "200 OK", told, request="GET /rest/system/error HTTP/1.1")
    assert found("ok-with-error-body", "200 OK", told, request="GET /rest/system HTTP/1.1")
    assert found("ok-with-error-body", "200 OK", {"error": "disk is full"}, request="GET /error HTTP/1.1")


def test_a_login_that_is_no_login_is_not_refused() -> None:
    request = "POST /v3/login HTTP/1.1"
    told = {"errcode": "M_INVALID_PARAM", "error": "Invalid login submission"}
    assert not found("bad-request-for-auth", "400 Bad Request", told, request=request)
    told = {"errcode": "M_INVALID_PARAM", "error": "Invalid login"}
    assert found("bad-request-for-auth", "400 Bad Request", told, request=request)


def test_what_a_query_in_sql_speaks_of_is_no_target() -> None:
    request = "GET /d.json?sql=select+*+from+nope HTTP/1.1"
    assert not found("bad-request-for-missing-resource", "400 Bad Request", {"error": "no such table: nope"}, request)
    assert found("bad-request-for-missing-resource", "400 Bad Request", {"error": "no such order: nope"}, request)


def test_a_value_of_another_type_is_no_conflict() -> None:
    request = "POST /write?db=d HTTP/1.1"
    told = {"error": 'field type conflict: input field "v" is type string, already exists as type float'}
    assert not found("bad-request-for-conflict", "400 Bad Request", told, request)


@pytest.mark.parametrize("name", ["ShopError", "ShopException"])
def test_a_class_of_errors_is_no_error(name: str) -> None:
    told = [("409 Conflict", "Box [{}] already exists"), ("422 Unprocessable Content", "{} must be a number")]
    story = [
        of(head, {"error": name, "message": text.format(turn)}, f"POST /boxes/{turn} HTTP/1.1")
        for head, text in told
        for turn in range(3)
    ]
    assert not audit("same-error-many-statuses", *story)


def test_a_scheme_alone_is_no_credential() -> None:
    request = "GET /whoami HTTP/1.1"
    assert not credentials(of("401 Unauthorized", {}, request, sent="Authorization: Bearer"))
    assert credentials(of("401 Unauthorized", {}, request, sent="Authorization: f00ba4")) == {"bare"}
    story = [of("401 Unauthorized", {}, request, sent="Authorization: Bearer ") for _ in range(6)]
    assert not audit("stale-credential-loop", *story)


def test_maps_tell_errors_in_xml() -> None:
    told = "<ServiceExceptionReport><ServiceException>missing parameters</ServiceException></ServiceExceptionReport>"
    (finding,) = run("ok-with-error-body", answer("200 OK", "Content-Type: text/xml", body=told))
    assert "missing parameters" in finding.message


@pytest.mark.parametrize("message", ["no such customer", ["name must be a string"]])
def test_the_status_in_words_beside_a_message_is_no_other_form(message: Any) -> None:
    bare = {"statusCode": 404, "message": "Not Found"}
    more = {"statusCode": 404, "message": message, "error": "Not Found"}
    story = [of("404 Not Found", bare if turn % 2 else more, f"GET /cats/{turn} HTTP/1.1") for turn in range(30)]
    assert not audit("error-envelope-inconsistent", *story)


def test_an_error_without_a_message_is_another_form() -> None:
    one, other = {"message": "gone", "error": "Not Found"}, {"error": "Not Found"}
    plain = {"message": "gone"}
    forms = (one, other, plain)
    story = [of("404 Not Found", forms[turn % 3], f"GET /cats/{turn} HTTP/1.1") for turn in range(30)]
    (finding,) = audit("error-envelope-inconsistent", *story)
    assert "2 forms" in finding.message


def test_a_login_that_failed_is_not_forbidden() -> None:
    sent, request = "Authorization: Basic Z3Vlc3Q6bm8=", "GET /api/overview HTTP/1.1"
    told = {"error": "not_authorized", "reason": "Login failed"}
    assert not found("forbidden-as-401", "401 Unauthorized", told, request, sent)
    told = {"error": "not_authorized", "reason": "Not administrator user"}
    assert found("forbidden-as-401", "401 Unauthorized", told, request, sent)


@pytest.mark.parametrize(
    ("rule", "head"),
    [("bad-request-for-permission", "400 Bad Request"), ("misused-client-error", "422 Unprocessable Content")],
)
def test_a_column_is_no_caller(rule: str, head: str) -> None:
    sent = "Authorization: Bearer of-a-user-1234567"
    assert not found(rule, head, {"message": "Filter column: zz not allowed to filter"}, sent=sent)
    assert found(rule, head, {"message": "You are not allowed to do this"}, sent=sent)


def test_a_token_of_another_kind_is_not_accepted() -> None:
    sent, told = "Authorization: Bearer of-a-user-1234567", {"msg": "Only refresh tokens are allowed"}
    (finding,) = found("misused-client-error", "422 Unprocessable Content", told, sent=sent)
    assert finding.suggested_status == 401


def test_a_proxy_that_cannot_connect_is_no_fault_of_its_own() -> None:
    page = "<html><head><title>500 Unable to connect</title></head><body><h1>Unable to connect</h1></body></html>"
    head, media = "500 Internal Server Error", "Content-Type: text/html"
    (finding,) = run("masked-upstream-text", answer(head, media, body=page))
    assert finding.suggested_status == 502
    assert not run("masked-upstream-text", answer(head, media, body=page.replace("connect<", "connect the dots<")))


def test_a_request_to_refresh_brings_a_token_of_its_own() -> None:
    told = {"errors": [{"message": "The refresh token is required in either the payload or cookie."}]}
    assert not found("bad-request-for-auth", "400 Bad Request", told, "POST /auth/refresh HTTP/1.1")
    assert found("bad-request-for-auth", "400 Bad Request", told, "POST /items HTTP/1.1")


def test_a_page_of_errors_was_asked_for_one_by_its_number() -> None:
    story = [of("204 No Content", {}, f"GET /status/{turn} HTTP/1.1") for turn in range(200, 206)]
    assert not audit("not-implemented-for-working-method", *story, of("501 No", {}, "GET /status/501 HTTP/1.1"))
    assert audit("not-implemented-for-working-method", *story, of("501 No", {}, "GET /status/207 HTTP/1.1"))


def test_a_model_that_cannot_be_reached_is_an_upstream() -> None:
    told = {"error": {"message": "InternalServerError: OpenAIException - Connection error.", "code": "500"}}
    assert found("masked-upstream-text", "500 Internal Server Error", told)
    assert not found("masked-upstream-text", "500 Internal Server Error", {"error": "database connection error"})


@pytest.mark.parametrize("media", ["text/plain", "text/html"])
def test_a_number_alone_is_no_status(media: str) -> None:
    answered = answer("200 OK", f"Content-Type: {media}", request="GET /users/$count HTTP/1.1", body="404")
    assert not run("error-page-as-success", answered)
    assert run("error-page-as-success", answered.replace("\n404\n", "\n404 Not Found\n"))


@pytest.mark.parametrize(
    ("request_line", "sent", "text", "status"),
    [
        ("PUT /config/routes/0", '{"handle": [{"handler": "nosuch"}]}', "loading module 'nosuch': unknown module", 400),
        ("POST /hash", '{"hash": "b"}', "hash must contain a $ as first char", 400),
        ("POST /users", '{"name": "x"}', "name must be at least 3 characters", 400),
        ("POST /t", "{}", "You may only POST to a canned query", 405),
        ("POST /users", "{}", "name is required", 400),
        ("POST /users", '{"name": ""}', "Missing name", 400),
        ("POST /containers", '{"image": "zz"}', "zz: image not known", 404),
        ("POST /containers", "{}", "no command or entrypoint provided", 400),
        ("POST /pull", "{}", "reference parameter cannot be empty", 400),
        ("POST /secrets", '{"a": 1}', "only 64 characters allowed: invalid secret name", 400),
        ("GET /boxes?filters=zz", "", "invalid character 'z' looking for beginning of value", 400),
        ("GET /records/7", "", "No record found for id '7'", 404),
        ("GET /pods/zz", "", "generating units: no pod with name or ID zz found", 404),
        ("GET /e/9", "", 'key not found: "9"', 404),
        ("GET /u/9", "", "User not found", 404),
        ("GET /files/none.txt", "", "ENOENT: no such file or directory, open '/srv/x/none.txt'", 404),
        ("POST /transfers", '{"amount": 7}', "Insufficient funds", 409),
    ],
)
def test_what_the_client_did_is_no_fault_of_the_server(request_line: str, sent: str, text: str, status: int) -> None:
    (finding,) = posted("server-error-for-client-input", request_line, sent, "500 Oops", {"error": text})
    assert finding.suggested_status == status


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("", "name must be at least 3 characters"),  # nothing was sent that could be too short
        ('{"a": 1}', "SECRET_KEY setting must not be empty"),
        ('{"a": 1}', "database URL must start with postgres"),
        ('{"a": 1}', "argument must be str, not None"),
        ('{"handler": "nosuch"}', "loading module 'other': unknown module"),
        ('{"name": "ann"}', "name is required"),  # which was sent
        ('{"a": 1}', "no credentials provided for the database"),
        ('{"a": 1}', "invalid memory address or nil pointer dereference"),
        ('{"a": 1}', "Template not found"),
        ('{"a": 1}', "Method not implemented!"),
        ("", "invalid character '<' looking for beginning of value"),  # of what an upstream answered
    ],
)
def test_what_a_service_must_have_is_no_fault_of_the_client(sent: str, text: str) -> None:
    assert not posted("server-error-for-client-input", "POST /things", sent, "500 Oops", {"error": text})


@pytest.mark.parametrize(
    ("request_line", "sent", "text"),
    [
        ("POST /rpc", '{"jsonrpc": "2.0", "id": 1, "method": "status", "params": ["7f"]}', "task 7f is not found"),
        ("POST /api/exchanges/zz/publish", "{}", "404 NOT_FOUND - no exchange 'zz' in vhost '/'"),
        ("POST /graphite/render", "{}", 'unsupported path requested: "/graphite/render"'),
        ("GET /db/-/query.json", "", "no such table: -"),
    ],
)
def test_what_a_request_is_about_is_missing(request_line: str, sent: str, text: str) -> None:
    assert posted("bad-request-for-missing-resource", request_line, sent, "400 Bad Request", {"error": text})


@pytest.mark.parametrize(
    ("request_line", "text"),
    [("GET /db/query.json?sql=select+zz", "no such table: zz"), ("POST /orders", "customer 'ann' not found")],
)
def test_what_a_request_only_mentions_is_no_target(request_line: str, text: str) -> None:
    assert not found("bad-request-for-missing-resource", "400 Bad Request", {"error": text}, f"{request_line} HTTP/1.1")


def test_json_rpc_that_cannot_be_parsed_is_a_note_under_500() -> None:
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "Parse error"}}
    (finding,) = posted("server-error-on-malformed-request", "POST /rpc", "{bad", "500 Oops", error)
    assert finding.severity is Severity.INFO


def test_a_lack_of_permission_is_no_fault_of_the_server() -> None:
    text = {"message": "You do not have permission to access this resource"}
    bearer = "Authorization: Bearer of-a-user-1234567"
    (finding,) = found("server-error-for-client-input", "500 Oops", text, sent=bearer)
    assert finding.suggested_status == 403
    assert not found("server-error-for-client-input", "500 Oops", text)  # it may be the service's own
    assert found("bad-request-for-permission", "400 Bad Request", text)


def test_a_token_that_had_run_out_explains_a_refusal() -> None:
    claims = base64.urlsafe_b64encode(b'{"exp": 5}').decode().rstrip("=")
    expired = f"Authorization: Bearer e30.{claims}.c2ln"
    text = {"error": "token validation failed at the database"}
    assert found("server-error-for-client-input", "500 Oops", text, sent=expired)
    assert not found("server-error-for-client-input", "500 Oops", text, sent="Authorization: Bearer abc-1234567")
    refusal = {"error": "Token is expired"}
    path = "GET /api/tokens/7 HTTP/1.1"
    (finding,) = found("bad-request-for-auth", "400 Bad Request", refusal, path, expired)
    assert claims not in f"{finding.evidence}{finding.message}"
    assert not found("bad-request-for-auth", "400 Bad Request", refusal, path)


def test_the_login_below_a_path_of_tokens_is_a_login() -> None:
    text = {"non_field_errors": ["Unable to log in with provided credentials."]}
    assert posted("bad-request-for-auth", "POST /token/login/", '{"username": "ann"}', "400 Bad Request", text)
    assert not posted("bad-request-for-auth", "POST /tokens/7", '{"username": "ann"}', "400 Bad Request", text)


@pytest.mark.parametrize(
    ("text", "sent", "status"),
    [
        ("Content-Type text/csv is not supported", JSON, 415),
        ("Request body too large", JSON, 413),
        ("File too large: maximum 1 MB", "Content-Type: multipart/form-data; boundary=a", 413),
    ],
)
def test_size_and_type_have_statuses_of_their_own(text: str, sent: str, status: int) -> None:
    (finding,) = found("misused-client-error", "400 Bad Request", {"error": text}, "POST /files HTTP/1.1", sent)
    assert finding.suggested_status == status


@pytest.mark.parametrize(
    "text",
    [
        "File size exceeds project limit.",
        "Request header too large",
        "Unsupported image type",
        "Expected a data URL with a supported content type for the file",
    ],
)
def test_sizes_and_types_of_what_is_named_are_values(text: str) -> None:
    assert not found("misused-client-error", "400 Bad Request", {"error": text}, "POST /files HTTP/1.1", JSON)


def test_a_success_may_warn_of_an_upstream() -> None:
    (finding,) = found(
        "masked-upstream-text", "200 OK", {"items": [1], "warnings": ["recommendations service timed out"]}
    )
    assert finding.severity is Severity.INFO
    (finding,) = found(
        "masked-upstream-text", "200 OK", {"rows": [], "warning": {"code": 7, "text": "upstream timed out"}}
    )
    assert finding.verdict is Verdict.OK
    assert not found("masked-upstream-text", "200 OK", {"items": [1], "warnings": ["field colour is deprecated"]})


@pytest.mark.parametrize(
    "text",
    [
        "An internal error. Either the server is overloaded or there is an error in the application.",
        "Your account is disabled",
        "An error occurred, please try again later",
        "maintenance window could not be saved: connection refused",
    ],
)
def test_what_nobody_expected_is_an_error_of_the_server(text: str) -> None:
    assert not found("misused-server-error", "500 Oops", {"error": text})


def test_oauth_says_under_400_what_is_wrong_with_a_client() -> None:
    form = "Content-Type: application/x-www-form-urlencoded"
    told = f"""\
POST /token HTTP/1.1
Host: id.example
{form}

grant_type=client_credentials
HTTP/1.1 400 Bad Request
{JSON}

{{"error": "invalid_request", "error_description": "no client authentication mechanism provided"}}
POST /token HTTP/1.1
Host: id.example
Authorization: Basic YzpzZWNyZXQ=
{form}

grant_type=client_credentials
HTTP/1.1 200 OK
{JSON}

{{"access_token": "b1946ac92492d2347c6235b4d2611184", "token_type": "bearer"}}
"""
    assert not run("missing-credentials-misreported", told)
    assert run("missing-credentials-misreported", told.replace("/token", "/orders").replace("grant_type=", "kind="))


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("You are not authorized to view this page. Check the roles in tomcat-users.xml." + " " * 160 + "role", False),
        ("You are not authorized to access this resource", False),
        ("Only Admins may delete users!", True),
        ("Insufficient permissions", True),
    ],
)
def test_not_authorized_may_also_be_said_of_a_wrong_password(text: str, sure: bool) -> None:
    basic = "Authorization: Basic YWRhOndvbmRlcmxhbmQ="
    findings = found("forbidden-as-401", "401 Unauthorized", {"message": text}, sent=basic)
    assert bool(findings) is sure


def test_the_page_that_iis_has_for_each_401_says_nothing() -> None:
    text = "You do not have permission to view this directory or page using the credentials that you supplied."
    basic = "Authorization: Basic YWRhOndvbmRlcmxhbmQ="
    assert not run("forbidden-as-401", answer("401 Unauthorized", JSON, sent=basic, body=json.dumps({"message": text})))


def test_a_part_of_a_page_may_ask_for_a_new_password() -> None:
    form = '<div><input type="password" ng-model="config.password"></div>'
    told = answer(
        "200 OK", "Content-Type: text/html", request="GET {} HTTP/1.1", sent="Accept: application/json", body=form
    )
    assert not run("login-page-instead-of-401", told.format("/settings/settingsModalView.html"))
    assert run("login-page-instead-of-401", told.format("/settings"))


def test_what_is_not_supported_by_name_is_not_implemented() -> None:
    text = {"error": "upgrade unsupported"}
    line = "POST /rest/system/upgrade HTTP/1.1"
    assert not found("server-error-for-client-input", "500 Oops", text, line)
    (finding,) = found("misused-server-error", "500 Oops", text, line)
    assert finding.suggested_status == 501
    assert not found("misused-server-error", "500 Oops", {"error": "format unsupported"}, line)


@pytest.mark.parametrize(
    ("line", "text", "wrong"),
    [
        ("GET /app/?id=9", "java.lang.IllegalArgumentException: id out of range: 9", True),
        ("GET /app/?id=9", "java.lang.IllegalArgumentException: comparison violates its contract", False),
        ("GET /app/?id=9", "ValueError: not enough values to unpack (expected 9, got 2)", False),
    ],
)
def test_an_exception_for_an_argument_names_it(line: str, text: str, wrong: bool) -> None:
    page = f"<html><body><h1>HTTP Status 500</h1><pre>{text}\n\tat org.example.App.main</pre></body></html>"
    told = answer("500 Oops", "Content-Type: text/html", request=f"{line} HTTP/1.1", body=page)
    assert bool(run("server-error-for-client-input", told)) is wrong


@pytest.mark.parametrize("code", ["Base.1.8.GeneralError", "M_UNKNOWN"])
def test_a_general_code_is_not_one_error(code: str) -> None:
    parts = [
        answer(head, JSON, request=f"POST /{path}?n={at} HTTP/1.1", body=json.dumps({"error": {"code": code}}))
        for at, (head, path) in enumerate([("400 No", "a"), ("400 No", "b"), ("409 No", "c"), ("409 No", "d")])
    ]
    assert not run("same-error-many-statuses", "".join(parts))
    assert run("same-error-many-statuses", "".join(parts).replace(code, "BASKET_EMPTY"))
