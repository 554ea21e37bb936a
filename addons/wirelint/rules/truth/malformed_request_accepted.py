"""A malformed request gets a success status

What it does
------------
Reports a 2xx to a request whose content is sent as JSON and provably is not.

Why it matters
--------------
The service ignored the content, and the sender believes that it was processed.

Known exceptions
----------------
Endpoints that store or forward content without reading it, and lenient parsers. Therefore the rule is off by default.

How to fix
----------
Parse content that is declared as JSON and answer 400 if that fails, or accept it under another media type.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.requests import is_unparseable

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="the request's content is not JSON, but the endpoint may not need to read it",
    basis="policy: RFC 9110 section 15.5.1",
    when=When(status="2xx", method="POST PUT PATCH"),
    suggested_status=400,
    default=False,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Check the request's own content."""
    if is_unparseable(exchange):
        yield Hit(
            f"{exchange.status} to content that cannot be parsed",
            f"Content-Type: {exchange.request.headers.media_type.essence}",
        )


BAD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"sku": 7,

HTTP/1.1 200 OK
Content-Type: application/json

{"state": "stored"}
""",
)

GOOD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"sku": 7}

HTTP/1.1 200 OK
Content-Type: application/json

{"state": "stored"}
""",
)
