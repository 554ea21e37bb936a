"""A service sends 500 for every kind of failure, its upstreams' included

What it does
------------
Reports a service that sends at least three different errors under 500 and never answers 502, 503 or 504, although its
calls to other services were seen to fail for good.

Why it matters
--------------
500 is a fault of the service itself, so its developers are paged. 502, 503 and 504 say that something behind it failed,
or that a retry is worthwhile. If everything is 500, alerts cannot be routed, and clients cannot decide what to retry.

Known exceptions
----------------
Without a recorded failed call, nothing is reported. 502, 503 and 504 from a gateway in front are not the service's. If
only the time joins the failed calls to the service, this is a hint.

How to fix
----------
Handle the exceptions of clients for databases and other services separately: 504 for timeouts, 502 for invalid answers
and broken connections, 503 with ``Retry-After`` if the service sheds load itself.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.1
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.3
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.machine_codes import machine_code
from wirelint.evidence.makers import gateway_made
from wirelint.evidence.protocols import protocol
from wirelint.history.hops import FAILURES
from wirelint.history.services import Services

_LEAST_CODES: Final = 3
_MOST_SHOWN: Final = 5

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="different errors are sent under 500, and upstream failures were seen that 502 to 504 never reported",
    basis="policy: RFC 9110 sections 15.6.3 to 15.6.5 define the statuses for upstreams' failures",
    when=When(status="500"),
    reads=Reads.PREFIX,
    recalls=(Services,),
    once_per="service",
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for many errors under 500 while upstream failures are never reported."""
    service = context.recall(Services).of(exchange)
    if not FAILURES.isdisjoint(service.statuses) or protocol(exchange) is not None or gateway_made(exchange):
        return
    joined = bool(service.failed_calls.count)
    calls = service.failed_calls if joined else service.presumed_failed_calls
    if not calls.count:
        return
    # Quoted texts may differ for the same error.
    codes = {
        code: statuses[500]
        for (code, _), statuses in service.codes.items()
        if 500 in statuses and not code.startswith('"')
    }
    own = machine_code(exchange)
    named = sorted(codes.keys() | ({own} if own is not None and not own.startswith('"') else set()))
    if len(named) < _LEAST_CODES:
        return
    failed = "a call to another" if calls.count == 1 else f"{calls.count} calls to others"
    yield Hit(
        f"500 for {len(named)} different errors, and never 502, 503 or 504 although {failed} failed",
        f"500: {', '.join(named[:_MOST_SHOWN])}; calls that failed: {calls.count}",
        confidence=None if joined else Confidence.WEAK,
        story=(
            *(visit.step("a call of the service that failed") for visit in calls.samples),
            *(seen.first.step("another error under 500") for seen in list(codes.values())[:3]),
        ),
        note="one more error under 500",
    )


BAD = (
    """\
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4740

# failure: timeout no answer in time
GET /items/7 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4740

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 7, "name": "kettle"}
GET /prices/7 HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"code": "PRICE_TABLE_EMPTY"}
GET /labels/7 HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"code": "LABEL_TEMPLATE_BROKEN"}
GET /totals HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"code": "LEDGER_SUM_DIFFERS"}
""",
)

GOOD = (
    """\
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4741

# failure: timeout no answer in time
GET /items/7 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4741

HTTP/1.1 504 Gateway Timeout
Content-Type: application/json

{"code": "STOCK_SILENT"}
GET /prices/7 HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"code": "PRICE_TABLE_EMPTY"}
GET /labels/7 HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"code": "LABEL_TEMPLATE_BROKEN"}
GET /totals HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"code": "LEDGER_SUM_DIFFERS"}
""",
)
