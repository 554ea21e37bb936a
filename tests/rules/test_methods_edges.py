"""Cases of the rules about methods that their examples leave open."""

from __future__ import annotations

import pytest

from lab.rule import answer, run
from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type

DELETE = "DELETE /v1/things/7 HTTP/1.1"
POST = "POST /v1/things HTTP/1.1"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        "null",
        '""',
        '{"success": true}',
        '{"status": "ok"}',
        '{"statusCode": 200}',
        '{"success": true, "data": null}',
    ],
)
def test_a_deletion_that_says_nothing(content: str) -> None:
    (finding,) = run("delete-empty-envelope", answer("200 OK", request=DELETE, body=content))
    assert finding.suggested_status == 204


@pytest.mark.parametrize(
    "content",
    [
        '{"id": 7}',
        '{"deleted": true}',
        '{"success": false}',
        '{"status": "pending"}',
        '{"message": "the thing and its two parts were deleted"}',
        '[{"id": 8}]',
        "deleted",
        "0",
        "{",
    ],
)
def test_a_deletion_that_says_something(content: str) -> None:
    assert run("delete-empty-envelope", answer("200 OK", request=DELETE, body=content)) == []


@pytest.mark.parametrize("body", [Body.unknown("streamed"), Body(b"", complete=False)])
def test_what_was_not_seen_is_not_empty(body: Body) -> None:
    for method, status, rule in [
        ("DELETE", 200, "delete-empty-envelope"),
        ("POST", 400, "error-without-explanation"),
        ("POST", 202, "accepted-without-monitor"),
    ]:
        exchange = Exchange(request=Request(method=method, target="/"), response=Response(status=status, body=body))
        assert run(rule, exchange) == []


@pytest.mark.parametrize(
    "field",
    [
        "Location: /7",
        "Content-Location: /7",
        "Operation-Location: /jobs/7",
        "Link: </7>; rel=self",
        'Link: </7>; rel="self"',
    ],
)
def test_places_of_what_was_created(field: str) -> None:
    assert run("created-without-location", answer("201 Created", field, request=POST)) == []


def test_another_link_is_no_place() -> None:
    text = answer("201 Created", 'Link: </help>; rel="help"', request=POST)
    assert len(run("created-without-location", text)) == 1


def test_an_empty_allow_is_legal() -> None:
    assert run("method-not-allowed-without-allow", answer("405 Method Not Allowed", "Allow:")) == []


@pytest.mark.parametrize(("allow", "count"), [("GET", 1), ("HEAD, GET", 1), ("get", 0), ("POST", 0), ("", 0)])
def test_the_refused_method_in_the_list(allow: str, count: int) -> None:
    text = answer("405 Method Not Allowed", f"Allow: {allow}")
    assert len(run("method-not-allowed-lists-method", text)) == count


@pytest.mark.parametrize("status", [200, 201, 202, 203, 204, 206, 207])
def test_successes_of_put(status: int) -> None:
    assert run("put-success-status", answer(f"{status} OK", request="PUT /a HTTP/1.1")) == []


@pytest.mark.parametrize("sent", ["Tus-Resumable: 1.0.0", "Content-Range: bytes 0-3/9", "Upload-Offset: 7"])
def test_resumable_uploads_use_the_words_of_ranges(sent: str) -> None:
    for status in (206, 304, 416):
        text = answer(f"{status} X", request=POST, sent=sent, body="abc")
        assert run("post-impossible-status", text) == []


def test_an_upload_is_told_by_its_query() -> None:
    text = answer("206 Partial Content", request="POST /upload?uploadType=resumable HTTP/1.1")
    assert run("post-impossible-status", text) == []


@pytest.mark.parametrize("path", ["/v1/webhooks/a", "/telemetry", "/v1/traces", "/api/v2/series", "/mcp"])
def test_sinks_need_no_monitor(path: str) -> None:
    assert run("accepted-without-monitor", answer("202 Accepted", request=f"POST {path} HTTP/1.1")) == []


def test_a_json_rpc_notification_needs_no_monitor() -> None:
    media = media_type("application/json")
    request = Request(
        method="POST",
        target="/rpc",
        headers=Headers.of(("Content-Type", "application/json")),
        body=Body(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}', media=media),
    )
    assert run("accepted-without-monitor", Exchange(request=request, response=Response(status=202))) == []


@pytest.mark.parametrize(
    ("status", "field", "count"),
    [
        (400, "Content-Length: 0", 1),
        (500, "Content-Length: 0", 1),
        (401, 'WWW-Authenticate: Bearer error="invalid_token"', 0),
        (405, "Allow: GET", 0),
        (416, "Content-Range: bytes */7", 0),
        (503, "Retry-After: 5", 0),
        (403, "Server: CloudFront", 0),
        (500, "Server: CloudFront", 1),
        (404, "Server: awselb/2.0", 0),
        (400, "x-amzn-ErrorType: ValidationException", 0),
        (400, "X-Reason: no such item", 0),
    ],
)
def test_fields_may_explain_an_error(status: int, field: str, count: int) -> None:
    assert len(run("error-without-explanation", answer(f"{status} X", field))) == count


def test_a_refused_preflight_needs_no_content() -> None:
    text = answer("403 Forbidden", request="OPTIONS /a HTTP/1.1", sent="Access-Control-Request-Method: PUT")
    assert run("error-without-explanation", text) == []


@pytest.mark.parametrize(
    ("status", "sent", "count"),
    [
        (406, "User-Agent: x", 1),
        (406, "Accept-Language: en", 0),
        (411, "Content-Length: 3", 1),
        (411, "User-Agent: x", 0),
        (417, "User-Agent: x", 1),
        (417, "Expect: 100-continue", 0),
        (428, 'If-Match: "7"', 1),
        (428, "User-Agent: x", 0),
        (412, 'If-Match: "7"', 0),
        (412, "x-amz-copy-source-if-match: 7", 0),
        (412, "x-ms-lease-id: 7", 0),
        (412, "User-Agent: x", 1),
        (415, "User-Agent: x", 1),
        (415, "Content-Type: text/plain", 0),
        (413, "Transfer-Encoding: chunked", 0),
    ],
)
def test_contradictions(status: int, sent: str, count: int) -> None:
    assert len(run("status-contradicts-request", answer(f"{status} X", sent=sent))) == count


@pytest.mark.parametrize(
    ("items", "failed"),
    [
        ('{"index": {"status": 201}}, {"index": {"status": 409}}', 1),
        ('{"create": {"_id": "1", "status": 503}}, {"delete": {"_id": "2", "status": 404}}', 2),
        ('{"status": 201}, {"index": {"status": 400}}', 1),
    ],
)
def test_statuses_below_the_name_of_the_operation(items: str, failed: int) -> None:
    text = answer("200 OK", request="POST /_bulk HTTP/1.1", body=f'{{"took": 30, "items": [{items}]}}')
    (finding,) = run("bulk-without-multi-status", text)
    assert finding.message == f"200 for 2 operations, {failed} of which failed"


@pytest.mark.parametrize(
    "item", ['{"index": {"state": "ok"}}', '{"index": [201]}', '{"a": {"b": {"status": 201}}}', "{}"]
)
def test_other_things_below_a_name_are_no_statuses(item: str) -> None:
    text = answer("200 OK", request="POST /_bulk HTTP/1.1", body=f'{{"items": [{item}, {item}]}}')
    assert run("bulk-without-multi-status", text) == []
