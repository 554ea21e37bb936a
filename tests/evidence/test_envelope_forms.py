"""Errors under 2xx as known products send them, and answers of other products that look much like them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.evidence.envelope import Grade, envelope

ERRORS: dict[str, tuple[Any, ...]] = {
    "influxdb": ("GET /query?db=nodb", None, {"results": [{"statement_id": 0, "error": "database not found: nodb"}]}),
    "transmission": (
        "POST /transmission/rpc",
        {"method": "torrent-add", "arguments": {}, "tag": 8},
        {"arguments": {}, "result": "no filename or metainfo specified", "tag": 8},
    ),
    "transmission-path": (
        "POST /transmission/rpc",
        {"method": "free-space", "arguments": {"path": "/nope"}},
        {"arguments": {"path": "/nope", "size-bytes": -1}, "result": "No such file or directory"},
    ),
    "kea": ("POST /", {"command": "nope"}, [{"result": 2, "text": "'nope' command not supported."}]),
    "janus": (
        "POST /janus/8469090785505439",
        {"janus": "attach", "transaction": "b"},
        {
            "janus": "error",
            "session_id": 8469090785505439,
            "transaction": "b",
            "error": {"code": 460, "reason": "No such plugin"},
        },
    ),
    "janus-plugin": (
        "POST /janus/8469090785505439/7641314682639883",
        {"janus": "message", "body": {"request": "nope"}, "transaction": "c"},
        {
            "janus": "success",
            "session_id": 8469090785505439,
            "transaction": "c",
            "sender": 7641314682639883,
            "plugindata": {
                "plugin": "janus.plugin.videoroom",
                "data": {"videoroom": "event", "error_code": 423, "error": "Unknown request 'nope'"},
            },
        },
    ),
    "openrouter": (
        "POST /api/v1/chat/completions",
        {"model": "m"},
        {"error": {"message": "Provider returned error", "code": 429}, "user_id": "user_2abc"},
    ),
    "openrouter-id": (
        "POST /api/v1/chat/completions",
        {"model": "m"},
        {"id": "gen-1", "error": {"message": "Provider returned error", "code": 502}},
    ),
    "responses-api": (
        "POST /v1/responses",
        {"model": "m", "input": "hi"},
        {
            "id": "resp_1",
            "object": "response",
            "status": "failed",
            "error": {"code": "server_error", "message": "The server had an error"},
            "output": [],
        },
    ),
    "subsonic": (
        "GET /rest/ping.view",
        None,
        {
            "subsonic-response": {
                "status": "failed",
                "version": "1.16.1",
                "type": "navidrome",
                "serverVersion": "0.5",
                "openSubsonic": True,
                "error": {"code": 40, "message": "Wrong username or password"},
            }
        },
    ),
    "nextcloud-ocs": (
        "GET /ocs/v1.php/cloud/users/nobody",
        None,
        {"ocs": {"meta": {"status": "failure", "statuscode": 404, "message": "User does not exist"}, "data": []}},
    ),
    "wordpress-ajax": (
        "POST /wp-admin/admin-ajax.php",
        None,
        {"success": False, "data": "You are not allowed to do this."},
    ),
    "chinese": ("POST /api/user/info", {"a": 1}, {"code": 401, "msg": "未登录", "data": None}),
    "chinese-own": ("POST /api/user/info", {"a": 1}, {"code": -1, "msg": "参数错误", "data": {}}),
    "ret": ("GET /cgi-bin/get", None, {"ret": -1, "msg": "系统繁忙"}),
    "dotnet": ("GET /v1/thing", None, {"hasError": True, "errorMsg": "session expired", "data": None}),
    "isError": ("POST /v1/thing", None, {"isError": True, "message": "Stock is too low"}),
    "korean": ("GET /openapi/list", None, {"result": "FAIL", "resultMsg": "no permission"}),
    "status-text": ("GET /v1/thing", None, {"message": "Internal Server Error"}),
    "status-text-wrapped": ("GET /v1/thing", None, {"response": {"message": "Unauthorized"}}),
    "drf": ("POST /v1/thing", None, {"detail": "Authentication credentials were not provided."}),
    "message": ("POST /v1/orders", {"product": 9}, {"message": "Product 9 is not available"}),
    "json-text": ("POST /v1/orders", None, "Invalid session"),
    "kubernetes": (
        "GET /apis/x",
        None,
        {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "message": "pods not found",
            "reason": "NotFound",
            "code": 404,
        },
    ),
    "echoed": (
        "POST /lookup",
        {"user_id": 123456, "region": "eu-west", "zone": "main"},
        {"success": False, "user_id": 123456, "region": "eu-west", "zone": "main", "error": "no such user"},
    ),
    "servicestack": (
        "POST /json/reply/Hello",
        None,
        {"responseStatus": {"errorCode": "NotFound", "message": "No such customer"}},
    ),
    "health+json": (
        "GET /healthz",
        None,
        {"status": "fail", "version": "1", "checks": {"db": [{"status": "fail"}]}},
        "application/health+json",
    ),
    "one line": ("POST /webhook/1", None, "Webhook message delivery failed with error: HTTP error 413", "text/plain"),
    "bare line": ("POST /save", None, "Unauthorized", "text/plain"),
    "unlabelled page": ("POST /save.php", None, "Could not connect to the database", "text/html"),
    "sse": (
        "POST /v1/chat",
        None,
        'data: {"error": {"message": "overloaded", "code": 503}}\n\ndata: [DONE]\n\n',
        "text/event-stream",
    ),
    "sse-field": ("POST /v1/chat", None, 'error: {"code": 400, "message": "context size"}\n\n', "text/event-stream"),
    "docker": (
        "POST /images/create?fromImage=x",
        None,
        '{"status":"Pulling x"}\r\n{"errorDetail":{"message":"not found"},"error":"not found"}\r\n',
        "application/json",
    ),
    "ollama": (
        "POST /api/pull",
        None,
        '{"status":"pulling manifest"}\n{"error":"pull model manifest: file does not exist"}',
        "application/x-ndjson",
    ),
}

OTHERS: dict[str, tuple[Any, ...]] = {
    "job": ("GET /jobs/7", None, {"id": 7, "status": "failed", "error": {"code": "boom", "message": "x"}}),
    "job-list": ("GET /jobs", None, {"data": [{"id": 7, "error": "boom"}, {"id": 8, "error": None}]}),
    "payment": (
        "GET /payments/8d2f",
        None,
        {"payment_id": "8d2f", "status": "failed", "error": {"code": 7, "message": "declined"}},
    ),
    "created-payment": (
        "POST /payments",
        {"amount": 7},
        {
            "id": "p1",
            "status": "failed",
            "error": {"code": "card_declined", "message": "Your card was declined"},
            "items": [],
        },
    ),
    "upload": ("GET /uploads/3", None, {"upload_id": "3", "state": "error", "message": "disk full", "url": "/f/3"}),
    "log entry": ("GET /logs/1", None, {"level": "error", "message": "Could not connect to the database"}),
    "commit": ("GET /commits/1f", None, {"sha": "1f", "message": "Do not fail if the file is missing"}),
    "comment": ("GET /comments/1", None, {"text": "You are not allowed to park here"}),
    "translation": ("POST /translate", {"q": "Zugriff verweigert"}, {"text": "Access denied"}),
    "echo": ("POST /anything", {"message": "Access denied"}, {"message": "Access denied"}),
    "catalogue": ("GET /locales/de.json", None, {"errors": {"not_found": "Nicht gefunden", "invalid": "ist ungültig"}}),
    "catalogue-nested": ("GET /i18n/de", None, {"errors": {"user": {"blank": "muss ausgefüllt werden"}}}),
    "validation asked for": ("POST /validate", None, {"message": "The field name is required"}),
    "availability": ("GET /users/check-name", None, {"message": "Name is already taken"}),
    "search": ("GET /search", None, {"message": "No such product was found"}),
    "empty result": ("GET /orders", None, {"message": "No orders found", "data": []}),
    "success": ("POST /members/7", None, {"message": "Mailing list member has been deleted"}),
    "invitation": ("POST /invite", None, {"message": "Invitation sent. It expires if it is not accepted"}),
    "no news": ("GET /notifications", None, {"message": "No new messages"}),
    "chat": ("POST /chat", {"q": "x"}, {"response": "I cannot help with that"}),
    "answer": ("GET /riddle", None, {"text": "It does not exist"}),
    "fine": ("POST /x", None, {"success": True, "message": "Could not be cached"}),
    "fine number": ("POST /x", None, {"code": 0, "msg": "Cache is not available"}),
    "fine status": ("POST /x", None, {"code": 200, "message": "User not found"}),
    "state": ("GET /printer", None, {"status": "offline", "message": "Printer is not connected"}),
    "title": ("GET /notes/7", None, {"id": 7, "title": "ECONNREFUSED", "message": "connection refused"}),
    "mixed outcomes": (
        "POST /many",
        [{"a": 1}],
        {"results": [{"error": "no such user"}, {"name": "Ada", "error": None}]},
    ),
    "lint": ("GET /lint", None, {"results": [{"line": 3, "error": "unused variable"}]}),
    "positions": ("GET /orders", None, {"data": [{"total": 12, "error": "out of stock"}]}),
    "probe": ("GET /probe", None, {"target": "db", "result": {"errorcode": 5, "error": "timed out"}}),
    "file": ("GET /robots-not-found.txt", None, "This page could not be found", "text/plain"),
    "prose": ("GET /about", None, "Errors are human.\nTo forgive is not allowed.", "text/plain"),
    "count": ("POST /count", None, "17", "text/plain"),
    "sse-data": (
        "POST /v1/chat",
        None,
        'data: {"delta": "x"}\n\ndata: {"error": {"message": "cut"}}\n\n',
        "text/event-stream",
    ),
    "lines": (
        "GET /logs.ndjson",
        None,
        '{"level":"error"}\n{"level":"info","id":7,"error":null}',
        "application/x-ndjson",
    ),
    "healthy": ("GET /healthz", None, {"status": "pass"}, "application/health+json"),
    "health": ("GET /health", None, {"status": "error", "database": "down"}),
}


def found(request: str, sent: Any, content: Any, media: str = "application/json") -> Any:
    method, _, target = request.partition(" ")
    text = (
        content
        if media != "application/json" or (isinstance(content, str) and content[:1] == "{")
        else json.dumps(content)
    )
    text = text if isinstance(text, str) else json.dumps(text)
    headers = Headers.of(("content-type", "application/json"))
    body = Body(b"" if sent is None else json.dumps(sent).encode(), media=media_type("application/json"))
    return envelope(
        Exchange(
            request=Request(method=method, target=target, headers=headers, body=body),
            response=Response(
                status=200,
                headers=Headers.of(("content-type", media)),
                body=Body(text.encode(), media=media_type(media)),
            ),
        )
    )


@pytest.mark.parametrize("name", ERRORS)
def test_errors_of_known_products(name: str) -> None:
    envelope = found(*ERRORS[name])
    assert envelope is not None
    assert envelope.grade > Grade.WEAK


@pytest.mark.parametrize("name", OTHERS)
def test_answers_that_only_look_like_errors(name: str) -> None:
    envelope = found(*OTHERS[name])
    assert envelope is None or envelope.grade is Grade.WEAK
