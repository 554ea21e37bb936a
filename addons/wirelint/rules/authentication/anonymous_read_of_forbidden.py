"""Anonymous clients can read what an authenticated one gets 403 for

What it does
------------
Reports a resource that answers 403 to a caller with credentials and 2xx to requests without any, each at least twice,
alternating.

Why it matters
--------------
A client that is refused can simply leave its credentials out. If the resource is public, the 403 is misleading. If it
is not, the resource leaks.

Known exceptions
----------------
A 403 for another reason (rate limits, forged requests, firewalls, a suspended account) says nothing about the resource.
Neither does a 403 to a caller that may do nothing at all. A 401 to an invalid credential is correct on public resources
as well. A request counts as anonymous only if it provably carried nothing that identifies the caller. Responses from a
cache do not count. A write in between may have opened and closed the resource.

How to fix
----------
Use one permission check for anonymous and authenticated callers: if everyone may read the resource, so may an
authenticated caller. Otherwise refuse anonymous requests with 401.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.4
- https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.caches import from_cache
from wirelint.history.visits import Visits, resource_was_refused
from wirelint.history.writes import Writes

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.STRONG,
    because="both answers were seen twice on one resource, alternating",
    basis="policy: RFC 9110 section 15.5.4 defines 403 as lacking permission",
    when=When(status="2xx", method="GET"),
    recalls=(Visits, Writes),
    after=resource_was_refused,
    once_per="route",
)

_TIMES: Final = 2


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for 403, 2xx, 403, 2xx in this order, or the reverse."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    if not now.anonymous or not now.succeeded:
        return
    story = [visit for visit in visits.of_resource(exchange) if visit.method == "GET" and visit.tenant == now.tenant]
    forbidden = [visit for visit in story if visit.status == 403 and visit.credential is not None and not visit.aside]
    opened = [visit for visit in story if visit.anonymous and visit.succeeded and visit.status == now.status]
    if len(forbidden) < _TIMES or not opened or from_cache(exchange):
        return
    first, between = opened[0], [visit for visit in forbidden if visit.started >= opened[0].ended]
    if not between or between[-1].ended > now.started:
        return
    refused = between[-1]
    if not any(visit.succeeded for visit in visits.of(now.service, refused.credential or b"", now.ended)):
        return
    if context.recall(Writes).touched(exchange, min(first, forbidden[-_TIMES], key=lambda visit: visit.ended)):
        return
    yield Hit(
        "anonymous clients can read what an authenticated one gets 403 for",
        f"GET {now.route} → {now.status} without credentials, 403 with",
        story=(
            first.step("open to an anonymous client"),
            *(visit.step("forbidden to a known caller") for visit in forbidden[-_TIMES:]),
        ),
        note="open to an anonymous client again",
    )


BAD = (
    """\
GET /notes HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
GET /notes/7 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not read this note"}
GET /notes/7 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"text": "buy tea"}
GET /notes/7 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not read this note"}
GET /notes/7 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"text": "buy tea"}
""",
)

GOOD = (
    """\
GET /notes HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
GET /notes/7 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not read this note"}
GET /notes/7 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"text": "buy tea"}
GET /notes/7 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"text": "buy tea"}
""",
)
