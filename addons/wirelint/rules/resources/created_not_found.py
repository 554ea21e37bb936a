"""404 for a resource that a 201 has just created

What it does
------------
Reports a 201 whose new resource, by its ``Location`` or its id, gets 404 for the caller who created it, twice and at
least five seconds apart, and never succeeds in between.

Why it matters
--------------
201 says that the resource has been created (RFC 9110 section 15.3.2), and clients continue from there. If creation
fails or continues after the response, the caller does not learn it.

Known exceptions
----------------
Responses that call the resource pending or queued, and 202. Resources deleted since, themselves or with their
collection. Other callers, who may not be allowed to see it. 404s stored by a cache. If only the id is known, the
address is a guess, so the same route must have answered another GET.

How to fix
----------
Answer once the resource can be read, or answer 202 with the address of a resource that reports the progress. Compute
``Location`` with the routes of the framework, not by string concatenation.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.2
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.caches import from_cache
from wirelint.history.announced import Announced
from wirelint.history.routes import Routes
from wirelint.history.turns import in_turn
from wirelint.history.visits import Visits
from wirelint.history.writes import Writes

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the creator itself got 404 twice, with time in between, and no deletion was seen",
    basis="policy: RFC 9110 section 15.3.2 defines 201 as having created the resource",
    when=When(status="404", method="GET"),
    suggested_status=202,
    recalls=(Announced, Visits, Writes, Routes),
    once_per="route",
)

_PATIENCE: Final = 5.0


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a 201 and two later 404s."""
    announced = context.recall(Announced).of(exchange)
    if announced is None or not announced.created:
        return
    made, visits = announced.visit, context.recall(Visits)
    now = visits.now(exchange)
    if not in_turn(made, now) or from_cache(exchange):
        return
    since = [visit for visit in visits.of_resource(exchange) if visit is not made and visit.ended >= made.ended]
    if any(visit.status is not None and visit.status < 400 and visit.method != "OPTIONS" for visit in since):
        return
    missed = next((v for v in since if v.method == "GET" and v.status == 404 and in_turn(made, v)), None)
    if missed is None or now.started - missed.ended < _PATIENCE:
        return
    if not announced.named and "GET" not in context.recall(Routes).of(exchange).worked:
        return
    if context.recall(Writes).removed(exchange, made):
        return
    yield Hit(
        f"201 for a resource that is still 404 after {now.started - made.ended:.0f} s",
        f"{made.method} {made.route} → 201; GET {now.route} → 404, 404",
        story=(
            made.step("created, by its " + ("Location" if announced.named else "id")),
            missed.step("not there"),
        ),
        note="still not there",
        about=made,
    )


BAD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 201 Created
Location: /orders/42
Content-Type: application/json

{"id": 42, "item": "tea"}
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such order"}
# +6s
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such order"}
""",
)

GOOD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 201 Created
Location: /orders/42
Content-Type: application/json

{"id": 42, "item": "tea"}
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such order"}
# +6s
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "item": "tea"}
""",
)
