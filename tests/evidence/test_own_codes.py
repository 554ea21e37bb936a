"""Result codes of services' own: an error beside the ordinary answer of the same service."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.evidence.envelope import Grade, envelope


def grade(content: Any, media: str = "application/json", path: str = "/v1/things") -> Grade | None:
    text = content if isinstance(content, str) else json.dumps(content)
    body = Body(text.encode(), media=media_type(media))
    response = Response(status=200, headers=Headers.of(("content-type", media)), body=body)
    found = envelope(Exchange(request=Request(method="GET", target=path), response=response))
    return None if found is None else found.grade


@pytest.mark.parametrize(
    ("error", "fine"),
    [
        ({"code": 1002, "message": "Invoice does not exist."}, {"code": 0, "message": "success", "invoice": {"n": 1}}),
        ({"code": 401, "msg": "token expired", "data": None}, {"code": 200, "msg": "success", "data": {"n": 1}}),
        ({"code": "50111", "data": [], "msg": "Invalid API-KEY"}, {"code": "0", "data": [{"n": 1}], "msg": ""}),
        ({"cod": "404", "message": "city not found"}, {"cod": 200, "name": "Oslo", "main": {"temp": 7}}),
        (
            {"retCode": 10003, "retMsg": "API key is invalid.", "result": {}, "time": 1},
            {"retCode": 0, "retMsg": "OK", "result": {"list": []}, "time": 1},
        ),
        (
            {"code": 40105, "message": "Access token has been revoked.", "request_id": "r", "data": {}},
            {"code": 0, "message": "OK", "request_id": "r", "data": {"list": [1]}},
        ),
        (
            {
                "subsonic-response": {
                    "status": "failed",
                    "version": "1",
                    "error": {"code": 40, "message": "Wrong login"},
                }
            },
            {"subsonic-response": {"status": "ok", "version": "1"}},
        ),
        (
            {"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}},
            {"chart": {"result": [{"meta": {"symbol": "X"}}], "error": None}},
        ),
        (
            {"ip": "127.0.0.1", "error": True, "reason": "Reserved IP Address", "reserved": True, "version": "IPv4"},
            {"ip": "192.0.2.1", "city": "Oslo", "reserved": False, "version": "IPv4"},
        ),
        ({"ok": False, "error": "missing_scope", "needed": "chat:write", "provided": "identify"}, {"ok": True}),
        (
            {"serverrequestid": "s", "status": "error", "statuscode": 4013, "longmessage": "The api key is not valid"},
            {"serverrequestid": "s", "status": "success", "statuscode": 2000, "longmessage": ""},
        ),
        (
            {"status": {"message": "Please throttle your requests", "value": 19}},
            {"status": {"message": "", "value": 0}},
        ),
        (
            {"status": "0", "message": "NOTOK", "result": "Max rate limit reached"},
            {"status": "1", "message": "OK", "result": "7"},
        ),
        ({"status": "0", "info": "INVALID_USER_KEY", "infocode": "10001"}, {"status": "1", "info": "OK", "pois": []}),
        ({"ack": "Failure", "errors": [{"code": 11}]}, {"ack": "Success", "items": [1]}),
    ],
)
def test_json(error: dict[str, Any], fine: dict[str, Any]) -> None:
    assert grade(error) is Grade.STRONG
    assert grade(fine) is None


@pytest.mark.parametrize(
    ("error", "fine"),
    [
        (
            "[RESPONSE]\ncode = 541\ndescription = Invalid attribute value\nEOF\n",
            "[RESPONSE]\ncode = 200\ndescription = Command completed successfully\nEOF\n",
        ),
        (
            "Status-Code: 2200\nStatus-Text: Authentication error\nError: No such user\n",
            "Status-Code: 0\nStatus-Text: Command completed successfully\nResult: ACK\n",
        ),
        ("error=1&text=Cannot%20create&details=exists", "error=0&text=Saved&details="),
        ("TIMESTAMP=2011&ACK=Failure&L_ERRORCODE0=10002", "TIMESTAMP=2011&ACK=Success&VERSION=72"),
        ("notfqdn", "good 192.0.2.1"),
        ("badauth", "nochg 192.0.2.1"),
    ],
)
def test_text(error: str, fine: str) -> None:
    assert grade(error, "text/plain") is Grade.STRONG
    assert grade(fine, "text/plain") is None


@pytest.mark.parametrize(
    ("error", "fine"),
    [
        (
            "<namesilo><reply><code>110</code><detail>Invalid API Key</detail></reply></namesilo>",
            "<namesilo><reply><code>300</code><detail>success</detail></reply></namesilo>",
        ),
        (
            "<packet><get><result><status>error</status><errcode>1013</errcode></result></get></packet>",
            "<packet><get><result><status>ok</status><id>1</id></result></get></packet>",
        ),
        (
            "<R><Ack>Failure</Ack><Errors><ShortMessage>no</ShortMessage><ErrorCode>931</ErrorCode></Errors></R>",
            "<R><Ack>Success</Ack><Item/></R>",
        ),
    ],
)
def test_xml(error: str, fine: str) -> None:
    assert grade(error, "text/xml") is Grade.STRONG
    assert grade(fine, "text/xml") is None


@pytest.mark.parametrize(
    "content",
    [
        {"code": 404, "name": "NotFound", "message": "shown where a thing is not found"},  # an entry of a catalogue
        {"code": 7, "message": "3 messages"},
        {"code": 578, "message": "The domain is invalid", "data": {"n": 1}},  # data came with it
        {"status": 0, "message": "ok"},
        {"code": 2, "message": "Validation passed"},
        {"status": 3, "message": "The order must be signed"},
        {"status": "0", "message": "No transactions found", "result": []},
        {"code": True, "message": "not found"},
        {"code": "NO", "message": "Country not found in index"},
        {"response": 0},
    ],
)
def test_a_number_beside_a_text_is_not_enough(content: dict[str, Any]) -> None:
    assert grade(content) is None


@pytest.mark.parametrize(
    "content",
    [
        {"valid": False, "errors": [{"line": 1, "message": "unknown key"}]},
        {"state": "failure", "statuses": [], "sha": "9fceb02", "total_count": 0},
        {"factorResult": "REJECTED", "status": "FAILED"},
    ],
)
def test_results_and_states(content: dict[str, Any]) -> None:
    assert grade(content) is Grade.WEAK


def test_a_state_alone_is_no_strong_sign() -> None:
    assert grade({"state": "error", "description": "Build failed", "context": "ci"}) is Grade.MEDIUM
    assert grade({"errors": 3, "warnings": 3, "passed": 10}) is None


def test_the_result_of_a_verification() -> None:
    assert (
        grade({"success": False, "error-codes": ["timeout-or-duplicate"]}, path="/recaptcha/api/siteverify")
        is Grade.WEAK
    )


def test_xml_of_things_that_failed() -> None:
    assert (
        grade("<orders><order><status>failed</status><sku>7</sku><code>A7</code></order></orders>", "text/xml") is None
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"resultCode": "FOSSIL-2104", "resultText": "Login failed - no match found", "procTimeMs": 3}, Grade.STRONG),
        ({"build": "3c53b6364e", "resultCode": "E1002", "resultText": "Resource not found"}, Grade.STRONG),
        ({"resultCode": "FOSSIL-0000", "resultText": "Resource not found"}, None),
        ({"resultCode": "OK200", "resultText": "Resource not found"}, None),
        ({"resultCode": "FOSSIL-2104", "resultText": "Login failed", "job_id": 7}, None),
        ({"resultCode": "FOSSIL-2104", "resultText": "Login failed", "checks": [{"n": 1}]}, None),
        ({"resultCode": "A4", "resultText": "Paper, portrait", "procTimeMs": 3}, None),
    ],
)
def test_a_number_behind_the_name_of_a_product(content: dict[str, Any], expected: Grade | None) -> None:
    assert grade(content) is expected


def test_a_count_of_failures_is_no_flag() -> None:
    assert grade({"errors": 3, "failed": 1, "success": 9}) is None
    assert grade({"failed": True, "message": "no such order"}) is Grade.STRONG
