"""The names that programs give to the members of an access log's line, and what they say of calls that failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from wirelint.core.exchange import FailureKind


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """The names that a program gives to the members of a line, each in the order in which they are looked for.

    :param name: the program, which is the service's name for answers that it makes by itself.
    :param marks: members, each of which identifies the program.
    :param second: what a second is in the unit of ``took``.
    :param at_start: whether the time is that of the request's beginning; else that of the end.
    :param heads: whether the lines have all fields of request and response.
    """

    name: str
    marks: tuple[str, ...]
    method: tuple[str, ...] = ("method", "request_method", "http_method")
    target: tuple[str, ...] = ("request_uri", "path", "uri", "url")
    status: tuple[str, ...] = ("status", "status_code", "response_code")
    upstream: tuple[str, ...] = ("upstream_status",)
    service: tuple[str, ...] = ()
    host: tuple[str, ...] = ("host", "authority", "http_host", "server_name", "vhost")
    client: tuple[str, ...] = ("remote_addr", "client_ip", "remote_ip", "client", "x_forwarded_for")
    agent: tuple[str, ...] = ("http_user_agent", "user_agent", "agent")
    id: tuple[str, ...] = ("traceparent", "request_id", "x_request_id", "trace_id")
    time: tuple[str, ...] = ("msec", "time", "timestamp", "time_iso8601", "@timestamp", "ts", "time_local")
    took: tuple[str, ...] = ("request_time", "duration")
    second: float = 1.0
    at_start: bool = False
    heads: bool = False


DIALECTS: Final = (
    Dialect(
        name="traefik",
        marks=("downstreamstatus",),
        method=("requestmethod",),
        target=("requestpath",),
        status=("downstreamstatus",),
        upstream=("originstatus",),
        service=("servicename",),
        host=("requesthost", "requestaddr"),
        client=("clienthost",),
        agent=("request_user_agent",),
        id=("request_x_request_id", "request_traceparent"),
        time=("startutc", "time"),
        took=("duration",),
        second=1e9,
        at_start=True,
    ),
    Dialect(
        name="caddy",
        marks=("request.proto",),
        method=("request.method",),
        target=("request.uri",),
        host=("request.host",),
        client=("request.client_ip", "request.remote_ip"),
        took=("duration",),
        heads=True,
    ),
    Dialect(
        name="kong",
        marks=("latencies.request", "latencies.kong"),
        method=("request.method",),
        target=("request.uri",),
        status=("response.status",),
        service=("service.name", "service.host"),
        host=("request.headers.host",),
        time=("started_at",),
        took=("latencies.request",),
        second=1e3,
        at_start=True,
        heads=True,
    ),
    Dialect(
        name="envoy",
        marks=("response_flags", "response_code_details", "response_code"),
        status=("response_code",),
        target=("path", "x_envoy_original_path"),
        service=("upstream_cluster",),
        client=("downstream_remote_address", "x_forwarded_for"),
        time=("start_time", "timestamp"),
        took=("duration",),
        second=1e3,
        at_start=True,
    ),
    Dialect(
        name="haproxy",
        marks=("termination_state", "term_state"),
        service=("backend_name", "backend"),
        took=("time_total", "time_duration"),
        second=1e3,
        at_start=True,
    ),
    Dialect(
        name="nginx",
        marks=("upstream_status", "request_time", "body_bytes_sent", "upstream_addr"),
        service=("upstream_name", "proxy_host"),
    ),
    Dialect(name="apache", marks=("request", "request_uri", "uri", "path", "url"), took=("request_time",)),
)
"""In the order in which they are looked for: the most specific first. The last takes whatever has a status."""

FLAGS: Final[tuple[tuple[str, FailureKind, str], ...]] = (
    ("DC", FailureKind.CLIENT_GONE, "client left before a response"),
    ("UT", FailureKind.TIMEOUT, "no response in time"),
    ("SI", FailureKind.TIMEOUT, "stream stalled"),
    ("UPE", FailureKind.PROTOCOL, "response breaks the protocol"),
    ("UC", FailureKind.RESET, "connection closed"),
    ("UR", FailureKind.RESET, "stream reset"),
    ("UF", FailureKind.CONNECT, "cannot connect"),
    ("UH", FailureKind.CONNECT, "no healthy host"),
    ("DF", FailureKind.CONNECT, "name not resolved"),
)
"""Envoy's response flags (``%RESPONSE_FLAGS%``) that say what became of the call."""

TERMINATIONS: Final[Mapping[str, tuple[FailureKind, str]]] = {
    "C": (FailureKind.CLIENT_GONE, "client left before a response"),
    "c": (FailureKind.CLIENT_GONE, "client left before a response"),
    "sC": (FailureKind.TIMEOUT, "connecting timed out"),
    "SC": (FailureKind.CONNECT, "cannot connect"),
    "s": (FailureKind.TIMEOUT, "no response in time"),
    "S": (FailureKind.RESET, "connection closed"),
    "PH": (FailureKind.PROTOCOL, "response breaks the protocol"),
}
"""HAProxy's termination states (configuration manual §8.5), by one or both of their first letters."""
