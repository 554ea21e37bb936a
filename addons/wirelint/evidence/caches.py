"""Detect responses from a cache on the way, which say nothing about the current state of the service."""

from __future__ import annotations

import re
from typing import Final

from wirelint.core.exchange import Exchange

_FIELDS: Final = ("x-cache", "cf-cache-status", "x-cache-status", "x-proxy-cache", "cache-status", "x-varnish-cache")
_ANY: Final = frozenset({"age", *_FIELDS})
_stored: Final = re.compile(r"\bhit\b|\bstale\b|\brevalidated\b|\bupdating\b", re.IGNORECASE)
_LONGEST: Final = 512


def from_cache(exchange: Exchange) -> bool:
    """Return whether Age (RFC 9111 §5.1), Cache-Status (RFC 9211) or a similar field shows a stored response."""
    response = exchange.response
    if response is None:
        return False
    headers = response.headers
    if _ANY.isdisjoint(headers.index):
        return False
    age = (headers.get("age") or "").strip()[:12]
    if age.isascii() and age.isdigit() and int(age) > 0:
        return True
    return any(name in headers and _stored.search((headers.get(name) or "")[:_LONGEST]) for name in _FIELDS)
