"""How long a refusal asks to wait: Retry-After, in seconds or as a date (RFC 9110 §10.2.3)."""

from __future__ import annotations

from wirelint.core.exchange import Exchange
from wirelint.core.once import once
from wirelint.evidence.dates import http_date


@once
def wait(exchange: Exchange) -> float | None:
    """At least how many seconds from the response on, None where there is no Retry-After, or none that can be read.

    Dates are of whole seconds: what was sent at the end of one may be due at the beginning of another.
    """
    response = exchange.response
    value = None if response is None else response.headers.get("retry-after")
    if response is None or value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    until = http_date(value)
    # Both dates are of one clock then; the wall clock here may be another's.
    sent = http_date(response.headers.get("date") or "") or exchange.timestamp
    return None if until is None or sent is None else max(0.0, until - sent - 1.0)
