"""Broken credentials are accepted, missing ones are refused

What it does
------------
With ``--probe-auth``: reports a safe request that succeeds, succeeds again with broken credentials, and gets 401 or 403
without any.

Why it matters
--------------
The service only checks whether a credential is present, not whether it is valid. Any made-up credential is accepted.

Known exceptions
----------------
If a gateway or a mesh checks credentials in front of the service, and the probe bypassed it, probe at that place.
Routes that need no credentials are another matter.

How to fix
----------
Verify signature, expiry and audience of tokens, and look up keys and sessions, before serving anything.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
- https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.STRONG,
    because="the same request was sent with broken credentials, and without any",
    basis="policy: RFC 9110 section 15.5.2 defines 401 for invalid credentials",
    when=When(status="2xx", method="GET HEAD"),
    verdict=Verdict.OK,
    suggested_status=401,
    default=False,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for success with broken credentials and a refusal without any."""
    broken, without = exchange.probe("broken"), exchange.probe("without")
    if broken is None or without is None or broken.status is None or without.status not in (401, 403):
        return
    if 200 <= broken.status < 300:
        yield Hit(
            f"{broken.status} to broken credentials, {without.status} without any",
            f"as sent: {exchange.status}; broken: {broken.status}; without: {without.status}",
        )


BAD = (
    """\
GET /orders HTTP/1.1
Host: shop.example
Authorization: Bearer b1946ac92492d2347c6235b4d2611184

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
# probe: broken 200 same
# probe: without 401
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
# probe: broken 401
# probe: without 401
""",
)
