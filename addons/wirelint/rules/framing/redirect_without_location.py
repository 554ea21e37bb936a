"""A redirect without Location

What it does
------------
Reports 301, 302, 303, 307 and 308 responses without ``Location``.

Why it matters
--------------
Clients cannot follow it, and most libraries then return the empty page as if it were the answer. A redirect without a
target is usually an error that took the wrong path.

Known exceptions
----------------
300 and 304 need none. S3 and compatible services answer requests for a bucket in another region with a bare redirect.
308 also means "upload incomplete" in resumable uploads, recognised by ``Content-Range`` in the request or ``Range`` in
the response.

How to fix
----------
Send ``Location`` (relative references are fine). If there is no target, send the actual status: 404, 410, or 200 for
the page that is shown.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.4
- https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.2
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="the head of the response was seen without the field",
    basis="SHOULD: RFC 9110 section 15.4",
    when=When(status="301 302 303 307 308"),
)

_S3: Final = ("x-amz-request-id", "x-amz-id-2", "x-amz-bucket-region")


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the field, except in two protocols that do not need it."""
    request, response = exchange.request, exchange.response
    if (response.headers.get("location") or "").strip():
        return
    status = response.status
    if not len(response.headers):
        return  # browsers omit all fields of a redirect that they followed
    if any(name in response.headers for name in _S3):
        return
    if status == 308 and ("content-range" in request.headers or "range" in response.headers):
        return
    yield Hit(f"{status} without a Location field", f"{status} {response.reason}".rstrip())


BAD = (
    """\
GET /v1/old HTTP/1.1
Host: api.example

HTTP/1.1 302 Found
Content-Type: text/plain

Moved.
""",
)

GOOD = (
    """\
GET /v1/old HTTP/1.1
Host: api.example

HTTP/1.1 302 Found
Location: /v1/new

""",
    """\
HEAD /bucket HTTP/1.1
Host: s3.example

HTTP/1.1 301 Moved Permanently
x-amz-bucket-region: eu-west-1

""",
    """\
PUT /upload?id=7 HTTP/1.1
Host: api.example
Content-Range: bytes 0-3/10

abcd
HTTP/1.1 308 Resume Incomplete
Range: bytes=0-3

""",
)
