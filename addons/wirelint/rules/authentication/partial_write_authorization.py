"""One client may delete a resource but not change it, or the other way round

What it does
------------
Hints at a resource where one credential gets 403 for DELETE and 2xx for PUT or PATCH, or the reverse, within ten minutes.

Why it matters
--------------
A client that may empty a resource by PUT needs no DELETE. If the methods of one resource require different permissions,
one of them was often forgotten.

Known exceptions
----------------
Roles that may edit but not delete are common, so this is a hint, and only a note in that direction. If another caller
succeeded with the refused method, the roles are considered intended. Permissions may have changed in between, and a 403
for another reason does not count.

How to fix
----------
Check permission where the resource is loaded, for all methods that change it. If roles differ on purpose, name the
missing permission in the 403.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.4
- https://owasp.org/API-Security/editions/2023/en/0xa5-broken-function-level-authorization/
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.visit import Visit
from wirelint.history.routes import Routes
from wirelint.history.visits import Visits

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.WEAK,
    because="roles may be intended, and permissions may change",
    basis="policy: RFC 9110 section 15.5.4",
    when=When(status="2xx 403", method="PUT PATCH DELETE"),
    recalls=(Visits, Routes),
    once_per="route",
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for one credential and one resource: one method forbidden, the other accepted."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    if now.credential is None or now.aside:
        return
    for visit in reversed(visits.of_resource(exchange)):
        if (
            visit.credential != now.credential
            or visit.tenant != now.tenant
            or visit.aside
            or (visit.method == "DELETE") == (now.method == "DELETE")
            or visit.method not in ("DELETE", "PUT", "PATCH")
        ):
            continue
        pair = _pair(visit, now)
        if pair is None:
            continue
        refused, accepted = pair
        worked = context.recall(Routes).of(exchange).worked.get(refused.method)
        if worked is not None and worked.credential != now.credential:
            return
        yield Hit(
            f"403 for {refused.method} to a caller that may {accepted.method}",
            f"{now.route} → {refused.method} 403, {accepted.method} {accepted.status}",
            severity=Severity.INFO if refused.method == "DELETE" else Severity.LOW,
            story=(visit.step("forbidden" if visit is refused else "allowed"),),
            note="forbidden" if now is refused else "allowed",
        )
        return


def _pair(visit: Visit, now: Visit) -> tuple[Visit, Visit] | None:
    """Return the forbidden visit and the successful one; None if it is not one of each."""
    if visit.status == 403 and now.succeeded:
        return visit, now
    # A deleted resource cannot be changed any more, whatever the status says.
    return (now, visit) if now.status == 403 and visit.succeeded and visit.method != "DELETE" else None


BAD = (
    """\
DELETE /notes/7 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not delete this note"}
PUT /notes/7 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234
Content-Type: application/json

{"text": "buy tea"}
HTTP/1.1 200 OK
Content-Type: application/json

{"text": "buy tea"}
""",
    """\
PUT /notes/7 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234
Content-Type: application/json

{"text": "buy tea"}
HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not change this note"}
DELETE /notes/7 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 204 No Content

""",
)

GOOD = (
    """\
DELETE /notes/7 HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not delete this note"}
PUT /notes/7 HTTP/1.1
Host: shop.example
X-Api-Key: 7215ee9c7d9dc229
Content-Type: application/json

{"text": "buy tea"}
HTTP/1.1 200 OK
Content-Type: application/json

{"text": "buy tea"}
""",
)
