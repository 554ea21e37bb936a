"""An error response without any explanation

What it does
------------
Reports 4xx and 5xx responses without any content.

Why it matters
--------------
A status is one of a few dozen words. Without content, people and logs can only guess which field was wrong, which
record is missing, or which request id to quote to support.

Known exceptions
----------------
Responses to HEAD have no content. A field can carry the explanation: a challenge, ``Allow``, ``Upgrade``,
``Content-Range``, ``Retry-After``, or one of the service's own fields with "error" or "reason" in its name. Bare 401,
403 and 404 from load balancers and content delivery networks are theirs, not the service's. Content that was not
captured is not judged.

How to fix
----------
Send a problem document: ``{"type": "…", "title": "…", "detail": "…"}`` as ``application/problem+json``. Spring Boot,
ASP.NET and Quarkus send them if configured to; Express and FastAPI need an error handler that writes content for every
error.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6
- https://www.rfc-editor.org/rfc/rfc9457.html
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="the whole response was seen to have no content",
    basis="SHOULD: RFC 9110 sections 15.5 and 15.6",
    when=When(
        status="4xx 5xx",
        method="GET POST PUT PATCH DELETE OPTIONS QUERY",
    ),
    reads=Reads.WHOLE,
)

_EXPLAINING: Final = (
    "www-authenticate",
    "proxy-authenticate",
    "allow",
    "upgrade",
    "content-range",
    "retry-after",
    "location",
)
_EDGES: Final = (
    "cloudfront",
    "awselb",
    "akamai",
    "cloudflare",
    "envoy",
    "haproxy",
    "varnish",
    "bigip",
    "big-ip",
    "fastly",
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for content, or for a field in its place."""
    response = exchange.response
    if not response.body.empty:
        return
    names = response.headers.names()
    if any(name in names for name in _EXPLAINING) or any("error" in name or "reason" in name for name in names):
        return
    if "grpc-status" in names or "access-control-request-method" in exchange.request.headers:
        return
    server = (response.headers.get("server") or "")[:64].lower()
    if response.status in (401, 403, 404) and any(name in server for name in _EDGES):
        return
    yield Hit(f"{response.status} without any content", f"{response.status} {response.reason}".rstrip())


BAD = (
    """\
POST /v1/orders HTTP/1.1
Host: api.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 400 Bad Request
Content-Length: 0

""",
)

GOOD = (
    """\
POST /v1/orders HTTP/1.1
Host: api.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 400 Bad Request
Content-Type: application/problem+json

{"title": "No such item", "detail": "item must be one of the menu"}
""",
    """\
GET /private HTTP/1.1
Host: cdn.example

HTTP/1.1 403 Forbidden
Server: CloudFront
Content-Length: 0

""",
    """\
DELETE /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 405 Method Not Allowed
Allow: GET, POST

""",
)
