"""415 to PATCH without Accept-Patch

What it does
------------
Reports a 415 answer to PATCH without an ``Accept-Patch`` field.

Why it matters
--------------
There are several patch formats (merge patch, JSON Patch, the service's own), and the client chose the wrong one. The
field lists the right ones.

Known exceptions
----------------
None. The rule is off by default: few services send the field.

How to fix
----------
Send ``Accept-Patch: application/merge-patch+json`` (and the other formats that you accept) with the 415 and with the
response to OPTIONS.

References
----------
- https://www.rfc-editor.org/rfc/rfc5789.html#section-2.2
- https://www.rfc-editor.org/rfc/rfc5789.html#section-3.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="the absence of the field is seen in the head of the response",
    basis="SHOULD: RFC 5789 section 2.2",
    when=When(status="415", method="PATCH"),
    default=False,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the field."""
    response = exchange.response
    if "accept-patch" not in response.headers:
        yield Hit("415 to PATCH without an Accept-Patch field", f"415 {response.reason}".rstrip())


BAD = (
    """\
PATCH /v1/orders/42 HTTP/1.1
Host: api.example
Content-Type: text/plain

item = tea
HTTP/1.1 415 Unsupported Media Type
Content-Type: application/json

{"id": "e-17"}
""",
)

GOOD = (
    """\
PATCH /v1/orders/42 HTTP/1.1
Host: api.example
Content-Type: text/plain

item = tea
HTTP/1.1 415 Unsupported Media Type
Accept-Patch: application/merge-patch+json
Content-Type: application/json

{"id": "e-17"}
""",
)
