"""Which protocol is spoken: by media types, by what is asked and answered, by custom."""

from __future__ import annotations

import pytest

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
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
