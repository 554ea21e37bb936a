"""451 without a link to who demands the block

What it does
------------
Reports a 451 response without a ``Link`` field with ``rel="blocked-by"``.

Why it matters
--------------
The link names the entity that implements the block, so that users can contact it and researchers can count.

Known exceptions
----------------
None. The rule is off by default: the field is rare, and not always safe to send.

How to fix
----------
Send ``Link: <https://isp.example/blocks>; rel="blocked-by"`` with the entity that implements the block, and explain the
demand in the content.

References
----------
- https://www.rfc-editor.org/rfc/rfc7725.html#section-4
- https://www.rfc-editor.org/rfc/rfc7725.html#section-3
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="the head of the response was seen without the link",
    basis="SHOULD: RFC 7725 section 4",
    when=When(status="451"),
    default=False,
)

_LONGEST: Final = 4096


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the link."""
    response = exchange.response
    if "blocked-by" not in (response.headers.get("link") or "")[:_LONGEST].lower():
        yield Hit("451 without a blocked-by link", f"451 {response.reason}".rstrip())


BAD = (
    """\
GET /v1/songs/7 HTTP/1.1
Host: api.example

HTTP/1.1 451 Unavailable For Legal Reasons
Content-Type: application/json

{"id": "e-17"}
""",
)

GOOD = (
    """\
GET /v1/songs/7 HTTP/1.1
Host: api.example

HTTP/1.1 451 Unavailable For Legal Reasons
Link: <https://isp.example/blocks>; rel="blocked-by"
Content-Type: application/json

{"id": "e-17"}
""",
)
