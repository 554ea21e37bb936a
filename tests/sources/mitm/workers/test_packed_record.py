"""What a worker hands on makes the same exchange as it would have made itself."""

from __future__ import annotations

import msgspec
import pytest
from mitmproxy import flow, http
from mitmproxy.test import tflow, tutils
from msgspec.structs import replace

from wirelint.core.exchange import Direction, Exchange, Failure, FailureKind, Request, Response
from wirelint.sources.mitm.adapter import exchange_of
from wirelint.sources.mitm.packed_record import pack, unpack
from wirelint.sources.mitm.record import Record


def record(seen: http.HTTPFlow, failure: Failure | None = None, service: str = "shop") -> Record:
    made = Record(seen, service, Direction.INBOUND)
    if seen.response is not None:
        made.answer(seen.response)
    made.finish(seen, failure)
    return made


def all_of(exchange: Exchange) -> object:
    """Return all there is to an exchange, in a form that can be compared."""
    bodies = []
    for message in (exchange.request, exchange.response):
        body = None if message is None else message.body
        bodies.append(body and (body.raw, body.complete, body.size, body.coding, str(body.media), body.unavailable))
    request = replace(exchange.request, body=exchange.request.body.__class__(b""))
    response = exchange.response and replace(exchange.response, body=request.body)
    request = replace(request, body=exchange.request.body)
    shown = [getattr(exchange, name) for name in Exchange.__struct_fields__ if name not in {"request", "response"}]
    return [
        shown,
        [getattr(request, name) for name in Request.__struct_fields__ if name != "body"],
        response and [getattr(response, name) for name in Response.__struct_fields__ if name != "body"],
        bodies,
    ]


def flows() -> list[http.HTTPFlow]:
    plain = tflow.tflow(resp=True)
    odd = tflow.tflow(
        req=tutils.treq(
            method=b"P\xffST",
            path=b"/\xe9?q=\x00",
            headers=http.Headers(((b"X-A", b"\xff\x00"), (b"x-a", b"2"), (b"Host", b"caf\xe9"))),
            content=b"\x00" * 300_000,
        ),
        resp=tutils.tresp(status_code=599, reason=b"\xfc", content=b"", headers=http.Headers()),
    )
    trailing = tflow.tflow(resp=True)
    assert trailing.response is not None
    trailing.response.trailers = http.Headers(((b"X-End", b"1"),))
    unseen = tflow.tflow(resp=True)
    assert unseen.response is not None
    unseen.response.content = None
    return [plain, odd, trailing, unseen, tflow.tflow()]


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("failure", [None, Failure(kind=FailureKind.RESET, message="connection closed")])
def test_there_and_back(number: int, failure: Failure | None) -> None:
    seen = flows()[number]
    if failure is not None:
        seen.error = flow.Error("x", 1234.5)
    made = record(seen, failure)
    buffer = bytearray(b"before")
    pack(made, buffer)
    assert buffer[:6] == b"before"
    assert all_of(exchange_of(unpack(memoryview(buffer)[6:]))) == all_of(exchange_of(made))


def test_names_that_are_no_text() -> None:
    buffer = bytearray(b"x")
    pack(record(tflow.tflow(resp=True), service="caf\udce9"), buffer)
    assert unpack(bytes(buffer[1:])).service == "caf?"


@pytest.mark.parametrize("broken", [b"", b"\x90", b"\xc1", b"\x81\xa1a\x01"])
def test_what_is_no_record(broken: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        unpack(broken)


def test_cut_short() -> None:
    buffer = bytearray()
    pack(record(tflow.tflow(resp=True)), buffer)
    for length in range(0, len(buffer), 7):
        with pytest.raises(msgspec.MsgspecError):
            unpack(bytes(buffer[:length]))
