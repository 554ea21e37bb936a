"""Read Retry-After, in seconds or as a date (RFC 9110 §10.2.3)."""

from __future__ import annotations

from wirelint.core.exchange import Exchange
from wirelint.core.once import once
from wirelint.evidence.dates import http_date


@once
def wait(exchange: Exchange) -> float | None:
    """Return the minimum wait in seconds from the response; None without a valid Retry-After.

    Dates have whole seconds: a response at the end of one may be due at the start of another.
    """
    response = exchange.response
    value = None if response is None else response.headers.get("retry-after")
    if response is None or value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    until = http_date(value)
    # Both dates are from one clock then; the clock here may differ.
    sent = http_date(response.headers.get("date") or "") or exchange.timestamp
    return None if until is None or sent is None else max(0.0, until - sent - 1.0)
