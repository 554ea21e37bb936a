"""425 to a request that was not sent early

What it does
------------
Reports a 425 response to a request without ``Early-Data: 1``.

Why it matters
--------------
425 asks the client to repeat the request after the TLS handshake. A client that had completed its handshake has nothing
to wait for, and gives up or loops.

Known exceptions
----------------
An intermediary behind this one (visible by ``Via`` in the response) may have sent the request early and forwarded the
refusal.

How to fix
----------
Answer 503 with ``Retry-After`` for "not ready yet", 409 for "not in this state". Intermediaries that use early data
set ``Early-Data: 1``, and repeat the request themselves on 425.

References
----------
- https://www.rfc-editor.org/rfc/rfc8470.html#section-5.2
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="early requests that pass an intermediary carry the field, and this one does not",
    basis="SHOULD NOT: RFC 8470 section 5.2",
    when=When(status="425"),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the mark of early data."""
    request, response = exchange.request, exchange.response
    if not len(request.headers) or "via" in response.headers:
        return
    if (request.headers.get("early-data") or "").strip() != "1":
        yield Hit("425 to a request that was not sent early", f"425 {response.reason}".rstrip())


BAD = (
    """\
GET /v1/report HTTP/1.1
Host: api.example

HTTP/1.1 425 Too Early
Content-Type: application/json

{"id": "e-17"}
""",
)

GOOD = (
    """\
GET /v1/report HTTP/1.1
Host: api.example
Early-Data: 1

HTTP/1.1 425 Too Early
Content-Type: application/json

{"id": "e-17"}
""",
)
