"""A service drops its upstream's Retry-After

What it does
------------
Sees both sides of a service, and reports a 429, 503 or 500 without any hint when to retry, if the service's last call
got 429 or 503 with Retry-After.

Why it matters
--------------
The upstream said when it would work again, and the caller never learns it. Callers come back at once, and each retry
becomes another call to the upstream that asked for a pause.

Known exceptions
----------------
Hints in other fields or in the content count. If the service answers fully from another source, no hint is needed.

How to fix
----------
Pass Retry-After on with 503 (not with 429, unless the service's own limit refused the caller), or wait and call again.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.3
- https://www.rfc-editor.org/rfc/rfc6585.html#section-4
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.hints import hint_field, hint_in_content
from wirelint.history.hops import Traces, completes_hops

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="both the hint and the answer without it were seen, joined by a trace id",
    basis="policy: RFC 9110 section 10.2.3 defines how a server says how long to wait",
    when=When(status="429 500 503"),
    reads=Reads.PREFIX,
    recalls=(Traces,),
    after=completes_hops,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a hint from the upstream that is missing in the response."""
    response = exchange.response
    if hint_field(exchange) is not None or hint_in_content(response.body) is not None:
        return
    hops = context.recall(Traces).hops(exchange)
    if hops is None:
        return
    call = max(hops.calls, key=lambda each: each.ended)
    if call.status not in (429, 503) or call.wait is None:
        return
    yield Hit(
        f"{exchange.status} without the Retry-After of {call.service[:40]}",
        f"{hops.text(call)}; Retry-After: {call.wait:.0f}",
        suggested_status=503,
        confidence=hops.confidence,
        story=hops.story({id(call): f"Retry-After: {call.wait:.0f} s"}, ""),
        note="no hint",
    )


BAD = (
    """\
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731

HTTP/1.1 429 Too Many Requests
Retry-After: 30
Content-Type: application/json

{"error": "slow down"}
GET /items/7 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "could not load the item"}
""",
)

GOOD = (
    """\
# outbound stock
GET /levels/8 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732

HTTP/1.1 429 Too Many Requests
Retry-After: 30
Content-Type: application/json

{"error": "slow down"}
GET /items/8 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732

HTTP/1.1 503 Service Unavailable
Retry-After: 30
Content-Type: application/json

{"error": "the stock service is busy"}
""",
)
