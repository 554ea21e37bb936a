"""What becomes of entries of Envoy's access log."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from lab.envoy import STARTED, copy, entry
from wirelint.core.exchange import Direction, Exchange, FailureKind
from wirelint.sources.envoy.entries import UninspectedError, exchanges_of, service_of
from wirelint.sources.heads import LINES_LIMIT, are_usual

BEFORE = "upstream_reset_before_response_started"


def one(made: Any) -> Exchange:
    """Return the only exchange of an entry."""
    (exchange,) = exchanges_of(made, "edge")
    return exchange


def failed(flag: str, details: str, status: int = 503, **more: Any) -> Any:
    """Return an entry of a service that gave no answer, and of the answer that Envoy made."""
    body = {"sw": b"upstream connect error or disconnect/reset before headers"}
    return entry(status=status, details=details, flags=[flag], octets=body, began=False, **more)


def test_a_usual_exchange_has_all_that_was_on_the_wire() -> None:
    made = entry(
        "/orders?page=2",
        201,
        method="POST",
        sent=[("accept", "*/*"), ("cookie", "a=1"), ("cookie", "b=2"), ("x-a", "é")],
        got=[("content-type", "application/json"), ("etag", '"1"')],
        octets={"qw": b'{"n":1}', "sw": b'{"id":7}', "st": b"grpc-status\x000"},
        sizes=(7, 8),
    )
    exchange = one(made)
    request, response = exchange.request, exchange.response
    assert (request.method, request.target, request.scheme) == ("POST", "/orders?page=2", "https")
    assert (request.authority, request.http_version) == ("shop.example", "HTTP/1.1")
    assert request.headers.get_all("cookie") == ["a=1", "b=2"]
    assert request.headers.fields[-1] == (b"x-a", "é".encode())
    assert request.body.json == {"n": 1}
    assert response is not None
    assert (response.status, response.headers.get("etag")) == (201, '"1"')
    assert ":status" not in response.headers
    assert response.body.json == {"id": 7}
    assert response.trailers is not None
    assert response.trailers.get("grpc-status") == "0"
    assert (exchange.service, exchange.direction, exchange.client) == ("shop", Direction.INBOUND, "10.1.2.3")
    assert exchange.failure is None
    assert exchange.timestamp == STARTED
    assert exchange.first_byte == pytest.approx(STARTED + 0.025)
    assert exchange.duration == pytest.approx(0.05)


def test_a_beginning_is_no_whole_body() -> None:
    response = one(entry(octets={"sb": b'{"rows":[1,2'}, sizes=(0, 90_000))).response
    assert response is not None
    assert not response.body.complete
    assert response.body.size == 90_000


def test_content_that_was_not_copied_is_unknown_and_not_empty() -> None:
    made = entry(got=[("content-type", "image/png")], sizes=(0, 500))
    response = one(made).response
    assert response is not None
    assert (response.body.unavailable, response.body.empty, response.body.size) == ("not_captured", False, 500)


def test_content_that_was_not_there_is_empty() -> None:
    for octets in ({"sw": b""}, {}):
        response = one(entry(status=204, octets=octets)).response
        assert response is not None
        assert response.body.empty


def test_content_of_a_response_that_broke_off_before_any_came_is_unknown() -> None:
    made = entry(details="upstream_reset_after_response_started{x}", flags=["upstream_remote_reset"])
    response = one(made).response
    assert response is not None
    assert not response.body.empty


def test_octets_that_are_no_text_arrive() -> None:
    packed = gzip.compress(b'{"error":"no"}')
    made = entry(got=[("content-type", "application/json"), ("content-encoding", "gzip")], octets={"sw": packed})
    response = one(made).response
    assert response is not None
    assert response.body.json == {"error": "no"}


@pytest.mark.parametrize("method", ["HEAD", "CONNECT"])
def test_methods_whose_responses_have_no_content(method: str) -> None:
    response = one(entry(method=method, octets={"sb": b"x"}, sizes=(0, 9))).response
    assert response is not None
    assert response.body.empty


def test_after_a_change_of_protocol_there_is_no_content() -> None:
    made = entry(status=101, got=[("upgrade", "websocket")], octets={"sb": b"\x81\x05Hello"}, sizes=(20, 20))
    response = one(made).response
    assert response is not None
    assert response.body.empty


@pytest.mark.parametrize(
    ("flag", "details", "status", "kind"),
    [
        ("upstream_connection_failure", f"{BEFORE}{{remote_connection_failure}}", 503, FailureKind.CONNECT),
        ("upstream_connection_failure", f"{BEFORE}{{connection_timeout}}", 504, FailureKind.TIMEOUT),
        ("upstream_connection_failure", f"{BEFORE}{{TLS_error:_Secret_is_not_supplied}}", 503, FailureKind.TLS),
        ("upstream_connection_termination", f"{BEFORE}{{connection_termination}}", 503, FailureKind.RESET),
        ("upstream_remote_reset", f"{BEFORE}{{remote_reset}}", 503, FailureKind.RESET),
        ("upstream_protocol_error", f"{BEFORE}{{protocol_error}}", 502, FailureKind.PROTOCOL),
        ("upstream_request_timeout", "response_timeout", 504, FailureKind.TIMEOUT),
        ("no_healthy_upstream", "no_healthy_upstream", 503, FailureKind.CONNECT),
        ("dns_resolution_failure", "dns_resolution_failure", 503, FailureKind.CONNECT),
    ],
)
def test_what_envoy_answers_for_a_service_is_not_the_services(
    flag: str, details: str, status: int, kind: FailureKind
) -> None:
    exchange = one(failed(flag, details, status))
    assert exchange.response is None
    assert exchange.failure is not None
    assert exchange.failure.kind is kind
    assert (exchange.service, exchange.direction) == ("shop", Direction.INBOUND)


def test_a_timeout_after_a_retried_answer_is_a_failure_all_the_same() -> None:
    exchange = one(failed("upstream_request_timeout", "response_timeout", 504))
    retried = failed("upstream_request_timeout", "response_timeout", 504)
    retried.common_properties.time_to_first_upstream_rx_byte.seconds = 1
    assert one(retried).response is exchange.response is None


def test_a_failure_that_envoy_dresses_up_is_seen_from_both_sides() -> None:
    made = failed("upstream_connection_failure", f"{BEFORE}{{remote_connection_failure}}", 200)
    call, answer = exchanges_of(made, "edge")
    assert (call.service, call.direction, call.response) == ("shop", Direction.OUTBOUND, None)
    assert (answer.service, answer.direction, answer.status) == ("edge", Direction.INBOUND, 200)


def test_what_envoy_answers_by_itself_bears_its_name() -> None:
    exchange = one(entry(status=429, details="rate_limited", flags=["rate_limited"], began=False))
    assert (exchange.service, exchange.status, exchange.failure) == ("edge", 429, None)
    assert one(entry(status=404, details="route_not_found", flags=["no_route_found"], began=False)).service == "edge"


def test_a_response_that_is_cut_short_has_head_and_failure() -> None:
    details = "upstream_reset_after_response_started{connection_termination}"
    exchange = one(entry(details=details, flags=["upstream_connection_termination"], octets={"sb": b'{"a":'}))
    assert exchange.status == 200
    assert exchange.failure is not None
    assert exchange.failure.kind is FailureKind.RESET
    assert exchange.response is not None
    assert not exchange.response.body.complete
    assert exchange.response.trailers is None


@pytest.mark.parametrize(("status", "began"), [(0, False), (200, True)])
def test_a_client_that_leaves(status: int, began: bool) -> None:
    flags = ["downstream_connection_termination"]
    made = entry(status=status, details="downstream_remote_disconnect", flags=flags, began=began)
    exchange = one(made)
    assert exchange.failure is not None
    assert exchange.failure.kind is FailureKind.CLIENT_GONE
    assert exchange.status == (status or None)
    assert exchange.service == "shop"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda made: made.common_properties.metadata.Clear(), "no_fields"),
        (lambda made: copy(made, {"qh": b""}), None),
        (lambda made: made.common_properties.metadata.filter_metadata[0].value.fields.pop("qh"), "no_fields"),
        (lambda made: made.common_properties.metadata.filter_metadata[0].value.fields.pop("sh"), "no_fields"),
        (lambda made: setattr(made.common_properties, "access_log_type", 4), "not_ended"),
    ],
)
def test_entries_that_hold_too_little_are_counted(change: Any, reason: str | None) -> None:
    made = entry()
    change(made)
    if reason is None:
        assert one(made).request.target == "/"
        return
    with pytest.raises(UninspectedError) as caught:
        exchanges_of(made, "edge")
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("cluster", "service", "direction"),
    [
        ("shop", "shop", "inbound"),
        ("", "edge", "inbound"),
        ("outbound|9080||reviews.default.svc.cluster.local", "reviews.default", "outbound"),
        ("outbound|443|v2|api.partner.example", "api.partner.example", "outbound"),
        ("inbound|9080||", "edge", "inbound"),
        ("httproute/prod/orders/rule/0", "orders.prod", "inbound"),
        ("grpcroute/prod/stock/rule/1", "stock.prod", "inbound"),
    ],
)
def test_names_of_services(cluster: str, service: str, direction: str) -> None:
    assert service_of(cluster, "edge") == (service, direction)


@pytest.mark.parametrize("status", [b"-20", b"99999", b"9" * 4000, b"2 0", b""])
def test_a_status_has_three_digits(status: bytes) -> None:
    made = entry()
    copy(made, {"sh": b":status\0" + status})
    with pytest.raises(UninspectedError, match="no_fields"):
        exchanges_of(made, "edge")


def test_of_a_head_with_too_many_lines_a_part_is_split() -> None:
    made = entry()
    copy(made, {"qh": b"a\0b\0" * 500_000})
    exchange = one(made)
    assert not are_usual(exchange)
    assert len(exchange.request.headers.fields) < 2 * LINES_LIMIT
