"""416 without the length of the resource

What it does
------------
Reports a 416 response to a request for a range of bytes that has no ``Content-Range``.

Why it matters
--------------
If a client's range lies beyond the end, for example because the file was truncated in between, it can continue only if
it learns the current length.

Known exceptions
----------------
Ranges in other units than bytes.

How to fix
----------
Send ``Content-Range: bytes */1234`` with the length in bytes. Ignoring ``Range`` and answering 200 with the whole
content is allowed as well.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.17
- https://www.rfc-editor.org/rfc/rfc9110.html#section-14.4
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="the requested range and the absence of the field were seen",
    basis="SHOULD: RFC 9110 section 15.5.17",
    when=When(status="416", request_fields=("range",)),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the field if bytes were requested."""
    asked = exchange.request.headers.get("range") or ""
    response = exchange.response
    if exchange.request.method == "POST":
        return
    if asked.strip().lower().startswith("bytes=") and "content-range" not in response.headers:
        yield Hit("416 without Content-Range", f"Range: {asked}")


BAD = (
    """\
GET /video.mp4 HTTP/1.1
Host: api.example
Range: bytes=9000-

HTTP/1.1 416 Range Not Satisfiable
Content-Type: text/plain

The file is shorter.
""",
)

GOOD = (
    """\
GET /video.mp4 HTTP/1.1
Host: api.example
Range: bytes=9000-

HTTP/1.1 416 Range Not Satisfiable
Content-Range: bytes */1234
Content-Type: text/plain

The file is shorter.
""",
)
