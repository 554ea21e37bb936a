"""A status for a fault that the request cannot have

What it does
------------
Hints at a 406 to a request without ``Accept``, 411 to one with ``Content-Length``, 413 and 415 to one without content,
417 to one without ``Expect``, 428 to a conditional one, and 412 to an unconditional one.

Why it matters
--------------
The definition of each of these statuses names a part of the request. Without that part, the status was chosen by its
name or for lack of a better one, and clients that follow its definition react wrongly.

Known exceptions
----------------
Services have their own preconditions (``x-ms-if-…``, ``x-amz-copy-source-if-…``, leases, WebDAV's ``Overwrite``,
parameters in the content), and recordings lose request fields, so this is a weak hint. Requests without any fields, or
whose content was not captured, are not judged.

How to fix
----------
Choose the status by its definition: 400 or 422 for invalid content, 409 for a conflict with the current state, 428 to
require a condition, 412 only after one has failed.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5
- https://www.rfc-editor.org/rfc/rfc6585.html#section-3
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered, Request
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.WEAK,
    because="request fields may be lost on the way or be the service's own",
    basis="definition: RFC 9110 section 15.5",
    when=When(status="406 411 412 413 415 417 428"),
)

_CONDITIONS: Final = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "if")


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the part of the request that the status refers to."""
    request, status = exchange.request, exchange.status
    if not len(request.headers):
        return
    missing = _missing(status, request)
    if missing:
        yield Hit(f"{status} although the request {missing}", f"{request.method} answered {status}")


def _missing(status: int, request: Request) -> str:
    names = request.headers.names()
    if status == 406:
        return "" if any(name.startswith("accept") for name in names) else "has no Accept field"
    if status == 411:
        return "has a Content-Length" if "content-length" in names else ""
    if status in (413, 415):
        bare = request.body.empty and not names & {"content-length", "transfer-encoding", "expect"}
        return "has no content" if bare and (status == 413 or "content-type" not in names) else ""
    if status == 417:
        return "" if "expect" in names else "has no Expect field"
    standard = any(name in names for name in _CONDITIONS)
    if status == 428:
        return "is conditional" if standard else ""
    # WebDAV's Overwrite: F is a condition, too (RFC 4918 section 10.6).
    own = any("-if-" in name or "lease" in name or name == "overwrite" for name in names)
    return "" if standard or own else "is not conditional"


BAD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 415 Unsupported Media Type
Content-Type: application/json

{"id": "e-17"}
""",
    """\
POST /v1/orders HTTP/1.1
Host: api.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 417 Expectation Failed
Content-Type: application/json

{"id": "e-17"}
""",
)

GOOD = (
    """\
POST /v1/orders HTTP/1.1
Host: api.example
Content-Type: text/plain

tea
HTTP/1.1 415 Unsupported Media Type
Content-Type: application/json

{"id": "e-17"}
""",
    """\
PUT /v1/blobs/7 HTTP/1.1
Host: api.example
x-ms-if-sequence-number-le: 7
Content-Type: text/plain

tea
HTTP/1.1 412 Precondition Failed
Content-Type: application/json

{"id": "e-17"}
""",
    """\
MOVE /notes/7.txt HTTP/1.1
Host: dav.example
Destination: /notes/8.txt
Overwrite: F

HTTP/1.1 412 Precondition Failed
Content-Type: text/plain

Precondition Failed
""",
)
