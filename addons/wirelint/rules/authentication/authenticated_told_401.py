"""401 in between for a credential that was accepted before and after

What it does
------------
Reports a 401 to a request that succeeded before and succeeds again afterwards, identical and with the same credential.
The credential was valid all along, so something else failed. If only the route is the same, this is a hint.

Why it matters
--------------
401 says that the credential is invalid (RFC 9110 section 15.5.2). Clients throw away tokens and send people to log in
again, although a database or a cache failed, or a node did not know the session yet.

Known exceptions
----------------
Expired and revoked credentials stay refused, and refreshed ones are different. Proofs made for each request (Digest,
DPoP, signatures), requests for a nonce and for stronger authentication are steps of a protocol. A session that ended
and began again in between, even by single sign-on, was invalid for a while. Concurrent requests, and successes that may
come from a cache, prove nothing. One route may lead to places with different audiences or secrets. If another
credential is accepted for a resource, the refused caller lacks permission there: see forbidden-as-401.

How to fix
----------
Answer 503 or 500 if the check itself fails, and 401 only if the credential is invalid.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.4
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.methods import SAFE
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Visit
from wirelint.evidence.caches import from_cache
from wirelint.history.callers import FORBIDDEN, Callers
from wirelint.history.visits import Visits, credential_was_doubted

_turns: Final = re.compile(r"(?:log|sign)-?(?:in|out|off)|session|token|auth|password|revoke|activate", re.IGNORECASE)
_signs_on: Final = re.compile(r"(?:log|sign)-?(?:in|out|off|on)|callback|sso|saml|oidc|oauth", re.IGNORECASE)

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.STRONG,
    because="the same request with the same credential was accepted before and after",
    basis="policy: RFC 9110 section 15.5.2 defines 401 as lacking valid credentials",
    when=When(status="2xx"),
    verdict=Verdict.SERVER_ERROR,
    suggested_status=503,
    recalls=(Visits, Callers),
    after=credential_was_doubted,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for accepted, refused, accepted: one credential, one route, in this order."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    if now.credential is None or not now.succeeded:
        return
    past = visits.of_credential(exchange)
    if not any(visit.status == 401 for visit in past):
        return
    same = [
        visit
        for visit in visits.of_resource(exchange)
        if visit.credential == now.credential and visit.request == now.request and now.request is not None
    ]
    like = [visit for visit in past if visit.route == now.route and visit.method == now.method]
    for story, confidence in ((same, None), (like, Confidence.WEAK)):
        found = _sandwich(story, now)
        if found is None:
            continue
        accepted, refused = found
        if from_cache(exchange) or _turned((*past, *visits.of_client(exchange)), accepted):
            return
        proofs = () if confidence is None else context.recall(Callers).proofs(exchange)
        if any(proof.kind == FORBIDDEN and proof.fault is refused for proof in proofs):
            return  # forbidden-as-401 knows more: another credential is let in there
        yield Hit(
            "401 to a credential that was accepted before and after",
            f"{now.method} {now.route} → {accepted.status}, then 401, then {now.status}",
            confidence=confidence,
            story=(accepted.step("accepted"), refused.step("the same credential refused")),
            note="accepted again",
            about=refused,
        )
        return


def _sandwich(story: Iterable[Visit], now: Visit) -> tuple[Visit, Visit] | None:
    """Return the success and the later 401 before this exchange, each ended before the next began."""
    answers = [visit for visit in story if (visit.succeeded or visit.status == 401) and visit.tenant == now.tenant]
    if not answers or answers[-1].status != 401 or answers[-1].aside or answers[-1].ended > now.started:
        return None
    refused = answers[-1]
    accepted = next((visit for visit in reversed(answers) if visit.succeeded and visit.ended <= refused.started), None)
    return None if accepted is None else (accepted, refused)


def _turned(past: Iterable[Visit], since: Visit) -> bool:
    """Return whether a session may have ended and begun again."""
    return any(
        visit.started >= since.started
        and (_signs_on if visit.method in SAFE else _turns).search(visit.route)
        and visit.status != 401
        for visit in past
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
