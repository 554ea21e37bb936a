"""Retry-After and other retry hints contradict each other

What it does
------------
Reports a 429 response whose ``Retry-After`` ends more than a second before its limit is reset, by the ``RateLimit``
field or by ``X-RateLimit-Reset``.

Why it matters
--------------
Clients that follow ``Retry-After`` come back while the limit still refuses them, are refused again, and may be
penalised.

Known exceptions
----------------
Only a limit without calls left is compared; other limits may reset at other times. Reset times are seconds or points in
time; a value that fits neither is not judged.

How to fix
----------
Compute both from one clock: ``Retry-After`` no earlier than the end of the window, rounded up.

References
----------
- https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
- https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.3
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.headers import Headers
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.dates import http_date
from wirelint.evidence.structured import items

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="units of reset times are inferred from their size",
    basis="SHOULD NOT: draft-ietf-httpapi-ratelimit-headers",
    when=When(status="429", response_fields=("retry-after",)),
)

_EPOCH: Final = 1_000_000_000
_LONGEST_WAIT: Final = 90 * 24 * 3600
_RESETS: Final = (("x-ratelimit-reset", "x-ratelimit-remaining"), ("ratelimit-reset", "ratelimit-remaining"))


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Convert both hints to seconds from now and compare them."""
    response = exchange.response
    now = http_date(response.headers.get("date") or "")
    if now is None:
        now = exchange.timestamp
    said = _after((response.headers.get("retry-after") or "").strip(), now)
    reset = _reset(response.headers, now)
    if said is not None and reset is not None and said + 1 < reset <= _LONGEST_WAIT:
        yield Hit(
            f"Retry-After ends {reset - said:.0f} s before the limit is reset",
            f"Retry-After: {response.headers.get('retry-after')}",
        )


def _after(value: str, now: float | None) -> float | None:
    number = _number(value)
    if number is not None:
        return number
    date = http_date(value)
    return None if date is None or now is None else max(0.0, date - now)


def _reset(headers: Headers, now: float | None) -> float | None:
    spent = [
        float(item.parameters["t"])
        for item in items(headers.get("ratelimit")) or ()
        if item.parameters.get("r") == 0 and isinstance(item.parameters.get("t"), int)
    ]
    if spent:
        return max(spent)
    for name, remaining in _RESETS:
        if (headers.get(remaining) or "").strip() == "0":
            value = _number((headers.get(name) or "").strip())
            if value is None or value < _EPOCH:
                return value
            return None if now is None or value >= _EPOCH * 1000 else value - now
    return None


def _number(value: str) -> float | None:
    return float(value) if value.isascii() and value.isdigit() and len(value) <= 15 else None


BAD = (
    """\
GET /v1/search?q=tea HTTP/1.1
Host: api.example

HTTP/1.1 429 Too Many Requests
Retry-After: 5
RateLimit: "default";r=0;t=60
Content-Type: application/json

{"error": "too many requests"}
""",
    """\
GET /v1/search?q=tea HTTP/1.1
Host: api.example

HTTP/1.1 429 Too Many Requests
Date: Sat, 01 Jun 2024 12:00:00 GMT
Retry-After: 5
X-RateLimit-Remaining: 0
X-RateLimit-Reset: 1717243260
Content-Type: application/json

{"error": "too many requests"}
""",
)

GOOD = (
    """\
GET /v1/search?q=tea HTTP/1.1
Host: api.example

HTTP/1.1 429 Too Many Requests
Retry-After: 60
RateLimit: "default";r=0;t=60
Content-Type: application/json

{"error": "too many requests"}
""",
    """\
GET /v1/search?q=tea HTTP/1.1
Host: api.example

HTTP/1.1 429 Too Many Requests
Date: Sat, 01 Jun 2024 12:00:00 GMT
Retry-After: 5
X-RateLimit-Remaining: 4200
X-RateLimit-Reset: 1717243260
Content-Type: application/json

{"error": "too many requests"}
""",
)
