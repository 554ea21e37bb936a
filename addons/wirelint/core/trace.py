"""Read the trace of an exchange from the fields that tracers and gateways set."""

from __future__ import annotations

import re
from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.headers import Headers
from wirelint.core.once import once

_traceparent: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context §3.2
_b3: Final = re.compile(r"([0-9a-f]{16,32})(-.*)?")
_amazon: Final = re.compile(r"(?:^|;)Root=([0-9A-Za-z-]{8,64})")
# Hexadecimal groups (UUIDs among them) and ULIDs: a client may send anything here, and a kept id is shown.
_plain: Final = re.compile(r"([0-9a-fA-F]{1,64}(?:[-:._/=][0-9a-fA-F]{1,32}){0,7}|[0-9A-HJKMNP-TV-Z]{26})")
_READERS: Final = {
    "traceparent": _traceparent.fullmatch,
    "b3": _b3.fullmatch,
    "x-amzn-trace-id": _amazon.search,
    "x-b3-traceid": _plain.fullmatch,
    "x-request-id": _plain.fullmatch,
    "x-correlation-id": _plain.fullmatch,
    "request-id": _plain.fullmatch,
    "x-cloud-trace-context": _plain.fullmatch,
    "uber-trace-id": _plain.fullmatch,
}
"""How to read the fields with trace ids, the most specific first."""

_FIELDS: Final = frozenset(_READERS)

TRACING: Final = _FIELDS | {
    "tracestate", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags", "x-datadog-trace-id",
    "x-datadog-parent-id", "x-datadog-sampling-priority", "x-datadog-tags", "sentry-trace", "elastic-apm-traceparent",
    "newrelic", "x-ot-span-context", "grpc-trace-bin", "x-trace-id", "x-span-id",
}  # fmt: skip
"""Names of fields with only the position of a request in its trace."""


def is_traced(exchange: Exchange) -> bool:
    """Return whether a request has a trace id."""
    return not _FIELDS.isdisjoint(exchange.request.headers.index)


def _read(headers: Headers) -> tuple[str, ...]:
    """Return all trace ids of a message, the most specific first."""
    index = headers.index
    if _FIELDS.isdisjoint(index):
        return ()
    found = [read((headers.get(name) or "").strip()) for name, read in _READERS.items() if name in index]
    return tuple([match[1] for match in found if match is not None and 8 <= len(match[1]) <= 64])


def trace_of(headers: Headers) -> str | None:
    """Return the most specific trace id in the fields of one message."""
    ids = _read(headers)
    return ids[0] if ids else None


@once
def trace_ids(exchange: Exchange) -> tuple[str, ...]:
    """Return the ids that join this exchange to others: those of its request, then those of its response."""
    response = exchange.response
    found = _read(exchange.request.headers)
    if response is not None:
        found += _read(response.headers)
    return tuple(dict.fromkeys(found)) if len(found) > 1 else found


def trace_id(exchange: Exchange) -> str | None:
    """Return the most specific id of an exchange."""
    ids = trace_ids(exchange)
    return ids[0] if ids else None
