"""403 and 404 reveal which ids exist

What it does
------------
Hints at a route that gives one caller 403 for some ids and 404 for others, two of each, unless that caller was seen to
read the list that contains the ids.

Why it matters
--------------
By trying ids, a caller learns which ones exist: accounts, invoices, private projects. For anonymous clients that can be
a leak by itself, and it prepares other attacks.

Known exceptions
----------------
If existence is not a secret, as between services of one company, separating 403 and 404 is right, so the rule is off by
default. A client that may read the list above learns nothing new.

How to fix
----------
Answer 404 if the caller may not see the resource, with the same content and in the same time as for one that does not
exist. Load resources within the caller's own scope, so that there is only one way to miss.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.4
- https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/
"""

from collections.abc import Iterable, Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.visit import Visit
from wirelint.history.visits import Visits

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.WEAK,
    because="the wire does not show whether existence is a secret",
    basis="MAY: RFC 9110 section 15.5.4 permits to hide by 404",
    when=When(status="403 404", method="GET"),
    suggested_status=404,
    default=False,
    recalls=(Visits,),
    once_per="route",
)

_TIMES: Final = 2


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for two ids that exist and two that do not, visible to one caller."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    if now.credential is None or "{" not in now.route.rpartition("/")[2]:
        return
    past = visits.of_credential(exchange)
    parent = now.route.rpartition("/")[0]
    if any(visit.succeeded and visit.method == "GET" and visit.route.rstrip("/") == parent for visit in past):
        return
    forbidden, missing = _answered(past, now, 403), _answered(past, now, 404)
    if min(len(forbidden), len(missing)) < _TIMES or not forbidden.keys().isdisjoint(missing):
        return
    yield Hit(
        "403 for existing ids and 404 for others, to one caller",
        f"GET {now.route} → 403 for {len(forbidden)} ids, 404 for {len(missing)}",
        story=tuple(
            visit.step("exists" if visit.status == 403 else "does not exist")
            for visit in (*forbidden.values(), *missing.values())
            if visit is not now
        ),
        note="exists" if now.status == 403 else "does not exist",
    )


def _answered(past: Iterable[Visit], now: Visit, status: int) -> dict[int, Visit]:
    """Return the resources of this route that got this status, with the latest visit of each."""
    return {
        visit.resource: visit
        for visit in (*past, now)
        if visit.route == now.route and visit.method == "GET" and visit.status == status and not visit.aside
    }


BAD = (
    """\
GET /notes/7 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not read this note"}
GET /notes/8 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such note"}
GET /notes/9 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not read this note"}
GET /notes/10 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such note"}
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
GET /notes/8 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such note"}
GET /notes/9 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not read this note"}
GET /notes/10 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such note"}
""",
)
