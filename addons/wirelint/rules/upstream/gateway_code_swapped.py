"""502 for a timeout, or 504 for a broken upstream

What it does
------------
Sees both sides of a gateway, and reports 502 if the upstream did not answer in time, and 504 if the connection was
refused or reset.

Why it matters
--------------
504 says that the upstream is slow and may still be working: be patient, and careful with repeated writes. 502 says that
it is down or sends invalid responses: restart it. Dashboards that separate the two are misleading.

Known exceptions
----------------
A proxy between gateway and upstream sends 502 for its own timeouts; passing that on is correct.

How to fix
----------
Handle the client library's timeout errors and connection errors separately: 504 for timeouts, 502 for connections.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.3
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.5
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Exchange, FailureKind
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.rule import Context, Rule, When
from wirelint.history.hops import Traces, completes_hops, given_up

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="the upstream's failure and the gateway's response were both seen, joined by a trace id",
    basis="policy: RFC 9110 section 15.6.5 reserves 504 for the lack of a timely response",
    when=When(status="none 502 504"),
    needs_fields=False,
    side=Side.INTERMEDIARY,
    recalls=(Traces,),
    after=completes_hops,
)

_BROKEN: Final = (FailureKind.CONNECT, FailureKind.RESET, FailureKind.PROTOCOL, FailureKind.TLS)


def check(exchange: Exchange, context: Context) -> Iterator[Hit]:
    """Compare the outcome of the last call with the gateway's status."""
    hops = context.recall(Traces).hops(exchange)
    call = hops.last_word() if hops is not None else None
    if hops is None or call is None:
        return
    reported = hops.outer.status
    if reported == 502 and given_up(call):
        right, why = 504, "did not answer in time"
    elif reported == 504 and call.status is None and call.failure in _BROKEN:
        right, why = 502, "could not be reached or broke off"
    else:
        return
    yield Hit(
        f"{reported} where {call.service[:40]} {why}",
        hops.text(call),
        suggested_status=right,
        confidence=hops.confidence,
        story=hops.story({id(call): why}, "the other status"),
        note="the other status" if hops.late is None else "given up",
        about=hops.about,
    )


BAD = (
    """\
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4730

HTTP/1.1 504 Gateway Timeout
Content-Type: application/json

{"error": "the shelf scanner takes too long"}
GET /items/7 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4730

HTTP/1.1 502 Bad Gateway
Content-Type: application/json

{"error": "stock failed"}
""",
    """\
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731

# failure: reset peer closed
GET /items/7 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731

HTTP/1.1 504 Gateway Timeout
Content-Type: application/json

{"error": "stock failed"}
""",
)

GOOD = (
    """\
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732

# failure: timeout no response head
GET /items/7 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732

HTTP/1.1 502 Bad Gateway
Content-Type: application/json

{"error": "stock failed"}
""",
    """\
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4733

# failure: connect connection refused
GET /items/7 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4733

HTTP/1.1 502 Bad Gateway
Content-Type: application/json

{"error": "stock failed"}
""",
)
