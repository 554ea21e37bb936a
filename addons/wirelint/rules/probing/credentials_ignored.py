"""The same answer with credentials, with broken ones and without any

What it does
------------
With ``--probe-auth``: reports a safe request that gets the same answer, content included, with its own credentials,
with broken ones and without any.

Why it matters
--------------
Clients send a secret to a service that does not check it. Either they should not send it, or something is open that
should be protected.

Known exceptions
----------------
Public resources: many clients send their token everywhere, and ignoring it there is harmless. So this is a question to
the service's owner, not a verdict.

How to fix
----------
If the resource is not public, check credentials on this route, too. If it is, suppress the finding.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
- https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="the same request was sent with broken credentials and without any, and the answers were the same",
    basis="policy: a protected resource is one that refuses anonymous requests (RFC 9110 section 11.5)",
    when=When(status="2xx", method="GET HEAD"),
    default=False,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the same answer to all three requests."""
    broken, without = exchange.probe("broken"), exchange.probe("without")
    if broken is not None and without is not None and broken.same and without.same:
        yield Hit(
            f"{exchange.status} for any credentials",
            f"as sent: {exchange.status}; broken: {broken.status}; without: {without.status}; the same content",
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
# probe: without 200 same
""",
)

GOOD = (
    """\
GET /greeting HTTP/1.1
Host: shop.example
Authorization: Bearer b1946ac92492d2347c6235b4d2611184

HTTP/1.1 200 OK
Content-Type: application/json

{"hello": "Ada"}
# probe: broken 200
# probe: without 200
""",
)
