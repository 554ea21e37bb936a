"""Entry of Envoy's access log → ``Exchange``."""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Mapping
from typing import Any, Final

from wirelint.core.body import EMPTY, Body
from wirelint.core.exchange import Direction, Exchange, Failure, FailureKind, Request, Response
from wirelint.core.headers import NO_HEADERS, Headers
from wirelint.core.media import media_type
from wirelint.sources.envoy.answers import failure_of, is_by_service
from wirelint.sources.heads import LINES_LIMIT, Fields

NAMESPACE: Final = "wirelint"
"""Where the filter puts what it copies, among the dynamic metadata."""

_VERSIONS: Final = ("HTTP/1.1", "HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3")
"""By the number of ``HTTPVersion``; 0 is unknown."""

_ENDS: Final = frozenset({0, 6})
"""The kinds of entry that are about a finished exchange: unspecified, and ``DownstreamEnd``."""

_MOST_WORDS: Final = 2 * (LINES_LIMIT + 16)
"""Most names and values of a head, pseudo-header fields included: more of them are too many in any case."""

_SWITCHING: Final = 101
_HEAD: Final = 2
_CONNECT: Final = 6
"""By the number of ``RequestMethod``."""
_GATEWAY: Final = frozenset({502, 503, 504})


class UninspectedError(Exception):
    """An entry that cannot be audited; the text is the reason for ``Stats.skipped``."""


def exchanges_of(entry: Any, gateway: str) -> tuple[Exchange, ...]:
    """Return the exchanges that an entry stands for, one as a rule.

    If the service gave no answer, the exchange has a failure and no response: the 503 that Envoy then makes is not the
    service's. Should Envoy answer such a request with something else than a gateway's status, there are two exchanges:
    the failed call of the service, and Envoy's answer under its own name.

    :param entry: an ``HTTPAccessLogEntry``.
    :param gateway: the name of Envoy itself, as service of the answers that it makes by itself.
    :raises UninspectedError: it holds too little to be audited, or is no finished exchange.
    """
    common = entry.common_properties
    if common.access_log_type not in _ENDS:
        raise UninspectedError("not_ended")
    octets: dict[str, bytes] = {}
    for copied in common.metadata.filter_metadata:
        if copied.key == NAMESPACE:
            octets = _decoded(copied.value.fields)
    if "qh" not in octets:
        raise UninspectedError("no_fields")
    response = entry.response
    status = response.response_code.value
    began = common.HasField("time_to_first_upstream_rx_byte")
    details = response.response_code_details
    answered = status > 0 and (details == "via_upstream" or began)
    failure = failure_of(common.response_flags, common.upstream_transport_failure_reason, details, answered=answered)
    by_service = status > 0 and is_by_service(details, first_byte=began, failure=failure)
    if not by_service and failure is not None and failure.message.endswith(" during the response"):
        failure = Failure(failure.kind, failure.message.removesuffix(" during the response"))
    if by_service and _is_tunnel(entry, status):
        failure = None  # whoever ends a connection of another protocol has done nothing wrong
    if status == 0 and failure is None:
        failure = Failure(FailureKind.RESET, "ended without a response")
    return _Entry(entry, octets, gateway).exchanges(status, failure, by_service=by_service)


def service_of(cluster: str, gateway: str) -> tuple[str, Direction]:
    """Return the name of a cluster's service, and which way its exchanges go.

    Plain clusters bear the name of their service. Istio's are ``outbound|80||reviews.default.svc.cluster.local`` and
    ``inbound|9080||``, Envoy Gateway's ``httproute/NAMESPACE/NAME/rule/0``.
    """
    parts = cluster.split("|")
    if len(parts) == 4:
        host = parts[3].removesuffix(".svc.cluster.local")
        return (host, Direction.OUTBOUND) if parts[0] == "outbound" and host else (gateway, Direction.INBOUND)
    words = cluster.split("/")
    if len(words) >= 4 and words[0].endswith("route"):
        return f"{words[2]}.{words[1]}", Direction.INBOUND
    return cluster or gateway, Direction.INBOUND


