"""Problem details with a success or redirect status

What it does
------------
Reports content of type ``application/problem+json`` or ``application/problem+xml`` under a 2xx or 3xx status.

Why it matters
--------------
The media type says that the request failed; the status says that it did not. Clients that use the status treat the
problem document as the resource.

Known exceptions
----------------
None known.

How to fix
----------
Send the status of the problem, and put it into the ``status`` member as well.

References
----------
- https://www.rfc-editor.org/rfc/rfc9457.html#section-3
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict, of_status
from wirelint.evidence.said import suggested_status

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="media type and status contradict each other in the head of the response",
    basis="policy: RFC 9457 section 3",
    when=When(status="2xx 3xx", media=(Kind.JSON, Kind.XML)),
    needs_fields=False,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Check the media type alone."""
    response = exchange.response
    if response.headers.media_type.essence not in (
        "application/problem+json",
        "application/problem+xml",
    ):
        return
    if exchange.request.method == "HEAD" or response.status == 304:
        return
    status = (response.body.members or {}).get("status")
    stated = status if isinstance(status, int) and 400 <= status <= 599 else suggested_status(exchange)
    yield Hit(
        f"{response.status} with problem details",
        f"Content-Type: {response.headers.media_type.essence}",
        suggested_status=stated,
        verdict=Verdict.UNKNOWN if stated is None else of_status(stated),
    )


BAD = (
    """\
GET /orders/4 HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/problem+json

{"title": "No such order"}
""",
)

GOOD = (
    """\
GET /orders/4 HTTP/1.1
Host: api.example

HTTP/1.1 404 Not Found
Content-Type: application/problem+json

{"title": "No such order", "status": 404}
""",
)
