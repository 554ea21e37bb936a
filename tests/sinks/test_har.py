"""What the page keeps can be saved as HAR, and audited again."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from lab.audits import audit, finding
from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Failure, FailureKind, Request, Response
from wirelint.core.headers import Headers
from wirelint.sinks.exchange_log import ExchangeLog
from wirelint.sinks.har import _FAILURES, document
from wirelint.sources.har import entries, exchanges
from wirelint.sources.har_failure import failure

JSON = Headers.of(("Content-Type", "application/json"), ("Authorization", "Bearer plumtree-harbour"))


def exchange(name: str, **facts: Any) -> Exchange:
    headers = Headers.of(("Host", "shop.test"), *JSON)
    request = Request(
        method="POST", target="/orders/17?page=2&token=plumtree", headers=headers, body=Body(b'{"password":"plumtree"}')
    )
    response = Response(status=200, reason="Fine", headers=JSON, body=Body(b'{"error":"no stock"}'))
    whole = Exchange(id=name, request=request, response=response, started=1.0, ended=1.25, timestamp=1000.0)
    return msgspec.structs.replace(whole, **facts)


def saved() -> bytes:
    log = ExchangeLog()
    failed = audit(status=None, failure=FailureKind.CONNECT).exchange.failure
    for number, (made, found) in enumerate(((exchange("a"), [finding()]), (exchange("b", response=None), []))):
        facts = {"failure": failed} if number else {}
        log.accept(msgspec.structs.replace(audit(*found), exchange=msgspec.structs.replace(made, **facts)))
    return msgspec.json.encode(document(log.select()))


def test_it_is_read_again_without_its_secrets() -> None:
    text = saved()
    assert b"plumtree" not in text
    answered, failed = exchanges(entries(text, "saved.har"), "saved.har")
    assert isinstance(answered, Exchange)
    assert isinstance(failed, Exchange)
    assert (answered.request.method, answered.request.target) == ("POST", "/orders/17?page=2&token=[redacted]")
    assert answered.request.body.json == {"password": "[redacted]"}
    assert answered.response is not None
    assert (answered.response.status, answered.response.reason) == (200, "Fine")
    assert answered.response.body.json == {"error": "no stock"}
    assert (answered.timestamp, answered.duration) == (1000.0, 0.25)
    assert failed.response is None
    assert failed.failure is not None
    assert failed.failure.kind is FailureKind.CONNECT


def test_each_failure_is_read_again() -> None:
    assert {kind: failure(text) for kind, text in _FAILURES.items()} == {
        kind: Failure(kind=kind, message=text) for kind, text in _FAILURES.items()
    }
    assert set(_FAILURES) == set(FailureKind)


def test_it_says_what_was_found() -> None:
    first, second = json.loads(saved())["log"]["entries"]
    assert (first["comment"], first["request"]["url"]) == (
        "wirelint: made-up",
        "http://shop.test/orders/17?page=2&token=[redacted]",
    )
    assert (second["response"]["status"], "comment" in second) == (0, False)
