"""A credential that was accepted before and after is refused with 401 in between

What it does
------------
Reports a 401 to a credential that the same route accepted before, and accepts again afterwards: the credential was
valid all along, so something else was wrong.

Why it matters
--------------
401 says that the credential is no good (RFC 9110 section 15.5.2). Clients throw away tokens and send people to log in
again, although what failed was a database, a cache or a node that had not heard of the session yet.

Known exceptions
----------------
Expired and revoked credentials stay refused, and refreshed ones are others. Proofs that are made for each request
(Digest, DPoP, signatures), requests for a nonce and for stronger authentication are steps of a protocol.

How to fix
----------
Answer 503 or 500 where the check itself fails, and 401 only where it found the credential wanting.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.4
"""

from collections.abc import Iterator

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, Scope, When
from wirelint.core.verdict import Verdict
from wirelint.history.visits import Visits

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.STRONG,
    because="the same credential was accepted on the same route before and after",
    basis="policy: RFC 9110 section 15.5.2 defines 401 as lacking valid credentials",
    when=When(status="2xx"),
    verdict=Verdict.SERVER_ERROR,
    suggested_status=503,
    scope=Scope.IDENTITY,
    recalls=(Visits,),
)


def check(exchange: Exchange, context: Context) -> Iterator[Hit]:
    """Accepted, refused, accepted: one credential, one route, in this order."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    story = [
        visit
        for visit in visits.of_credential(exchange)
        if visit.route == now.route and visit.method == now.method and (visit.succeeded or visit.status == 401)
    ]
    if not now.succeeded or not story or story[-1].status != 401:
        return
    accepted = next((visit for visit in reversed(story) if visit.succeeded), None)
    if accepted is None:
        return
    yield Hit(
        "401 to a credential that was accepted before and after",
        f"{now.method} {now.route}: {accepted.status}, then 401, then {now.status}",
        story=(accepted.step("accepted"), story[-1].step("the same credential refused")),
        note="accepted again",
        about=story[-1],
    )


BAD = (
    """\
GET /orders HTTP/1.1
Host: shop.example
Authorization: Bearer b1946ac92492d2347c6235b4d2611184

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
GET /orders HTTP/1.1
Host: shop.example
Authorization: Bearer b1946ac92492d2347c6235b4d2611184

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer error="invalid_token"
Content-Type: application/json

{"error": "token check failed"}
GET /orders HTTP/1.1
Host: shop.example
Authorization: Bearer b1946ac92492d2347c6235b4d2611184

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
""",
)

GOOD = (
    """\
GET /orders HTTP/1.1
Host: shop.example
Authorization: Bearer b1946ac92492d2347c6235b4d2611184

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
GET /orders HTTP/1.1
Host: shop.example
Authorization: Bearer b1946ac92492d2347c6235b4d2611184

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer error="invalid_token", error_description="expired"
Content-Type: application/json

{"error": "token expired"}
GET /orders HTTP/1.1
Host: shop.example
Authorization: Bearer 7215ee9c7d9dc229d2921a40e899ec5f

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
""",
)
