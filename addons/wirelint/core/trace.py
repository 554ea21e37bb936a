"""Which trace an exchange belongs to, read from the fields that tracers and gateways set."""

from __future__ import annotations

import re
from typing import Final

from wirelint.core.exchange import Exchange, Headers, once

_traceparent: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context §3.2
_b3: Final = re.compile(r"([0-9a-f]{16,32})(-.*)?")
_amazon: Final = re.compile(r"(?:^|;)Root=([0-9A-Za-z-]{8,64})")
# Hexadecimal groups (UUIDs among them) and ULIDs: a client may send anything here, and what is kept will be shown.
_plain: Final = re.compile(r"[0-9a-fA-F]{1,64}(?:[-:._/=][0-9a-fA-F]{1,32}){0,7}|[0-9A-HJKMNP-TV-Z]{26}")
_PLAIN_FIELDS: Final = (
    "x-b3-traceid",
    "x-request-id",
    "x-correlation-id",
    "request-id",
    "x-cloud-trace-context",
    "uber-trace-id",
)


def _read(headers: Headers) -> str | None:
    names = headers.names()
    if "traceparent" in names and (match := _traceparent.fullmatch((headers.get("traceparent") or "").strip())):
        return match[1]
    if "b3" in names and (match := _b3.fullmatch((headers.get("b3") or "").strip())):
        return match[1]
    if "x-amzn-trace-id" in names and (match := _amazon.search(headers.get("x-amzn-trace-id") or "")):
        return match[1]
    for name in _PLAIN_FIELDS:
        if (
            name in names
            and (match := _plain.fullmatch((headers.get(name) or "").strip()))
            and 8 <= len(match[0]) <= 64
        ):
            return match[0]
    return None


@once
def trace_id(exchange: Exchange) -> str | None:
    """The id that joins this exchange to others: of its request, else as its response tells it."""
    found = _read(exchange.request.headers)
    if found is None and exchange.response is not None:
        found = _read(exchange.response.headers)
    return found