class _Entry:
    """What the exchanges of one entry share."""

    def __init__(self, entry: Any, octets: Mapping[str, bytes], gateway: str) -> None:
        self._entry = entry
        self._octets = octets
        self._gateway = gateway
        common = entry.common_properties
        self._common = common
        start = common.start_time
        self._started = start.seconds + start.nanos * 1e-9

    def exchanges(self, status: int, failure: Failure | None, *, by_service: bool) -> tuple[Exchange, ...]:
        common = self._common
        service, direction = service_of(common.upstream_cluster, self._gateway)
        if by_service:
            return (self._exchange(service, direction, self._response(failure), failure),)
        if status == 0:
            return (self._exchange(service, direction, None, failure),)
        if failure is None or failure.kind is FailureKind.CLIENT_GONE:
            # A redirect, a direct answer, a refused credential, a limit: Envoy speaks for itself.
            return (self._exchange(self._gateway, Direction.INBOUND, self._response(failure), failure),)
        if status in _GATEWAY and (status == 504) is (failure.kind is FailureKind.TIMEOUT):
            return (self._exchange(service, direction, None, failure),)
        call = self._exchange(service, Direction.OUTBOUND, None, failure)
        if "sh" not in self._octets:
            return (call,)
        return (call, self._exchange(self._gateway, Direction.INBOUND, self._response(None), None))

    def _exchange(
        self, service: str, direction: Direction, response: Response | None, failure: Failure | None
    ) -> Exchange:
        common = self._common
        first = common.time_to_first_upstream_rx_byte
        peer = common.downstream_remote_address or common.downstream_direct_remote_address
        return Exchange(
            request=self._request(),
            response=response,
            failure=failure,
            service=service,
            direction=direction,
            id=common.stream_id,
            client=peer.socket_address.address or peer.pipe.path,
            started=self._started,
            first_byte=None if response is None else self._started + first.seconds + first.nanos * 1e-9,
            ended=self.ended,
            timestamp=self._started,
        )

    @property
    def ended(self) -> float:
        common = self._common
        took = common.duration if common.HasField("duration") else common.time_to_last_downstream_tx_byte
        return float(self._started + took.seconds + took.nanos * 1e-9)

    def _request(self) -> Request:
        entry, asked = self._entry, self._entry.request
        pseudo, fields = _head(self._octets["qh"])
        headers = Headers(fields)
        whole = self._common.HasField("time_to_last_rx_byte")
        return Request(
            method=pseudo.get(b":method", b"GET").decode("latin-1"),
            target=pseudo.get(b":path", b"/").decode("latin-1"),
            scheme=pseudo.get(b":scheme", b"http").decode("latin-1"),
            authority=pseudo.get(b":authority", b"").decode("latin-1"),
            http_version=_VERSIONS[entry.protocol_version] if entry.protocol_version < len(_VERSIONS) else "HTTP/1.1",
            headers=headers,
            body=self._body("q", headers, asked.request_body_bytes, ended=whole),
        )

    def _response(self, failure: Failure | None) -> Response:
        octets = self._octets.get("sh")
        if octets is None:
            raise UninspectedError("no_fields")
        pseudo, fields = _head(octets)
        digits = pseudo.get(b":status", b"")
        if len(digits) != 3 or not digits.isdigit():  # a number of any size would be a label of its own
            raise UninspectedError("no_fields")
        status = int(digits)
        headers = Headers(fields)
        response = self._entry.response
        bodiless = _is_tunnel(self._entry, status) or self._entry.request.request_method == _HEAD
        trailers = self._octets.get("st")
        return Response(
            status=status,
            http_version=_VERSIONS[self._entry.protocol_version],
            headers=headers,
            body=EMPTY if bodiless else self._body("s", headers, response.response_body_bytes, ended=failure is None),
            trailers=Headers(_head(trailers)[1]) if trailers else NO_HEADERS if failure is None else None,
        )

    def _body(self, side: str, headers: Headers, size: int, *, ended: bool) -> Body:
        whole = self._octets.get(f"{side}w")
        raw = self._octets.get(f"{side}b") if whole is None else whole
        if whole == b"" or (not raw and not size and ended):
            return EMPTY
        if not raw:
            return Body.unknown("not_captured", size=size or None)
        complete = whole is not None and ended
        return Body(
            raw,
            complete=complete,
            size=len(raw) if complete else size if ended and size > len(raw) else None,
            coding=headers.get("content-encoding") or "",
            media=media_type(headers.get("content-type")),
        )


def _is_tunnel(entry: Any, status: int) -> bool:
    """Return whether what followed the head of a response is content of another protocol."""
    return status == _SWITCHING or (entry.request.request_method == _CONNECT and 200 <= status < 300)


def _decoded(fields: Mapping[str, Any]) -> dict[str, bytes]:
    try:
        return {key: a2b_base64(value.string_value) for key, value in fields.items()}
    except (Base64Error, ValueError) as error:
        raise UninspectedError("no_fields") from error


def _head(octets: bytes) -> tuple[dict[bytes, bytes], Fields]:
    """Return the pseudo-header fields (RFC 9113 §8.3) and the others."""
    words = octets.split(b"\0", _MOST_WORDS)
    pairs = tuple(zip(words[::2], words[1::2], strict=False))
    count = 0
    while count < len(pairs) and pairs[count][0][:1] == b":":
        count += 1
    return dict(pairs[:count]), pairs[count:]
