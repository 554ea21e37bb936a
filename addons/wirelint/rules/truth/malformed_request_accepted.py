"""A malformed request gets a success status

What it does
------------
Reports a 2xx to a request whose content is provably no JSON although it is sent as JSON.

Why it matters
--------------
The service has ignored what it was sent, and the sender believes that it was done.

Known exceptions
----------------
Endpoints that store or forward what they get without reading it; lenient parsers. Off by default for these.

How to fix
----------
Parse what is declared as JSON and answer 400 where that fails, or accept it under another media type.

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
    because="the request's content is no JSON, in plain sight, but nobody may have meant to read it",
    basis="policy: RFC 9110 section 15.5.1",
    when=When(status="2xx", method="POST PUT PATCH"),
    suggested_status=400,
    default=False,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """The request's own content decides."""
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
