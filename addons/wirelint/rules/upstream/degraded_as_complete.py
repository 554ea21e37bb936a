"""200 although every upstream call behind it failed

What it does
------------
Sees both sides of a service, and counts successes for which every call that the service made failed for good.

Why it matters
--------------
Answers from a cache or with a missing part keep a service available, and that is good. But it is not visible how long
this lasts, and callers may get old or empty data without notice.

Known exceptions
----------------
Caches, fallbacks and calls whose outcome does not matter are all legitimate. So this is a hint, and off by default.

How to fix
----------
Say so in the answer: a field or a member for missing parts, ``Cache-Status`` and ``Age`` for old ones.

References
----------
- https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2.4
- https://www.rfc-editor.org/rfc/rfc9211.html
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.failing import holds_error
from wirelint.history.hops import Traces, completes_hops

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.WEAK,
    because="a cache or a fallback may have been right",
    basis="policy: RFC 9111 section 4.2.4 restricts when stale responses may be served",
    when=When(status="2xx"),
    needs_fields=False,
    reads=Reads.NOTHING,
    recalls=(Traces,),
    after=completes_hops,
    default=False,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a success without an error although all calls failed."""
    hops = context.recall(Traces).hops(exchange)
    if hops is None or len(hops.final_failures()) < len(hops.calls) or holds_error(exchange):
        return
    call = hops.calls[-1]
    yield Hit(
        f"{exchange.status} although every call to {call.service[:40]} failed",
        hops.text(call),
        story=hops.story({id(each): "failed" for each in hops.calls}, ""),
        note="a success",
    )


BAD = (
    """\
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731

HTTP/1.1 502 Bad Gateway
Content-Type: application/json

{"error": "not reachable"}
GET /items/7 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731

HTTP/1.1 200 OK
Content-Type: application/json

{"name": "chair", "level": null}
""",
)

GOOD = (
    """\
# outbound stock
GET /levels/8 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732

HTTP/1.1 502 Bad Gateway
Content-Type: application/json

{"error": "not reachable"}
# outbound names
GET /names/8 HTTP/1.1
Host: names.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732

HTTP/1.1 200 OK
Content-Type: application/json

{"name": "chair"}
GET /items/8 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732

HTTP/1.1 200 OK
Content-Type: application/json

{"name": "chair"}
""",
)
