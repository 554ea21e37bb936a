"""A deleted resource can still be read, unchanged

What it does
------------
Reports a DELETE with 200 or 204 after which the same caller, half a minute later or more, still reads exactly the
content from before.

Why it matters
--------------
The answer says that the deletion is done (RFC 9110 section 9.3.5). Clients, and the people who own the data, believe
it.

Known exceptions
----------------
Most resources that can be read after DELETE are no fault: deletion may take time (202, and all answers that mention a
job, a trash or a later time), and clients poll until it is done. So there must be a GET before and one well after, of
one id without a query, by one caller, with the same content that does not mention deletion. There must be no 404 in
between, no copy from a cache, and no write to it, to its collection or below that may have brought it back. Cache
entries are filled again when they are read, and settings return to their defaults.

How to fix
----------
Delete before answering, or answer 202 and let the resource say that it is being deleted. Invalidate caches and read
replicas, or read from the node that was written to.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.5
- https://www.rfc-editor.org/rfc/rfc9111.html#section-4.4
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.lifecycle import is_ending
from wirelint.history.contents import content_of
from wirelint.history.deletions import Deletions, was_deleted
from wirelint.history.turns import in_turn
from wirelint.history.visits import Visits
from wirelint.history.writes import Writes

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the same caller read the same content before and well after the deletion",
    basis="SHOULD: RFC 9110 section 9.3.5",
    when=When(status="200", method="GET", media=(Kind.JSON, Kind.XML)),
    reads=Reads.WHOLE,
    suggested_status=202,
    recalls=(Deletions, Visits, Writes),
    after=was_deleted,
    once_per="route",
)

_SETTLED: Final = 30.0
_comes_back: Final = re.compile(r"cache|setting|preference|override|default|config|flag", re.IGNORECASE)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a read, a deletion, and a read of the same content."""
    deletion = context.recall(Deletions).of(exchange)
    if deletion is None:
        return
    deleted, visits = deletion.visit, context.recall(Visits)
    now = visits.now(exchange)
    if not in_turn(deleted, now) or now.started - deleted.ended < _SETTLED or _comes_back.search(now.route):
        return
    content = content_of(exchange)
    if content is None or hash(content) != deletion.content or is_ending(exchange.response.body.text or ""):
        return
    if any(v.status in (404, 410) and v.ended >= deleted.ended for v in visits.of_resource(exchange)):
        return
    if context.recall(Writes).touched(exchange, deleted):
        return
    yield Hit(
        f"still readable {now.started - deleted.ended:.0f} s after DELETE was answered {deleted.status}",
        f"GET {now.route} → 200, DELETE → {deleted.status}, GET → 200 with the same content",
        story=(deletion.seen.step("read before"), deleted.step("deleted")),
        note="read again, unchanged",
        about=deleted,
    )


BAD = (
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "item": "tea"}
DELETE /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

# +40s
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "item": "tea"}
""",
)

GOOD = (
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "item": "tea"}
DELETE /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "item": "tea"}
# +40s
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such order"}
""",
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "item": "tea"}
DELETE /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

# +40s
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "item": "tea", "deleted_at": "2026-05-01"}
""",
)
