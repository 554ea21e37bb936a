"""A client still calls a resource after its announced Sunset

What it does
------------
Reports a call whose response carries a ``Sunset`` date in the past, and a call that fails after an earlier response of
the route carried such a date. Off by default: for the owner of the service, it is a list of the clients that have yet
to move.

Why it matters
--------------
The resource may stop answering at any moment (RFC 8594 section 3), and then the client breaks without further notice.

Known exceptions
----------------
Dates that cannot be parsed. Clocks differ: the date is compared with the response's own ``Date``, with a tolerance of
one minute. A success without a date withdraws the announcement. An announcement for another resource of the route may
not apply to this one, so this is a hint. The same call with the same success within five seconds is reported once.

How to fix
----------
Move the client to the successor named by ``Link: rel="successor-version"`` or by the announcement.

References
----------
- https://www.rfc-editor.org/rfc/rfc8594.html#section-3
- https://www.rfc-editor.org/rfc/rfc9745.html
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.dates import http_date
from wirelint.history.sunsets import Sunsets, end_was_announced

_GRACE: Final = 60.0
_DAY: Final = 86_400.0

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="both dates are in the response",
    basis="policy: RFC 8594 section 3",
    when=When(status="2xx 3xx 4xx 5xx none"),
    side=Side.CLIENT,
    recalls=(Sunsets,),
    after=end_was_announced,
    default=False,
)


def check(exchange: Exchange, context: Context) -> Iterator[Hit]:
    """Look for a call after the announced end."""
    response = exchange.response
    if response is None or "sunset" not in response.headers:
        yield from _after_an_earlier_word(exchange, context.recall(Sunsets))
        return
    value = response.headers.get("sunset") or ""
    end = http_date(value)
    late = None if end is None else _late(exchange, end)
    if late is not None:
        yield Hit(_message(late), f"Sunset: {value}")


def _after_an_earlier_word(exchange: Exchange, sunsets: Sunsets) -> Iterator[Hit]:
    sunset = sunsets.of(exchange)
    if sunset is None or sunsets.now(exchange).succeeded:
        return
    late = _late(exchange, sunset.end)
    if late is not None:
        yield Hit(
            _message(late),
            f"Sunset: {sunset.written}",
            confidence=None if sunset.is_about(sunsets.now(exchange)) else Confidence.WEAK,
            story=(sunset.visit.step("announced the end"),),
            note=f"sent {late / _DAY:.1f} days after it",
        )


def _late(exchange: Exchange, end: float) -> float | None:
    """Return the seconds since the end, None if it is in the future or unknown."""
    response = exchange.response
    date = None if response is None else http_date(response.headers.get("date") or "")
    now = exchange.timestamp if date is None else date
    return None if now is None or now <= end + _GRACE else now - end


def _message(late: float) -> str:
    return f"the client calls what was to end {late / _DAY:.1f} days ago"


BAD = (
    """\
GET /v1/orders HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Date: Mon, 05 Jan 2026 08:00:00 GMT
Sunset: Wed, 31 Dec 2025 23:59:59 GMT
Content-Type: application/json

[{"id": 1}]
""",
    """\
GET /v1/orders HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Date: Wed, 31 Dec 2025 20:00:00 GMT
Sunset: Wed, 31 Dec 2025 23:59:59 GMT
Content-Type: application/json

[{"id": 1}]
# +43200s
GET /v1/orders HTTP/1.1
Host: shop.example

HTTP/1.1 410 Gone
Date: Thu, 01 Jan 2026 08:00:00 GMT
Content-Type: application/json

{"error": "use /v2/orders"}
""",
)

GOOD = (
    """\
GET /v1/orders HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Date: Mon, 05 Jan 2026 08:00:00 GMT
Sunset: Thu, 31 Dec 2026 23:59:59 GMT
Content-Type: application/json

[{"id": 1}]
""",
    """\
GET /v1/orders HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Date: Wed, 31 Dec 2025 20:00:00 GMT
Sunset: Wed, 31 Dec 2025 23:59:59 GMT
Content-Type: application/json

[{"id": 1}]
# +43200s
GET /v1/orders HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Date: Thu, 01 Jan 2026 08:00:00 GMT
Content-Type: application/json

[{"id": 1}]
""",
)
