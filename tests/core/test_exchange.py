"""Headers, media types, traces."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from wirelint.core.body import Body
from wirelint.core.exchange import Direction, Exchange, Failure, FailureKind, Probe, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import Kind, media_type
from wirelint.core.once import once
from wirelint.core.origin import Origin
from wirelint.core.trace import trace_id


def test_fields_keep_order_case_and_duplicates() -> None:
    pairs = ((b"X-A", b"1"), (b"set-cookie", b"a=1"), (b"Set-Cookie", b"b=2"))
    headers = Headers(pairs)
    assert headers.fields == pairs
    assert headers.get("set-cookie") == "a=1, b=2"
    assert headers.get_all("set-cookie") == ["a=1", "b=2"]
    assert headers.get("absent") is None
    assert "x-a" in headers
    assert list(headers.names()) == ["x-a", "set-cookie"]


def test_a_repr_shows_no_values() -> None:
    headers = Headers.of(("Authorization", "Bearer top-secret"))
    assert "top-secret" not in repr(headers)
    assert "top-secret" not in repr(Exchange(request=Request(method="GET", target="/", headers=headers)))


@given(st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=20)), max_size=20))
def test_any_octets_make_fields(pairs: Any) -> None:
    headers = Headers(pairs)
    assert [headers.get(name) is not None for name in headers.names()] == [True] * len(headers.names())


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("application/json", Kind.JSON),
        ("Application/Problem+JSON; charset=utf-8", Kind.JSON),
        ("application/x-ndjson", Kind.LINES),
        ("text/html;charset=utf-8", Kind.HTML),
        ("application/soap+xml", Kind.XML),
        ("application/grpc-web+proto", Kind.GRPC),
        ("text/event-stream", Kind.EVENTS),
        ("image/png", Kind.OTHER),
        ("", Kind.NONE),
        (None, Kind.NONE),
        ("x" * 1000, Kind.NONE),
    ],
)
def test_media_types_are_told_apart(value: Any, kind: Any) -> None:
    assert media_type(value).kind is kind


def test_parameters_are_read() -> None:
    parsed = media_type('multipart/mixed; boundary="a b"; charset="UTF-8"')
    assert (parsed.boundary, parsed.charset) == ("a b", "utf-8")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736"),
        ("b3", "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1", "80f198ee56343ba864fe8b2a57d3eff7"),
        (
            "x-amzn-trace-id",
            "Root=1-67891233-abcdef012345678912345678;Sampled=1",
            "1-67891233-abcdef012345678912345678",
        ),
        ("x-request-id", "7b1d9a3e-22", "7b1d9a3e-22"),
        ("traceparent", "nonsense", None),
        ("x-request-id", "<script>alert(1)</script>", None),
        ("x-request-id", "hunter2-is-my-password", None),
        ("x-request-id", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    ],
)
def test_trace_ids_are_read_and_checked(field: Any, value: Any, expected: Any) -> None:
    exchange = Exchange(request=Request(method="GET", target="/", headers=Headers.of((field, value))))
    assert trace_id(exchange) == expected


def test_a_fact_is_found_out_once_per_exchange() -> Any:
    asked = []

    @once
    def fact(exchange: Any) -> Any:
        asked.append(exchange)
        return len(asked)

    first = Exchange(request=Request(method="GET", target="/"), response=Response(status=200))
    second = Exchange(request=Request(method="GET", target="/"))
    assert [fact(first), fact(first), fact(second)] == [1, 1, 2]


def test_a_copy_has_all_but_what_is_replaced() -> None:
    response = Response(
        status=503, reason="No", http_version="HTTP/2", headers=Headers.of(("Age", "1")), body=Body(b"x")
    )
    first = Exchange(
        request=Request(method="PUT", target="/a?b", scheme="https", authority="shop.example"),
        response=replace(response, trailers=Headers()),
        failure=Failure(FailureKind.RESET),
        service="shop",
        direction=Direction.OUTBOUND,
        id="7",
        client="10.0.0.1",
        started=1.0,
        first_byte=2.0,
        ended=3.0,
        timestamp=4.0,
        origin=Origin("a.har", 3),
        probes=(Probe("broken", 401, same=True),),
    )
    once(lambda exchange: exchange.status)(first)
    assert first.__dict__
    second = replace(first, service="pay")
    assert second.service == "pay"
    assert all(
        getattr(first, name) == getattr(second, name) for name in Exchange.__struct_fields__ if name != "service"
    )
    assert not second.__dict__
    assert first.response is not None
    assert (first.response.trailers, response.trailers, first.response.body) == (Headers(), None, response.body)
