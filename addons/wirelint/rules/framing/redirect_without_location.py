"""A redirect without Location

What it does
------------
Reports 301, 302, 303, 307 and 308 responses without ``Location``.

Why it matters
--------------
Clients cannot follow, and most libraries then hand the empty page to the caller as if it were the answer. A redirect
without target is usually an error that took the wrong path.

Known exceptions
----------------
300 and 304 need none. S3 and what speaks its protocol answer requests for a bucket in another region with a bare
redirect. 308 also means "upload incomplete" in resumable uploads, told by ``Content-Range`` in the request or
``Range`` in the response.

How to fix
----------
Send ``Location`` (relative references are fine). If there is nowhere to go, say what happened: 404, 410, or 200 for
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
    because="the absence of the field is seen in the head of the response",
    basis="SHOULD: RFC 9110 section 15.4",
    when=When(status="301 302 303 307 308"),
)

_S3: Final = ("x-amz-request-id", "x-amz-id-2", "x-amz-bucket-region")


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the field, knowing two protocols that do without."""
    request, response = exchange.request, exchange.response
    if (response.headers.get("location") or "").strip():
        return
    status = response.status
    if not len(response.headers):
        return  # browsers leave out all fields of a redirect that they followed
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
