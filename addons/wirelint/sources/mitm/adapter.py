"""Convert records to exchanges. Nothing is decoded here, and ``flow.text`` is never read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mitmproxy import http
from mitmproxy.proxy import mode_specs

from wirelint.core import exchange as core
from wirelint.core.body import EMPTY, Body
from wirelint.core.exchange import Direction, Exchange
from wirelint.core.headers import NO_HEADERS, Headers
from wirelint.core.media import media_type
from wirelint.sources.mitm import transparent
from wirelint.sources.mitm.failure import Circumstances, classify, not_the_service
from wirelint.sources.mitm.packed_record import PackedBody, PackedRecord
from wirelint.sources.mitm.record import Octets, Record

_VERSIONS: Final = {b"HTTP/1.1": "HTTP/1.1", b"HTTP/1.0": "HTTP/1.0", b"HTTP/2.0": "HTTP/2", b"HTTP/3": "HTTP/3"}
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
SERVICE: Final = "wirelint_service"
"""Metadata of a saved flow: the name of its service, and the direction."""


class Naming:
    """Names the service and the direction of each exchange.

    Exchanges of a reverse listener are inbound; their service has the configured name, or its address. Exchanges that
    were redirected on their way to an address of this machine are inbound, too; their service has the name of the
    listener, or ``localhost`` and the port, which is the same on all machines that run the service. All others are
    outbound; their service is the host that was called.
    """

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        """Map listeners to services.

        :param names: mode specification as given to mitmproxy → name of the service.
        """
        self.names = dict(names or {})
        self._reverse: dict[str, str] = {}

    def of(self, flow: http.HTTPFlow) -> tuple[str, Direction]:
        """Return name and direction for a flow whose request is known."""
        mode = flow.client_conn.proxy_mode
        spec = mode.full_spec
        name = self._reverse.get(spec)
        if name is not None:
            return name, Direction.INBOUND
        if isinstance(mode, mode_specs.ReverseMode):
            name = self._reverse[spec] = self.names.get(spec) or address(mode.scheme, *mode.address)
            return name, Direction.INBOUND
        data = flow.request.data
        host = data.host
        if isinstance(mode, mode_specs.TransparentMode):
            if transparent.is_own(host):
                name = self.names.get(spec) or address(flow.request.scheme, "localhost", data.port)
                return name, Direction.INBOUND
            host = transparent.named(flow.request, flow.client_conn.sni)
        return address(flow.request.scheme, host, data.port), Direction.OUTBOUND


def address(scheme: str, host: str, port: int) -> str:
    """Return ``host:port``, without a port that the scheme implies."""
    if ":" in host:
        host = f"[{host}]"
    return host if _DEFAULT_PORTS.get(scheme) == port else f"{host}:{port}"


def place(peer: tuple[str, int] | tuple[str, int, int, int] | None) -> str:
    """Return ``host:port`` of a connection's other end, empty if it is not known."""
    return "" if peer is None else address("", peer[0], peer[1])


def exchange_of(record: Record | PackedRecord) -> Exchange:
    """Return the exchange of a finished record."""
    # A body that mitmproxy buffers is lost if the message never ends; a streamed body was not kept.
    lost = "streamed" if record.failure is None else "not_captured"
    headers = Headers(record.request_fields)
    request = core.Request(
        method=_text(record.method),
        target=_text(record.path) or "/",
        scheme=_text(record.scheme),
        authority=_text(record.authority),
        http_version=_version(record.request_version),
        headers=headers,
        body=_body(record.request_body, headers, lost),
    )
    response = None
    if record.answered:
        headers = Headers(record.response_fields)
        trailers = record.trailers
        response = core.Response(
            status=record.status,
            reason=_text(record.reason),
            http_version=_version(record.response_version),
            headers=headers,
            body=_body(record.response_body, headers, lost),
            trailers=None if trailers is None else Headers(trailers) if trailers else NO_HEADERS,
        )
    return Exchange(
        request=request,
        response=response,
        failure=record.failure,
        service=record.service,
        direction=record.direction,
        id=record.id,
        client=record.client,
        started=record.started,
        first_byte=record.first_byte,
        ended=record.ended,
        timestamp=record.started,
    )


def exchange_of_flow(flow: http.HTTPFlow, naming: Naming) -> Exchange | None:
    """Return the exchange of a flow that is not live: read from a file, or shown on a screen.

    :returns: None if the flow never reached a service.
    """
    record = Record(flow, *(_saved_name(flow) or naming.of(flow)))
    if flow.response is not None:
        record.answer(flow.response)
    failure = None
    if flow.error is not None:
        known = circumstances_of(flow)
        if not_the_service(flow.error.msg, known) is not None:
            return None
        failure = classify(flow.error.msg, known)
    elif flow.response is None:
        return None
    record.finish(flow, failure)
    return exchange_of(record)


def _saved_name(flow: http.HTTPFlow) -> tuple[str, Direction] | None:
    """Return name and direction of the service of a flow that ``wirelint proxy --save`` wrote; None of others."""
    saved = flow.metadata.get(SERVICE)
    match saved:
        case [str(name), "inbound" | "outbound" as direction]:
            return name, Direction(direction)
    return None


def circumstances_of(flow: http.HTTPFlow) -> Circumstances:
    """Return what a stored flow still shows about its failure."""
    error, request, response = flow.error, flow.request.data, flow.response
    seen = [request.timestamp_start, request.timestamp_end, response and response.data.timestamp_start]
    ended = error.timestamp if error is not None else request.timestamp_start
    return Circumstances(
        answered=response is not None,
        request_ended=request.timestamp_end is not None,
        connected=flow.server_conn.timestamp_tcp_setup is not None and flow.server_conn.error is None,
        upstream_error=flow.server_conn.error,
        client_http2=request.http_version not in (b"HTTP/1.0", b"HTTP/1.1"),
        upstream_http2=flow.server_conn.alpn in (b"h2", b"h3"),
        idle=ended - max(at for at in seen if at),
        address=place(flow.server_conn.address),
    )


def _body(octets: Octets | PackedBody | None, headers: Headers, lost: str) -> Body:
    if octets is None:
        return Body.unknown("not_captured")
    raw = octets.raw
    if raw is None:
        size = octets.size
        if size is None and (length := headers.get("content-length")) and length.isascii() and length.isdigit():
            size = int(length[:18])
        return Body.unknown(lost, size=size)
    if not raw and octets.complete:
        return EMPTY
    return Body(
        raw,
        complete=octets.complete,
        size=octets.size,
        coding=headers.get("content-encoding") or "",
        media=media_type(headers.get("content-type")),
    )


def _text(octets: bytes) -> str:
    return octets.decode("latin-1")


def _version(octets: bytes) -> str:
    return _VERSIONS.get(octets) or _text(octets)
