"""A service sends 400 for every kind of client error

What it does
------------
Reports a service that sent 400 at least 30 times on at least three routes, for at least two different errors that have
their own statuses (values, conflicts, missing resources, permissions, rate limits), and never sent those statuses.

Why it matters
--------------
Clients cannot decide what to do next: correct a value, log in, ask for access, wait, or forget a stale reference. They
end up comparing texts, which change.

Known exceptions
----------------
Many 400s prove nothing by themselves: only the meaning of their codes and texts counts. Something that the content
refers to (a customer in an order) may be missing under 400. If 400 is your status for invalid values, set
``validation_is_400``.

How to fix
----------
Give each kind of exception its status in the error handler: 409 for conflicts, 404 for missing resources, 403 for
permissions, 422 for values, 429 for limits.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.1
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.makers import gateway_made
from wirelint.evidence.protocols import protocol
from wirelint.evidence.texts import STATUS, Meaning
from wirelint.history.services import Services

_LEAST: Final = 30
_LEAST_ROUTES: Final = 3
_LEAST_EACH: Final = 3
_MEANINGS: Final = frozenset({Meaning.INVALID, Meaning.CONFLICT, Meaning.NOT_FOUND, Meaning.AUTHZ, Meaning.RATE})

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="codes and texts name different errors, and their statuses are never used",
    basis="policy: RFC 9110 section 15.5 defines a status for each",
    when=When(status="400"),
    recalls=(Services,),
    once_per="service",
    options={"validation_is_400": False},
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for different errors under 400, and none under its own status."""
    service = context.recall(Services).of(exchange)
    all_of_them = service.bad_requests
    if all_of_them.count + 1 < _LEAST or len(all_of_them.routes) < _LEAST_ROUTES:
        return
    own = context.option("validation_is_400")
    causes = {
        meaning: seen
        for meaning, seen in service.meanings.items()
        if meaning in _MEANINGS
        and seen.count >= _LEAST_EACH
        and STATUS[meaning] not in service.statuses
        and not (own and meaning is Meaning.INVALID)
    }
    if len(causes) < 2 or protocol(exchange) is not None or gateway_made(exchange):
        return
    most = sorted(causes.items(), key=lambda each: (-each[1].count, each[0]))
    counts = ", ".join(f"{meaning} {seen.count}x" for meaning, seen in most)
    yield Hit(
        f"400 for {len(most)} kinds of errors: {', '.join(meaning for meaning, _ in most)}",
        f"400: {counts}, of {all_of_them.count + 1} on {len(all_of_them.routes)} routes; "
        f"never {', '.join(str(STATUS[meaning]) for meaning, _ in most)}",
        story=tuple(seen.first.step(f"about {meaning}") for meaning, seen in most),
        note="400 once more",
    )


BAD = (
    """\
# 12 times, every 10s
PUT /users/{n} HTTP/1.1
Host: shop.example
Content-Type: application/json

{"email": "none"}
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": {"message": "email is not a valid address"}}
# 12 times, every 10s
POST /orders?draft={n} HTTP/1.1
Host: shop.example
Content-Type: application/json

{"amount": -1}
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": {"message": "amount must be positive"}}
# 6 times, every 10s
GET /carts/{n} HTTP/1.1
Host: shop.example

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": {"message": "no such cart"}}
""",
)

GOOD = (
    """\
# 20 times, every 10s
PUT /users/{n} HTTP/1.1
Host: shop.example
Content-Type: application/json

{"email": "none"}
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": {"message": "email is not a valid address"}}
# 20 times, every 10s
POST /orders?draft={n} HTTP/1.1
Host: shop.example
Content-Type: application/json

{"amount": -1}
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": {"message": "amount must be positive"}}
# 6 times, every 10s
GET /carts/{n} HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": {"message": "no such cart"}}
""",
)
