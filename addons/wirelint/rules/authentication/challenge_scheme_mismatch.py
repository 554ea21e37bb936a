"""A 401 asks for another authentication scheme than the client used

What it does
------------
Reports a 401 whose only challenge names another scheme than the request's ``Authorization`` field, if the route
accepted the scheme that was sent within the last ten minutes. If wirelint has not seen that, this is a hint.

Why it matters
--------------
If the route accepts the scheme that was sent, the challenge misleads clients: they ask for a password when they need a
fresh token. If it does not, the challenge is correct, the client is misconfigured, and the service never checked its
credentials. A single exchange cannot show which.

Known exceptions
----------------
A gateway that accepts several schemes may challenge with just one of them, so a single exchange is a weak hint. Two or
more offered schemes are not judged. A success proves that a scheme is accepted only if the route refuses anonymous
requests and never let one in.

How to fix
----------
Send a challenge for each scheme that the resource accepts; one field line for each is fine.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered, Exchange
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.state import WINDOW, moment
from wirelint.core.visit import Visit
from wirelint.evidence.challenges import challenges
from wirelint.evidence.credentials import sent_scheme
from wirelint.history.routes import Routes

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.WEAK,
    because="one exchange does not show which schemes the service accepts",
    basis="policy: RFC 9110 section 11.6.1",
    when=When(status="401", response_fields=("www-authenticate",), request_fields=("authorization",)),
    recalls=(Routes,),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the scheme sent with the one asked for."""
    scheme = sent_scheme(exchange)
    found = challenges(exchange)
    asked = {challenge.scheme for challenge in found.items}
    if not scheme or found.fault is not None or len(asked) != 1 or scheme in asked:
        return
    evidence = f"WWW-Authenticate: {min(asked)}"
    accepted = _accepted(exchange, context, scheme)
    if accepted is None:
        yield Hit(f"401 that asks for {min(asked)} after {scheme} was sent", evidence)
        return
    yield Hit(
        f"401 that asks for {min(asked)}, where {scheme} is accepted",
        evidence,
        severity=Severity.LOW,
        confidence=Confidence.STRONG,
        story=(accepted.step(f"{scheme} accepted"),),
        note=f"asks for {min(asked)} in place of {scheme}",
    )


def _accepted(exchange: Exchange, context: Context, scheme: str) -> Visit | None:
    """Return the latest request with credentials of that scheme that were provably checked and accepted."""
    route, method = context.recall(Routes).of(exchange), exchange.request.method
    admitted = route.admitted.get(method)
    if admitted is None or admitted.scheme != scheme or moment(exchange) - admitted.ended > WINDOW:
        return None
    return admitted if admitted.status == 403 or route.checks(method) else None


BAD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example
Authorization: Token 41c6dd3a

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Token realm="api"
Content-Type: application/json

{"error": "the token has expired"}
GET /v1/me HTTP/1.1
Host: api.example
Authorization: Token 7fd2a9b0

HTTP/1.1 200 OK
Content-Type: application/json

{"name": "Ada"}
GET /v1/me HTTP/1.1
Host: api.example
Authorization: Token 41c6dd3a

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Basic realm="api"
Content-Type: application/json

{"error": "the token has expired"}
""",
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
