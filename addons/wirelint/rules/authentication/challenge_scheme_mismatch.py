"""A 401 asks for another scheme than the one that was used.

What it does
------------
Hints at a 401 whose only challenge names another scheme than the ``Authorization`` field of the request.

Why it matters
--------------
If the scheme that was sent is one that the service accepts elsewhere, the challenge sends clients the wrong way; if
it is not, the challenge is right and the client is misconfigured. A single exchange cannot tell which.

Known exceptions
----------------
Gateways that accept several schemes may challenge with just one of them, so this is a weak hint. Nothing is said
where two or more schemes are offered.

How to fix
----------
List a challenge for each scheme that the resource accepts; one field line for each is fine.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.challenges import challenges

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.WEAK,
    because="one exchange does not tell which schemes the service accepts",
    basis="policy: RFC 9110 section 11.6.1",
    when=When(status="401", response_fields=("www-authenticate",), request_fields=("authorization",)),
)


def check(exchange: Exchange, context: Context) -> Iterator[Hit]:
    """Compare the scheme sent with the one asked for."""
    scheme, _, rest = (exchange.request.headers.get("authorization") or "").strip().partition(" ")
    found = challenges(exchange)
    asked = {challenge.scheme for challenge in found.items}
    if rest and len(scheme) <= 24 and found.fault is None and len(asked) == 1 and scheme.lower() not in asked:
        yield Hit(f"401 that asks for {min(asked)} after {scheme.lower()} was sent", f"WWW-Authenticate: {min(asked)}")


BAD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example
Authorization: Bearer abc

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Basic realm="api"
Content-Type: application/json

{"error": "authentication required"}
""",
)

GOOD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example
Authorization: Bearer abc

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Basic realm="api", Bearer error="invalid_token"
Content-Type: application/json

{"error": "authentication required"}
""",
)
