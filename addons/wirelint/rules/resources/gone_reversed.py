"""A resource returns after 410 Gone

What it does
------------
Reports a success for a resource that gave 410 to the same caller before, without any write to it in between.

Why it matters
--------------
410 says that the resource is likely to be gone permanently (RFC 9110 section 15.5.11): search engines, feed readers and
caches drop it, and do not ask again.

Known exceptions
----------------
Writes to the resource, above and below it, may bring it back. Writes that wirelint did not see, as on another node, are
possible, so this is a hint.

How to fix
----------
Answer 404 unless you know that the absence is permanent.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.11
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.history.turns import in_turn
from wirelint.history.visits import Visits
from wirelint.history.writes import Writes

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.WEAK,
    because="something that was not seen may have brought the resource back",
    basis="policy: RFC 9110 section 15.5.11 defines 410 as likely to be permanent",
    when=When(status="2xx", method="GET"),
    suggested_status=404,
    default=False,
    recalls=(Visits, Writes),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a 410 before this success."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    last = next((visit for visit in reversed(visits.of_resource(exchange)) if visit.method == "GET"), None)
    if last is None or last.status != 410 or not in_turn(last, now) or not now.succeeded:
        return
    if context.recall(Writes).touched(exchange, last):
        return
    yield Hit(
        f"410 for a resource that is back after {now.started - last.ended:.0f} s",
        f"GET {now.route} → 410, then {now.status}",
        story=(last.step("gone"),),
        note="back",
        about=last,
    )


BAD = (
    """\
GET /articles/42 HTTP/1.1
Host: news.example

HTTP/1.1 410 Gone
Content-Type: application/json

{"error": "no longer available"}
GET /articles/42 HTTP/1.1
Host: news.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "title": "Tea"}
""",
)

GOOD = (
    """\
GET /articles/42 HTTP/1.1
Host: news.example

HTTP/1.1 410 Gone
Content-Type: application/json

{"error": "no longer available"}
PUT /articles/42 HTTP/1.1
Host: news.example
Content-Type: application/json

{"title": "Tea"}
HTTP/1.1 201 Created

GET /articles/42 HTTP/1.1
Host: news.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "title": "Tea"}
""",
)
