"""404 to one client for a resource that another client can read

What it does
------------
Notes a resource that one caller reads before and after another caller, with other credentials, gets 404 for it, while
no client wrote to it.

Why it matters
--------------
RFC 9110 permits 404 in place of 403, and for anonymous clients that is prudent. Between services of one company it
costs hours: people without a permission search for lost data, and do not think of asking for access.

Known exceptions
----------------
Resources that differ by caller or tenant under one path: the path must contain an id, and ids that may be counted per
tenant make it a hint. Replicas that lag behind: the 404 must come twice, or five seconds after a success. Resources
that were deleted and recreated in between, and responses from a cache, do not count.

How to fix
----------
Decide it per kind of resource, and document the choice. If existence is not a secret, answer 403 and name the missing
permission.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.4
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.5
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.visit import Visit
from wirelint.evidence.caches import from_cache
from wirelint.history.visits import Visits, resource_was_refused
from wirelint.history.writes import Writes

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="the resource was there before and after, for another caller",
    basis="MAY: RFC 9110 section 15.5.4",
    when=When(status="2xx", method="GET"),
    suggested_status=403,
    recalls=(Visits, Writes),
    after=resource_was_refused,
    once_per="route",
)

_LAG: Final = 5.0
_globally_unique: Final = re.compile(
    r"/(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,64}|\d{7,}|(?=[A-Za-z_-]{0,64}\d)(?=[\d_-]{0,64}[A-Za-z])[\w-]{12,64})(?=/|$)",
    re.IGNORECASE,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for one caller that reads it before and after another caller gets 404."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    if now.principal is None or not now.succeeded or "{" not in now.route:
        return
    story = [visit for visit in visits.of_resource(exchange) if visit.method == "GET" and visit.tenant == now.tenant]
    found = _hidden(story, now)
    if found is None or from_cache(exchange):
        return
    seen, hidden = found
    if context.recall(Writes).touched(exchange, seen):
        return
    yield Hit(
        "404 to a caller for a resource that another one reads",
        f"GET {now.route} → {seen.status}, then 404 to other credentials, then {now.status}",
        confidence=None if _globally_unique.search(exchange.request.path[:1024]) else Confidence.WEAK,
        story=(seen.step("read"), *(visit.step("not found by another caller") for visit in hidden[-2:])),
        note="read again",
        about=hidden[-1],
    )


def _hidden(story: Sequence[Visit], now: Visit) -> tuple[Visit, list[Visit]] | None:
    """Return this caller's first success, and the 404s that another caller got since."""
    seen = next((visit for visit in story if visit.succeeded and visit.principal == now.principal), None)
    if seen is None:
        return None
    others = [
        visit
        for visit in story
        if visit.status == 404
        and visit.principal not in (None, now.principal)
        and not visit.aside
        and visit.started >= seen.ended
        and visit.ended <= now.started
    ]
    admitted = {visit.principal for visit in story if visit.succeeded}
    hidden = [visit for visit in others if visit.principal == others[-1].principal]
    if not hidden or hidden[-1].principal in admitted:
        return None
    return (seen, hidden) if len(hidden) > 1 or hidden[-1].started - seen.ended >= _LAG else None


BAD = (
    """\
GET /notes/3f2504e0-4f89-41d3-9a0c-0305e82c3301 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 200 OK
Content-Type: application/json

{"text": "buy tea"}
# +10s
GET /notes/3f2504e0-4f89-41d3-9a0c-0305e82c3301 HTTP/1.1
Host: shop.example
X-Api-Key: 7215ee9c7d9dc229

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such note"}
GET /notes/3f2504e0-4f89-41d3-9a0c-0305e82c3301 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 200 OK
Content-Type: application/json

{"text": "buy tea"}
""",
)

GOOD = (
    """\
GET /notes/3f2504e0-4f89-41d3-9a0c-0305e82c3301 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 200 OK
Content-Type: application/json

{"text": "buy tea"}
# +10s
GET /notes/3f2504e0-4f89-41d3-9a0c-0305e82c3301 HTTP/1.1
Host: shop.example
X-Api-Key: 7215ee9c7d9dc229

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such note"}
""",
)
