"""A service passes its upstream's 401 for its own credential on to the client

What it does
------------
Sees both sides of a service, and reports 401 or 403 to a caller whose credential the service accepted before, if the
service's last call to another service was itself refused with 401 or 403, with another credential or without any.

Why it matters
--------------
The caller's credential is valid. The client throws it away and sends people to log in again, and the owner does not
learn that the service's own key expired.

Known exceptions
----------------
If the service forwards the caller's credential, the upstream judges that one, and passing its answer on is correct. So
is the answer of a service whose job is to check a credential.

How to fix
----------
Treat the refusal of your own credential as a fault of the service: send 500 or 502, and raise an alert.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.3
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Visit
from wirelint.history.hops import Traces, completes_hops
from wirelint.history.visits import Visits

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.STRONG,
    because="the caller's credential was accepted before, and another one was refused behind the service",
    basis="policy: RFC 9110 section 15.5.2 is about the credentials of the request that is answered",
    when=When(status="401 403"),
    verdict=Verdict.SERVER_ERROR,
    suggested_status=502,
    recalls=(Traces, Visits),
    after=completes_hops,
)

_checks_credentials: Final = re.compile(
    r"auth|introspect|verif|valid|check|token|session|login|userinfo|decision|allow"
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a refusal of the service's own credential that is passed on to the caller."""
    hops = context.recall(Traces).hops(exchange)
    visits = context.recall(Visits)
    caller = visits.now(exchange)
    if hops is None or caller.credential is None:
        return
    call = max(hops.calls, key=lambda each: each.ended)
    accepted = next((visit for visit in reversed(visits.of_credential(exchange)) if visit.succeeded), None)
    if accepted is None or call.status not in (401, 403) or not _is_its_own(call, caller):
        return
    yield Hit(
        f"{exchange.status} to an accepted caller, because {call.service[:40]} refused the service itself",
        hops.text(call),
        confidence=hops.confidence,
        story=(accepted.step("the caller accepted"), *hops.story({id(call): "the service itself refused"}, "")),
        note="the caller refused",
    )


def _is_its_own(call: Visit, caller: Visit) -> bool:
    """Return whether a call carried at most the service's own credential, and did not check the caller's."""
    if _checks_credentials.search(f"{call.service} {call.route}".lower()):
        return False
    if call.anonymous:
        return True
    return call.credential is not None and call.credential != caller.credential and call.principal != caller.principal


BAD = (
    """\
GET /orders HTTP/1.1
Host: shop.example
Authorization: Bearer b1946ac92492d2347c6235b4d2611184

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
# outbound stock
GET /levels/7 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731
X-Api-Key: 7215ee9c7d9dc229d2921a40e899ec5f

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="stock"
Content-Type: application/json

{"error": "key expired"}
GET /items/7 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4731
Authorization: Bearer b1946ac92492d2347c6235b4d2611184

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer error="invalid_token"
Content-Type: application/json

{"error": "invalid token"}
""",
)

GOOD = (
    """\
GET /orders HTTP/1.1
Host: shop.example
Authorization: Bearer c1946ac92492d2347c6235b4d2611185

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
# outbound stock
GET /levels/8 HTTP/1.1
Host: stock.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732
Authorization: Bearer c1946ac92492d2347c6235b4d2611185

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer error="invalid_token"
Content-Type: application/json

{"error": "token expired"}
GET /items/8 HTTP/1.1
Host: shop.example
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4732
Authorization: Bearer c1946ac92492d2347c6235b4d2611185

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer error="invalid_token"
Content-Type: application/json

{"error": "token expired"}
""",
)
