"""500 although the upstream blamed the client's input

What it does
------------
Sees both sides of a service, and reports 500 if the service's last call got 400, 404, 409 or 422.

Why it matters
--------------
Nothing is broken: something was missing, existed already, or was invalid. Under 500, callers retry without any chance
of success, and clients' mistakes use up the service's error budget.

Known exceptions
----------------
If the refused call did not contain the caller's input, the service itself made the wrong call. Then 500 is correct, and
the finding is a note.

How to fix
----------
Map the upstream's refusal to 404, 409 or 422 if the caller can correct it.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.1
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Visit
from wirelint.history.hops import Traces, completes_hops

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the refusal and the response to the client were both seen, joined by a trace id",
    basis="policy: RFC 9110 section 15.6.1 defines 500 as an unexpected condition of the server",
    when=When(status="500"),
    recalls=(Traces,),
    after=completes_hops,
)

_REFUSALS: Final = (400, 404, 409, 422)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a 500 after the last call was refused."""
    hops = context.recall(Traces).hops(exchange)
    if hops is None:
        return
    call = max(hops.calls, key=lambda each: each.ended)
    if call.status not in _REFUSALS:
        return
    echoes = _echoes(call, hops.outer)
    yield Hit(
        f"500 after {call.service[:40]} refused the call: {call.status}",
        hops.text(call),
        # The fault is the caller's only if the upstream refused the caller's own input.
        suggested_status=call.status if echoes else None,
        verdict=Verdict.CLIENT_ERROR if echoes else None,
        severity=None if echoes else Severity.INFO,
        confidence=hops.confidence,
        story=hops.story({id(call): "refused"}, ""),
        note="a fault of the service, by its status",
    )


def _echoes(call: Visit, outer: Visit) -> bool:
    """Return whether a call contained the caller's input."""
    if outer.content is not None and call.content == outer.content:
        return True
    return call.tail == outer.tail and outer.route.endswith("}")


BAD = (
    """\
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no item 7"}
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

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no item 8"}
GET /items/8 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no item 8"}
""",
    """\
# outbound cache
GET /levels/9 HTTP/1.1
Host: cache.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4733

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "not cached"}
# outbound stock
GET /levels/9 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4733

HTTP/1.1 200 OK
Content-Type: application/json

{"level": 3}
GET /items/9 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4733

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "could not work out the price"}
""",
)
