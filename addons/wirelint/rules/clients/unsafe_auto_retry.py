"""A client repeats a POST or PATCH that may already have taken effect

What it does
------------
Reports a POST or PATCH with the same content as one that the same client sent within the last five seconds and that
failed with 5xx or without a response, if nothing in it lets the service recognize the repetition.

Why it matters
--------------
After a failure the client does not know whether the request took effect: the order may be placed twice, the mail sent
twice. RFC 9110 section 9.2.2 says that clients should not repeat such requests automatically unless they know that it
is safe.

Known exceptions
----------------
Keys and preconditions that identify repetitions, requests that never reached the service, 503 with ``Retry-After``,
searches and the like, forms that people send. The route may still be idempotent, which wirelint cannot see, so this is
a hint.

How to fix
----------
Send an ``Idempotency-Key`` that stays the same over retries, and let the service honour it. Or use a PUT to a resource
whose name the client chooses.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.2.2
- https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.protocols import protocol
from wirelint.history.open_ends import OpenEnds, is_open, was_left_open
from wirelint.history.repeats import by_a_person, knew, same_client
from wirelint.history.visits import Visits

_SPAN: Final = 5.0
_FIELDS: Final = frozenset(
    {
        "idempotency-key",
        "x-idempotency-key",
        "idempotence-key",
        "repeatability-request-id",
        "paypal-request-id",
        "x-client-token",
        "if-match",
        "if-none-match",
        "if-unmodified-since",
    }
)
_MEMBERS: Final = frozenset(
    [
        "id",
        "uuid",
        "idempotencykey",
        "idempotencytoken",
        "clienttoken",
        "clientrequesttoken",
        "clientrequestid",
        "requestid",
        "requesttoken",
        "transactionid",
        "messageid",
        "externalid",
        "deduplicationid",
    ]
)
_reading: Final = re.compile(
    r"(?:^|[^a-z])(?:search|query|find|list|lookup|filter|count|get|batchget|mget|validate|verify|check|preview|calculate"
    r"|estimate|quote|login|token|graphql|evaluate|completions|embeddings)(?:[^a-z]|$)",
    re.IGNORECASE,
)

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.WEAK,
    because="request and failure were seen, but the route may still be idempotent",
    basis="SHOULD NOT: RFC 9110 section 9.2.2",
    when=When(status="2xx 3xx 4xx 5xx none", method="POST PATCH"),
    side=Side.CLIENT,
    recalls=(Visits, OpenEnds),
    after=was_left_open,
)


def check(exchange: Exchange, context: Context) -> Iterator[Hit]:
    """Look for a failure with an unknown outcome, and the same request again."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    if now.request is None:
        return
    story = visits.of_client(exchange)
    before = next((v for v in reversed(story) if v.request == now.request and same_client(v, now)), None)
    if before is None or not is_open(before) or not knew(now, before):
        return
    paused = now.started - before.ended
    if paused > _SPAN or by_a_person(exchange) or _is_recognizable(exchange) or protocol(exchange) is not None:
        return
    if _reading.search(exchange.request.path.rstrip("/").rpartition("/")[2][:128]):
        return
    yield Hit(
        f"the client sent the same {now.method} again {paused:.1f} s after {before.outcome}, without an idempotency key",
        f"{now.method} {now.route} → {before.outcome}, the same content again {paused:.1f} s later",
        story=(before.step("whether it was carried out is unknown"),),
        note="the same content once more",
    )


def _is_recognizable(exchange: Exchange) -> bool:
    request = exchange.request
    if not _FIELDS.isdisjoint(request.headers.names()):
        return True
    members = request.body.members or {}
    return not _MEMBERS.isdisjoint(name.lower().replace("_", "").replace("-", "") for name in members)


BAD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": 7, "count": 1}
HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "could not confirm the order"}
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": 7, "count": 1}
HTTP/1.1 201 Created
Location: /orders/7
Content-Type: application/json

{"id": 7}
""",
)

GOOD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json
Idempotency-Key: 5f2b

{"item": 7, "count": 1}
HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "could not confirm the order"}
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json
Idempotency-Key: 5f2b

{"item": 7, "count": 1}
HTTP/1.1 201 Created
Location: /orders/7
Content-Type: application/json

{"id": 7}
""",
)
