"""Which protocol is spoken: by media types, by what is asked and answered, by custom."""

from __future__ import annotations

import pytest

from wirelint.core import wire
from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.core.verdict import Verdict
from wirelint.evidence.protocol_errors import protocol_error
from wirelint.evidence.protocols import Protocol, is_oauth, protocol

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def call(asked: bytes = b"", answered: bytes = b"", *, kind: str = JSON, target: str = "/x") -> Exchange:
    return Exchange(
        request=Request(
            method="POST",
            target=target,
            headers=Headers.of(("content-type", kind)),
            body=Body(asked, media=media_type(kind)),
        ),
        response=Response(
            status=200, headers=Headers.of(("content-type", JSON)), body=Body(answered, media=media_type(JSON))
        ),
    )


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (call(b"grant_type=password&username=ada", kind=FORM), True),
        (call(b"client_id=a", kind=FORM, target="/oauth/token"), True),
        (call(b"client_id=a", kind=FORM), False),
        (call(b'{"grant_type": "password"}'), True),
        (call(b'{"grant_type": "password"}', kind=FORM), True),  # curl -d says so of whatever it sends
        (call(b'{"note": "grant_type"}'), False),
        (call(b'[{"grant_type": "password"}]'), False),
        (call(b"{}", target="/oauth/token"), False),
    ],
)
def test_requests_to_oauth_are_told_by_grant_and_path(subject: Exchange, expected: bool) -> None:
    assert is_oauth(subject) is expected


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (call(b'{"jsonrpc": "2.0", "method": "a"}'), Protocol.JSON_RPC),
        (call(b'[{"jsonrpc": "2.0", "method": "a"}]'), Protocol.JSON_RPC),
        (call(answered=b'{"jsonrpc": "2.0", "result": 1}'), Protocol.JSON_RPC),
        (call(answered=b'[{"jsonrpc": "2.0", "result": 1}, {"error": 7}]'), Protocol.JSON_RPC),
        (call(answered=b'[{"id": 7}]'), None),
        (call(b'{"query": "{ a }"}', b'{"data": {}}'), Protocol.GRAPHQL),
        (call(answered=b'{"data": {}}', target="/api/GraphQL/?a=b"), Protocol.GRAPHQL),
        (call(answered=b'{"data": {}}'), None),
        (call(answered=b'{"took": 3, "errors": true, "items": []}', target="/graphql"), Protocol.BULK),
        (call(b"<methodCall/>", b'{"a": 1}'), Protocol.XML_RPC),
        (call(b"{}", target="/v1/$batch"), Protocol.BATCH),
    ],
)
def test_protocols_are_told_by_content_and_path(subject: Exchange, expected: Protocol | None) -> None:
    assert protocol(subject) is expected


def failed(request: str, response: str) -> tuple[str, Verdict] | None:
    (subject,) = wire.exchanges(f"{request}\n\nHTTP/1.1 200 OK\n{response}\n")
    error = protocol_error(subject)
    return None if error is None else (error.code, error.verdict)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("-32601", Verdict.CLIENT_ERROR),
        ("-32500", Verdict.SERVER_ERROR),
        ("403", Verdict.CLIENT_ERROR),
        ("503", Verdict.SERVER_ERROR),
        ("7", Verdict.UNKNOWN),
    ],
)
def test_fault_codes_of_xml_rpc_say_whose_fault_it_is(code: str, verdict: Verdict) -> None:
    fault = (
        f"<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>{code}</int></value></member>"
        "<member><name>faultString</name><value>x</value></member></struct></value></fault></methodResponse>"
    )
    request = "POST /RPC2 HTTP/1.1\nHost: a\nContent-Type: text/xml\n\n<methodCall/>"
    assert failed(request, f"Content-Type: text/xml\n\n{fault}") == (code, verdict)


def batch(content: str, media: str = 'multipart/mixed; boundary="b"') -> Exchange:
    return Exchange(
        request=Request(method="POST", target="/odata/$batch"),
        response=Response(
            status=200,
            headers=Headers.of(("content-type", media)),
            body=Body(content.encode(), media=media_type(media)),
        ),
    )


@pytest.mark.parametrize(
    ("content", "media", "code"),
    [
        ("--b\n\nHTTP/1.1 404 Not Found\n\n--b\n\nHTTP/1.1 404 Not Found\n\n--b--", "multipart/mixed", "404"),
        ("--b\n\nHTTP/1.1 404 Not Found\n\n--b\n\nHTTP/1.1 200 OK\n\n--b--", "multipart/mixed", None),
        ('{"responses": [{"id": "1", "status": 503}]}', JSON, "503"),
        ('{"responses": [{"id": "1", "status": 503}, {"id": "2", "status": 201}]}', JSON, None),
        ('{"responses": [{"id": "1", "status": "late"}, {"id": "2", "status": 404}]}', JSON, None),
        ('{"responses": []}', JSON, None),
    ],
)
def test_a_batch_failed_where_every_part_did(content: str, media: str, code: str | None) -> None:
    error = protocol_error(batch(content, media))
    assert (None if error is None else error.code) == code


def test_version_1_of_json_rpc_is_told_by_its_members() -> None:
    request = 'POST /json HTTP/1.1\nHost: a\nContent-Type: application/json\n\n{"method": "x", "id": 1}'
    answer = 'Content-Type: application/json\n\n{"result": null, "error": {"code": 2, "message": "Unknown"}, "id": 1}'
    assert failed(request, answer) == ("2", Verdict.UNKNOWN)
