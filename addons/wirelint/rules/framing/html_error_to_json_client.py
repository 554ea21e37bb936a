"""An HTML error page in answer to an API call

What it does
------------
Reports an error sent as HTML to a client that asked for JSON, or called an API.

Why it matters
--------------
The client fails to parse the page and reports that in place of the error. Codes and texts that explain the error are
lost.

Known exceptions
----------------
Clients that accept HTML, and WebDAV clients, which use only the status. If the page is that of a known gateway, the
finding names the gateway.

How to fix
----------
Give API paths an error handler that answers in the requested media type. nginx: ``error_page`` to a location with
``default_type application/json``. Django REST framework, Rails API mode and Spring do this for the paths that they
route; check the paths that never reach them.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-12.1
- https://www.rfc-editor.org/rfc/rfc9457.html
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.requests import is_call_for_data

_html: Final = re.compile(r"<(?:!doctype html|html|head|body|title|h1)\b", re.IGNORECASE)
# Their clients use the status, or an XML document of their own (RFC 4918 section 16).
_DAV: Final = frozenset(
    {
        "PROPFIND",
        "PROPPATCH",
        "MKCOL",
        "COPY",
        "MOVE",
        "LOCK",
        "UNLOCK",
        "REPORT",
        "MERGE",
        "CHECKOUT",
        "MKACTIVITY",
        "MKCALENDAR",
    }
)
_GATEWAYS: Final = ("<center>nginx", "openresty", "cloudflare", "cloudfront", "awselb", "varnish", "haproxy", "envoy")

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="request and media type were seen",
    basis="SHOULD: RFC 9110 section 12.1",
    when=When(status="4xx 5xx", media=(Kind.HTML, Kind.JSON)),
    reads=Reads.PREFIX,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for an HTML error sent to a client that did not ask for HTML."""
    response, request = exchange.response, exchange.request
    if request.method == "HEAD" or request.method in _DAV:
        return
    if (response.body.content or b"")[:2048].lstrip()[:1] != b"<":
        return
    text = (response.body.text or "")[:2048].lstrip()
    if not _html.match(text):
        return
    if not is_call_for_data(exchange):
        return
    folded = text.lower()
    gateway = any(name in folded for name in _GATEWAYS)
    yield Hit(
        f"{response.status} with an HTML page in response to an API call",
        f"Content-Type: {response.headers.media_type.essence}",
        side=Side.INTERMEDIARY if gateway else Side.SERVER,
    )


BAD = (
    """\
GET /v3/lists/ HTTP/1.1
Host: mail.example
Accept: application/json

HTTP/1.1 404 Not Found
Content-Type: text/html

<!DOCTYPE html><title>404 Not Found</title><h1>Not Found</h1>
""",
)

GOOD = (
    """\
GET /about HTTP/1.1
Host: mail.example
Accept: text/html

HTTP/1.1 404 Not Found
Content-Type: text/html

<!DOCTYPE html><title>404 Not Found</title><h1>Not Found</h1>
""",
    """\
REPORT /svn/notes HTTP/1.1
Host: files.example
Content-Type: text/xml

<S:list-report xmlns:S="svn:"><S:path></S:path></S:list-report>

HTTP/1.1 404 Not Found
Content-Type: text/html

<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>
""",
)
