"""A POST gets a status that POST cannot have

What it does
------------
Reports 206, 304 and 416 in answer to POST.

Why it matters
--------------
These three are about ranges and cached copies, which POST does not have. Clients and caches do not expect them there,
and their reaction is untested.

Known exceptions
----------------
Protocols for resumable uploads reuse these statuses; they are recognised by ``Tus-Resumable``, ``Upload-Offset`` or
``Content-Range`` in the request, or by its ``uploadType`` parameter.

How to fix
----------
For a page of results, answer 200. For a POST that changed nothing, 200 or 204. For an offset that is out of bounds, 400
or 422.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.3
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the specification names the three, but protocols on top may use them by agreement",
    basis="policy: RFC 9110 section 9.3.3",
    when=When(status="206 304 416", method="POST"),
)

_RIGHT: Final = {206: 200, 304: 204, 416: 400}
_UPLOADS: Final = ("tus-resumable", "upload-offset", "upload-draft-interop-version", "content-range")


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report the status, except in resumable uploads."""
    request, response = exchange.request, exchange.response
    if any(name in request.headers for name in _UPLOADS) or "uploadtype=" in request.query.lower():
        return
    status = response.status
    yield Hit(f"POST answered {status}", f"{status} {response.reason}".rstrip(), suggested_status=_RIGHT.get(status))


BAD = (
    """\
POST /v1/search HTTP/1.1
Host: api.example
Content-Type: application/json

{"q": "tea"}
HTTP/1.1 206 Partial Content
Content-Type: application/json

[{"id": 1}]
""",
)

GOOD = (
    """\
POST /v1/search HTTP/1.1
Host: api.example
Content-Type: application/json

{"q": "tea"}
HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
""",
    """\
POST /files HTTP/1.1
Host: api.example
Tus-Resumable: 1.0.0
Upload-Offset: 70

abcd
HTTP/1.1 416 Range Not Satisfiable
Content-Type: text/plain

The offset is beyond the end.
""",
)
