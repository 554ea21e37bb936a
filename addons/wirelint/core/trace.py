"""Which trace an exchange belongs to, read from the fields that tracers and gateways set."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
_ALL_FIELDS: Final = frozenset({"traceparent", "b3", "x-amzn-trace-id", *_PLAIN_FIELDS})


def _read(headers: Headers) -> Iterator[str]:
    """All ids that a message bears, the most telling first."""
    names = headers.names()
    if "traceparent" in names and (match := _traceparent.fullmatch((headers.get("traceparent") or "").strip())):
        yield match[1]
    if "b3" in names and (match := _b3.fullmatch((headers.get("b3") or "").strip())):
        yield match[1]
    if "x-amzn-trace-id" in names and (match := _amazon.search(headers.get("x-amzn-trace-id") or "")):
        yield match[1]
    for name in _PLAIN_FIELDS:
        if (
            name in names
            and (match := _plain.fullmatch((headers.get(name) or "").strip()))
            and 8 <= len(match[0]) <= 64
        ):
            yield match[0]


def trace_of(headers: Headers) -> str | None:
    """The most telling id of a trace that the fields of one message bear."""
    return next(_read(headers), None)


@once
def trace_ids(exchange: Exchange) -> tuple[str, ...]:
    """The ids that join this exchange to others: those of its request, then what its response adds."""
    messages = [exchange.request.headers]
    if exchange.response is not None:
        messages.append(exchange.response.headers)
    bearing = [headers for headers in messages if not _ALL_FIELDS.isdisjoint(headers.names())]
    return tuple(dict.fromkeys(each for headers in bearing for each in _read(headers))) if bearing else ()


def trace_id(exchange: Exchange) -> str | None:
    """The most telling of an exchange's ids."""
    ids = trace_ids(exchange)
    return ids[0] if ids else None
