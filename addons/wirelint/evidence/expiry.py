"""Detect tokens that had expired when they were sent. Their claims are read, and never shown."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.once import once

_LONGEST: Final = 8192
_SKEW: Final = 60.0
"""Tolerated difference of clocks, in seconds."""


@once
def is_expired(exchange: Exchange) -> bool:
    """Return whether the request's Bearer token is a JWT whose ``exp`` had passed (RFC 7519 section 4.1.4)."""
    field = exchange.request.headers.get("authorization") or ""
    scheme, _, token = field[:_LONGEST].strip().partition(" ")
    parts = token.strip().split(".")
    if scheme.lower() != "bearer" or len(parts) != 3 or exchange.timestamp is None:
        return False
    try:
        claims: Any = msgspec.json.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return False
    ends = claims.get("exp") if isinstance(claims, dict) else None
    if isinstance(ends, bool) or not isinstance(ends, int | float):
        return False
    return 0 < ends < exchange.timestamp - _SKEW
