"""426 without Upgrade

What it does
------------
Reports a 426 response without an ``Upgrade`` field.

Why it matters
--------------
The client must use another protocol, and the response does not say which. That is the only purpose of 426.

Known exceptions
----------------
None: the field is required in every 426. For outdated clients, such as old apps, 426 is the wrong status; use 400 or
403 with an explanation.

How to fix
----------
Send ``Upgrade: HTTP/2.0`` or ``Upgrade: websocket`` (and ``Connection: upgrade`` on HTTP/1.1) with each 426.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.22
- https://www.rfc-editor.org/rfc/rfc9110.html#section-7.8
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.CERTAIN,
    because="the field is required, and its absence is seen in the head of the response",
    basis="MUST: RFC 9110 section 15.5.22",
    when=When(status="426"),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the field."""
    response = exchange.response
    if not (response.headers.get("upgrade") or "").strip():
        yield Hit("426 without an Upgrade field", f"426 {response.reason}".rstrip())


BAD = (
    """\
GET /v1/stream HTTP/1.1
Host: api.example

HTTP/1.1 426 Upgrade Required
Content-Type: application/json

{"error": "speak websocket"}
""",
)

GOOD = (
    """\
GET /v1/stream HTTP/1.1
Host: api.example

HTTP/1.1 426 Upgrade Required
Upgrade: websocket
Connection: upgrade
Content-Type: application/json

{"error": "speak websocket"}
""",
)
