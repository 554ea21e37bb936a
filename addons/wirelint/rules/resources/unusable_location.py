"""The Location of a write's response does not work

What it does
------------
Reports a ``Location`` in a 201, 202, 302 or 303 that does not work when the caller follows it within a minute, with GET
and for the first time: the method is not allowed or not implemented, a redirect leads to a 404, or reading it fails
with 500 repeatedly.

Why it matters
--------------
``Location`` refers to the result of a write (RFC 9110 section 10.2.2). Clients that follow it report a failure for a
successful write, and repeat it.

Known exceptions
----------------
Other hosts cannot be judged. A 404 after 201 may mean that the resource appears later, which created-not-found waits
for; after 202 it is expected. Callers with other credentials may get other answers. Once it has been read, its later
state is another matter.

How to fix
----------
Point to a resource that answers GET, with the URI that clients see. Behind a gateway that rewrites paths, a relative
reference still works.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.4.4
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.visit import Visit
from wirelint.evidence.caches import from_cache
from wirelint.history.announced import Announced
from wirelint.history.turns import in_turn
from wirelint.history.visits import Visits
from wirelint.history.writes import Writes

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the caller followed it at once; the service may have changed in between",
    basis="policy: RFC 9110 section 10.2.2 defines Location as a specific resource in relation to the response",
    when=When(status="404 405 410 500 501", method="GET"),
    recalls=(Announced, Visits, Writes),
)

_AT_ONCE: Final = 60.0
_UNREADABLE: Final = frozenset({405, 501})
_GONE: Final = frozenset({404, 410})
_REDIRECTS: Final = frozenset({302, 303})


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a Location that fails when it is first followed."""
    announced = context.recall(Announced).of(exchange)
    if announced is None or not announced.named:
        return
    given, visits = announced.visit, context.recall(Visits)
    now = visits.now(exchange)
    if not in_turn(given, now) or now.started - given.ended > _AT_ONCE or from_cache(exchange):
        return
    followed = [v for v in visits.of_resource(exchange) if v.method == "GET" and v.ended >= given.ended]
    if not _is_of_no_use(given, now, followed) or context.recall(Writes).removed(exchange, given):
        return
    yield Hit(
        f"Location of a {given.status} leads to {now.status}",
        f"{given.method} {given.route} → {given.status}; GET {now.route} → {now.status}",
        story=(given.step("gives the Location"), *(visit.step("followed") for visit in followed)),
        note="followed again" if followed else "followed",
        about=given,
    )


def _is_of_no_use(given: Visit, now: Visit, followed: list[Visit]) -> bool:
    if now.status == 500:  # once may be chance
        return len(followed) == 1 and followed[0].status == 500 and in_turn(given, followed[0])
    if followed:
        return False
    if now.status in _GONE:
        return given.status in _REDIRECTS and given.method != "DELETE"
    return now.status in _UNREADABLE


BAD = (
    """\
POST /exports HTTP/1.1
Host: shop.example
Content-Type: application/json

{"month": "2026-05"}
HTTP/1.1 201 Created
Location: /exports/7
Content-Type: application/json

{"id": 7}
GET /exports/7 HTTP/1.1
Host: shop.example

HTTP/1.1 405 Method Not Allowed
Allow: DELETE
Content-Type: application/json

{"error": "method not allowed"}
""",
    """\
POST /orders/42/payment HTTP/1.1
Host: shop.example
Content-Type: application/json

{"amount": 5}
HTTP/1.1 303 See Other
Location: /orders/42/receipt

GET /orders/42/receipt HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such receipt"}
""",
)

GOOD = (
    """\
POST /exports HTTP/1.1
Host: shop.example
Content-Type: application/json

{"month": "2026-05"}
HTTP/1.1 201 Created
Location: /exports/7
Content-Type: application/json

{"id": 7}
GET /exports/7 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 7, "month": "2026-05"}
""",
    """\
POST /exports HTTP/1.1
Host: shop.example
Content-Type: application/json

{"month": "2026-05"}
HTTP/1.1 202 Accepted
Location: /exports/7

GET /exports/7 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such export"}
""",
)
