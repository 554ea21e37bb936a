"""304 to a request that was not conditional

What it does
------------
Reports a 304 response to a request without ``If-None-Match`` and ``If-Modified-Since``, or to a method other than GET
and HEAD.

Why it matters
--------------
304 means "use the copy you have". A client without a copy gets nothing: it shows an empty page or fails to parse it.

Known exceptions
----------------
304 to POST is another rule's finding. Recordings without any request fields are not judged.

How to fix
----------
Answer 304 only after comparing a validator of the request. A cache that answers for the service must fetch the whole
content once before it can validate it. For a write that changes nothing, answer 200 or 204.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.4.5
- https://www.rfc-editor.org/rfc/rfc9110.html#section-13.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered, Request
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="all fields of the request were seen",
    basis="definition: RFC 9110 section 15.4.5",
    when=When(status="304"),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a condition in the request."""
    request = exchange.request
    if request.method == "POST" or not _as_sent(request):
        return
    if request.method not in ("GET", "HEAD"):
        yield Hit(f"304 to {request.method}", f"{request.method} answered 304", suggested_status=204)
    elif "if-none-match" not in request.headers and "if-modified-since" not in request.headers:
        yield Hit("304 to a request that was not conditional", "no If-None-Match, no If-Modified-Since")


def _as_sent(request: Request) -> bool:
    """Return whether these fields were sent; a browser also shows fields of responses from its own cache."""
    return "host" in request.headers or "user-agent" in request.headers


BAD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 304 Not Modified
ETag: "7"

""",
    """\
PUT /v1/orders/42 HTTP/1.1
Host: api.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 304 Not Modified

""",
)

GOOD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example
If-None-Match: "7"

HTTP/1.1 304 Not Modified
ETag: "7"

""",
)
