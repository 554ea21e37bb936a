"""A refused Bearer token gets no error code

What it does
------------
Reports a 401 to a request with ``Authorization: Bearer`` whose ``Bearer`` challenge has no ``error``.

Why it matters
--------------
Without ``error``, an invalid token gets the same answer as no token. Clients cannot distinguish an expired token, which
they could refresh, from a request without one.

Known exceptions
----------------
A request without a token should get no ``error``. A challenge for another scheme is not judged.

How to fix
----------
Add ``error="invalid_token"`` to the challenge, with ``error_description`` for people: ``Bearer realm="api",
error="invalid_token", error_description="The token expired"``.

References
----------
- https://www.rfc-editor.org/rfc/rfc6750.html#section-3
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.challenges import challenges

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="the token is seen in the request and the parameter missing in the challenge",
    basis="SHOULD: RFC 6750 section 3",
    when=When(status="401", response_fields=("www-authenticate",), request_fields=("authorization",)),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for an error code beside a token that was sent."""
    scheme, _, token = (exchange.request.headers.get("authorization") or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return
    found = challenges(exchange)
    asked = found.of("bearer")
    if asked and found.fault is None and all(challenge.get("error") is None for challenge in asked):
        yield Hit("401 without an error code for the token in its challenge", "WWW-Authenticate: Bearer")


BAD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example
Authorization: Bearer abc

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm="api"
Content-Type: application/json

{"error": "the token expired"}
""",
)

GOOD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example
Authorization: Bearer abc

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm="api", error="invalid_token"
Content-Type: application/json

{"error": "the token expired"}
""",
    """\
GET /v1/me HTTP/1.1
Host: api.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm="api"
Content-Type: application/json

{"error": "authentication required"}
""",
)
