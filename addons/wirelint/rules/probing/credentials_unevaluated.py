"""Accepted credentials get the same 401 as broken ones and as none

What it does
------------
With ``--probe-auth``: reports a 401 to a credential that the service accepts on other routes, if the request gets the
same answer, content included, with broken credentials and without any.

Why it matters
--------------
The answer does not depend on the credential, so the client can do nothing: the service does not check credentials here,
or they are lost on the way (a proxy that drops ``Authorization``, a wrong scheme or audience in the settings).

Known exceptions
----------------
Routes that require another scheme or another audience: the challenge should name it.

How to fix
----------
Check whether the field reaches the code that evaluates it. Answer 403 if the credential is valid but does not suffice.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
- https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.history.visits import Visits

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.STRONG,
    because="the credential is accepted elsewhere, and the answer is the same without it",
    basis="policy: RFC 9110 section 15.5.2 defines 401 as lacking valid credentials",
    when=When(status="401", method="GET HEAD"),
    recalls=(Visits,),
    default=False,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the same answer to all three, and a success of the credential elsewhere."""
    broken, without = exchange.probe("broken"), exchange.probe("without")
    if broken is None or without is None or not (broken.same and without.same):
        return
    accepted = next((v for v in reversed(context.recall(Visits).of_credential(exchange)) if v.succeeded), None)
    if accepted is not None:
        yield Hit(
            "401 for any credentials, to a client that is accepted elsewhere",
            f"as sent: 401; broken: {broken.status}; without: {without.status}; the same content",
            story=(accepted.step("the same credential accepted"),),
            note="the same answer as to broken credentials and to none",
        )


BAD = (
    """\
GET /orders HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d2347c6235b4d2611184

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
GET /invoices HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d2347c6235b4d2611184

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "unauthorized"}
# probe: broken 401 same
# probe: without 401 same
""",
)

GOOD = (
    """\
GET /invoices HTTP/1.1
Host: shop.example
X-Api-Key: c1946ac92492d2347c6235b4d2611185

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "unauthorized"}
# probe: broken 401 same
# probe: without 401 same
""",
)
