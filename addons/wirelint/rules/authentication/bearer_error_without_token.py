"""A Bearer error code in the answer to a request without a token

What it does
------------
Reports a ``Bearer`` challenge with an ``error`` to a request that carried no credentials of any kind.

Why it matters
--------------
``error`` describes the token that was sent. A client that sent none reads ``invalid_token`` as "refresh", and has
nothing to refresh.

Known exceptions
----------------
A token may be in a cookie, in the query or in the content; each of these counts. Requests whose content was not
captured are not judged. The rule is off by default, because recorders and proxies remove ``Authorization``.

How to fix
----------
Answer a request without a token with the bare challenge: ``WWW-Authenticate: Bearer realm="api"``.

References
----------
- https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.challenges import challenges
from wirelint.evidence.credentials import is_anonymous

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="the request was searched for credentials in every usual place",
    basis="SHOULD NOT: RFC 6750 section 3.1",
    when=When(status="4xx", response_fields=("www-authenticate",)),
    default=False,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for an error code although the request had no credentials."""
    if not len(exchange.request.headers) or not is_anonymous(exchange) or "cookie" in exchange.request.headers:
        return
    for challenge in challenges(exchange).of("bearer"):
        error = challenge.get("error")
        if error is not None:
            yield Hit("Bearer error to a request without a token", f'WWW-Authenticate: Bearer, error="{error}"')
            return


BAD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm="api", error="invalid_token"
Content-Type: application/json

{"error": "authentication required"}
""",
)

GOOD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm="api"
Content-Type: application/json

{"error": "authentication required"}
""",
    """\
GET /v1/me?access_token=abc HTTP/1.1
Host: api.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm="api", error="invalid_token"
Content-Type: application/json

{"error": "the token expired"}
""",
)
