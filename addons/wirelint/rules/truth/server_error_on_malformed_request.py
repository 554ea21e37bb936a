"""500 for a malformed request; 400 is expected

What it does
------------
Reports a 5xx to a request that is provably malformed: content that is sent as JSON and is not, a broken percent-escape,
or a path whose id is ``undefined``, ``null`` or ``[object Object]``.

Why it matters
--------------
The client's mistake uses up the service's error budget and pages its engineers. Clients retry it, since 5xx says that a
retry may help, and never learn what is wrong with the request.

Known exceptions
----------------
501, 503 and 504 have nothing to do with the form of the request. A 502 counts only if an application sent it as JSON,
because an invalid response to a gateway may have any cause. XML-RPC and SOAP send their own errors under 500. An old
draft of JSON-RPC requires it as well, so there it is a note. Content that was not captured proves nothing.

How to fix
----------
Answer 400. Express: an error handler behind ``express.json()`` for ``SyntaxError``. Flask: ``request.get_json()``
raises 400 by itself if you do not catch it. Go: check the error of ``json.Decode``. Spring: map
``HttpMessageNotReadableException``. Validate path parameters before using them.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.1
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.requests import malformation
from wirelint.evidence.said import meanings
from wirelint.evidence.texts import Meaning

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.STRONG,
    because="the request was seen to be malformed",
    basis="policy: RFC 9110 section 15.5.1",
    when=When(status="500 502 505"),
    verdict=Verdict.CLIENT_ERROR,
    suggested_status=400,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Name what is malformed."""
    spoken = protocol(exchange)
    if spoken in (Protocol.SOAP, Protocol.XML_RPC):
        return  # which send their own errors under 500
    # An invalid response to a gateway may have nothing to do with the request.
    response = exchange.response
    if exchange.status == 502 and (
        response.headers.media_type.kind is not Kind.JSON or meanings(exchange) & {Meaning.UPSTREAM, Meaning.TIMEOUT}
    ):
        return
    if (why := malformation(exchange)) is not None:
        # "JSON-RPC 2.0 Transport: HTTP", a draft of 2008, has 500 for what cannot be parsed.
        severity = Severity.INFO if spoken is Protocol.JSON_RPC else None
        yield Hit(f"{exchange.status} to a malformed request: {why}", why, severity=severity)


BAD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"sku": 7,

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal Server Error"}
""",
    """\
GET /inputs/undefined HTTP/1.1
Host: logs.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal Server Error"}
""",
)

GOOD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"sku": 7,

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": "invalid JSON at column 11"}
""",
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"sku": 7}

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal Server Error"}
""",
)
