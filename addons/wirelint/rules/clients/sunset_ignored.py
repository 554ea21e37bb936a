"""A client still calls what was announced to end before now

What it does
------------
Reports a call whose response carries a ``Sunset`` date that lies in the past. By default it is off: for the owner of the
service it is a list of who has yet to move.

Why it matters
--------------
The resource may stop answering at any moment (RFC 8594 section 3), and then the client breaks without further notice.

Known exceptions
----------------
Dates that cannot be read, and clocks: the date is compared with the response's own ``Date``, and a minute is granted.

How to fix
----------
Move the client to what ``Link: rel="successor-version"`` or the announcement names.

References
----------
- https://www.rfc-editor.org/rfc/rfc8594.html#section-3
- https://www.rfc-editor.org/rfc/rfc9745.html
"""

from collections.abc import Iterator

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.rule import Context, Rule, Scope, When
from wirelint.evidence.dates import http_date

_GRACE = 60.0
_DAY = 86_400.0

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="both dates are in plain sight",
    basis="policy: RFC 8594 section 3",
    when=When(status="2xx 3xx 4xx 5xx", response_fields=("sunset",)),
    side=Side.CLIENT,
    scope=Scope.CLIENT,
    default=False,
)


def check(exchange: Exchange, context: Context) -> Iterator[Hit]:
    """Called after its end."""
    response = exchange.response
    if response is None:
        return
    value = response.headers.get("sunset") or ""
    end = http_date(value)
    now = http_date(response.headers.get("date") or "") or exchange.timestamp
    if end is None or now is None or now <= end + _GRACE:
        return
    yield Hit(
        f"the client calls what was to end {(now - end) / _DAY:.1f} days ago",
        f"Sunset: {value}",
    )


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
)
