"""What real servers answer: an error of theirs that must be named, and the convention beside it that must not be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.rule import answer, run
from wirelint.core.finding import Confidence, Severity

JSON = "Content-Type: application/json"


def found(
    rule: str, head: str, content: Any, *fields: str, request: str = "GET /v1/things HTTP/1.1", **more: str
) -> Any:
    body = content if isinstance(content, str) else json.dumps(content)
    findings = run(rule, answer(head, *(fields or (JSON,)), request=request, body=body, **more))
    return [finding for finding in findings if finding.confidence is not Confidence.WEAK]


def test_json_rpc_without_an_id_is_json_rpc() -> None:
    told = {"jsonrpc": "2.0", "error": {"code": 403, "message": "Permission denied"}}
    assert not found("ok-with-error-body", "200 OK", told)
    assert not found("body-status-contradiction", "200 OK", told)
    assert found("tunnelled-error", "200 OK", told)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("403 Forbidden", "Player command failed: Premium required"),
        ("403 Forbidden", "The following permissions are required: 'edit'."),
        ("406 Not Acceptable", "Unable to find content for text/csv: not found"),
        ("423 Locked", "item is already locked"),
    ],
)
def test_a_reason_to_refuse_is_no_other_status(status: str, text: str) -> None:
    assert not found("misused-client-error", status, {"message": text})


def test_input_that_is_not_valid_is_not_forbidden() -> None:
    assert found("misused-client-error", "403 Forbidden", {"errors": [{"reason": "entity_ids are not valid"}]})


def test_the_target_of_an_upload_may_not_be_valid() -> None:
    told = {"errors": [{"code": "BLOB_UPLOAD_INVALID", "message": "blob upload invalid"}]}
    assert not found(
        "not-found-for-validation", "404 Not Found", told, request="PATCH /v2/foo/blobs/uploads/1 HTTP/1.1"
    )


@pytest.mark.parametrize(
    ("head", "fields", "content"),
    [
        ("502 Bad Gateway", "Content-Type: text/html", "<html><title>ERROR: could not be retrieved</title></html>"),
        ("502 Bad Gateway", JSON, {"error": "connection refused"}),
    ],
)
def test_what_is_not_known_to_be_the_requests_fault(head: str, fields: str, content: Any) -> None:
    request = "POST /jsonrpc%zz HTTP/1.1"
    assert not found("server-error-on-malformed-request", head, content, fields, request=request)


def test_soap_faults_of_the_client_come_under_500() -> None:
    fault = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode>'
        "<faultstring>missing parameter name</faultstring></s:Fault></s:Body></s:Envelope>"
    )
    assert not found("server-error-for-client-input", "500 Internal Server Error", fault, "Content-Type: text/xml")
    assert found("server-error-for-client-input", "500 Internal Server Error", {"error": "missing parameter name"})


@pytest.mark.parametrize(
    "page",
    [
        "<html><title>503 Service Temporarily Unavailable</title><h1>503 Service Temporarily Unavailable</h1>",
        "<html><p>Unable to serve you due to maintenance downtime or capacity\nproblems. Please try again later.",
    ],
)
def test_stock_pages_do_not_know_whether_it_passes(page: str) -> None:
    html = "Content-Type: text/html"
    (finding,) = found("unavailable-without-retry-hint", "503 Service Unavailable", page, html)
    assert finding.severity is Severity.INFO
    (finding,) = found("unavailable-without-retry-hint", "503 Service Unavailable", "down for maintenance", html)
    assert finding.severity is Severity.MEDIUM


@pytest.mark.parametrize(
    "content",
    [
        {"message": {"name": ["has already been taken"]}},
        {"name": ["site with this name already exists."]},
        {
            "errorSummary": "Api validation failed: login",
            "errorCauses": [{"errorSummary": "login: An object with this field already exists in the organization"}],
        },
        {"errorMessages": ["A version with this name already exists"], "errors": {}},
    ],
)
def test_conflicts_told_per_field(content: dict[str, Any]) -> None:
    assert found("bad-request-for-conflict", "400 Bad Request", content, request="POST /v1/sites HTTP/1.1")


def test_a_field_given_twice_is_no_conflict() -> None:
    told = {"message": "header already set"}
    assert not found("bad-request-for-conflict", "400 Bad Request", told, request="POST /v1/sites HTTP/1.1")


def test_amazons_json_is_json() -> None:
    amazon = "Content-Type: application/x-amz-json-1.1"
    sent = "X-Amz-Target: Logs_20140328.DescribeLogStreams"
    missing = {"__type": "ResourceNotFoundException", "message": "The specified log group does not exist."}
    assert found(
        "bad-request-for-missing-resource", "400 Bad Request", missing, amazon, request="POST / HTTP/1.1", sent=sent
    )
    assert not found("bad-request-for-missing-resource", "400 Bad Request", missing, request="POST / HTTP/1.1")
    assert found(
        "throttle-misreported", "400 Bad Request", {"__type": "ThrottlingException", "message": "Rate exceeded"}, amazon
    )


def test_a_permission_that_may_be_missing_in_a_list_of_messages() -> None:
    told = {"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {}}
    assert run("not-found-declares-authz", answer("404 Not Found", JSON, body=json.dumps(told)))
