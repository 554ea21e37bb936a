"""A CORS preflight is refused for missing credentials

What it does
------------
Reports a 401 or 403 to a CORS preflight: an ``OPTIONS`` request with ``Origin`` and ``Access-Control-Request-Method``.

Why it matters
--------------
Browsers send preflights without credentials, and continue only if the answer has an ok status. So every call from
another origin that needs a preflight fails, with an error that does not mention credentials. Other clients are not
affected.

Known exceptions
----------------
A 403 that does not mention credentials may refuse the origin; it is not reported.

How to fix
----------
Answer preflights before authentication: put the CORS middleware first, or let ``OPTIONS`` pass. Spring Security:
``http.cors()``. API gateways: no authorizer on ``OPTIONS``.

References
----------
- https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.credentials import is_anonymous
from wirelint.evidence.said import meanings
from wirelint.evidence.texts import Meaning

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the fields of a preflight and the refusal are seen",
    basis="MUST: Fetch, CORS-preflight fetch, asks for an ok status and sends no credentials",
    when=When(
        status="401 403",
        method="OPTIONS",
        request_fields=("access-control-request-method",),
    ),
    reads=Reads.PREFIX,
    suggested_status=204,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a preflight that gets a 401, or a 403 about credentials."""
    if "origin" not in exchange.request.headers or not is_anonymous(exchange):
        return
    if exchange.status == 403 and Meaning.AUTHN not in meanings(exchange):
        return
    yield Hit(
        f"{exchange.status} to a CORS preflight, which never carries credentials",
        f"OPTIONS with Access-Control-Request-Method → {exchange.status}",
    )


BAD = (
    """\
OPTIONS /v1/chat HTTP/1.1
Host: api.example
Origin: https://app.example
Access-Control-Request-Method: POST
Access-Control-Request-Headers: authorization

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer
Content-Type: application/json

{"error": "Unauthorized"}
""",
)

GOOD = (
    """\
OPTIONS /v1/chat HTTP/1.1
Host: api.example
Origin: https://app.example
Access-Control-Request-Method: POST

HTTP/1.1 204 No Content
Access-Control-Allow-Origin: https://app.example

""",
    """\
OPTIONS /v1/chat HTTP/1.1
Host: api.example
Origin: https://evil.example
Access-Control-Request-Method: POST

HTTP/1.1 403 Forbidden
Content-Type: text/plain

Invalid CORS request
""",
)
