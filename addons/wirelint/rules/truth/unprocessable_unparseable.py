"""422 for content that cannot be parsed; 400 is expected

What it does
------------
Reports a 422 to a request whose content provably does not match its media type.

Why it matters
--------------
422 is for content that was understood. A client that gets it searches for a wrong value when a bracket is missing.

Known exceptions
----------------
FastAPI does so by default, which is harmless if all clients know it.

How to fix
----------
Answer 400. FastAPI: an exception handler for ``RequestValidationError`` that looks for the type ``json_invalid``.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.21
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.requests import is_unparseable

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="the request's content was seen not to be JSON",
    basis="policy: RFC 9110 section 15.5.21",
    when=When(status="422"),
    suggested_status=400,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Check the request's own content."""
    if is_unparseable(exchange):
        yield Hit(
            "422 to content that cannot be parsed", f"Content-Type: {exchange.request.headers.media_type.essence}"
        )


BAD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"sku": 7,

HTTP/1.1 422 Unprocessable Content
Content-Type: application/json

{"detail": "JSON decode error"}
""",
)

GOOD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"sku": -7}

HTTP/1.1 422 Unprocessable Content
Content-Type: application/json

{"detail": "sku must be positive"}
""",
)
