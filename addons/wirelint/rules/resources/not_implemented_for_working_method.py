"""501 for a method that works

What it does
------------
Reports a 501 for a method that succeeded on the same route before.

Why it matters
--------------
501 says that the server lacks the functionality, for example that it does not know the method for any resource (RFC
9110 section 15.6.2). Caches may store it, and clients stop using the method.

Known exceptions
----------------
A query, a header or a part of the content may ask for the missing functionality. If there is any, and the same request
never succeeded, the finding is a hint. ``/status/501`` requests a 501.

How to fix
----------
Answer 400 or 422 for options that are not supported, 405 if this resource does not support the method, 500 for a code
path that is not written yet.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.6
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.protocols import protocol
from wirelint.history.routes import Routes
from wirelint.history.visits import Visits

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the method worked on the same route, but one of its functions may be missing",
    basis="policy: RFC 9110 section 15.6.2 defines 501 for functionality that the server lacks as a whole",
    when=When(status="501"),
    recalls=(Routes, Visits),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the method among those that succeeded."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    worked = context.recall(Routes).of(exchange).worked.get(now.method)
    if worked is None or protocol(exchange) is not None or "501" in exchange.request.path.split("/"):
        return  # a page that returns errors by number, asked for this one
    same = None
    if now.request is not None:
        same = next((v for v in visits.of_resource(exchange) if v.succeeded and v.request == now.request), None)
    is_plain = exchange.request.body.empty and not exchange.request.query
    yield Hit(
        f"501 to {now.method}, which worked on this route",
        f"{now.method} {now.route} → {(same or worked).status}, then 501",
        confidence=None if is_plain or same is not None else Confidence.WEAK,
        story=((same or worked).step("worked"),),
        note="not implemented",
    )


BAD = (
    """\
GET /orders/41 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 41}
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 501 Not Implemented
Content-Type: application/json

{"error": "orders of this kind are not supported yet"}
""",
)

GOOD = (
    """\
GET /orders/41 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 41}
MKCOL /orders HTTP/1.1
Host: shop.example

HTTP/1.1 501 Not Implemented
Content-Type: application/json

{"error": "method not known"}
""",
)
