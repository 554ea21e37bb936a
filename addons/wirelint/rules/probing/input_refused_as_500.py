"""500 for a text in the query where a number succeeds, shown by asking; 400 is expected

What it does
------------
With `--probe`: reports a 500 to a GET that got a 500 again when it was repeated, and a success with a number in place of
the first text in its query.

Why it matters
--------------
The service looks broken although it works. Alerts go off, and clients retry what can never succeed.

Known exceptions
----------------
A failure that ended between the two requests looks the same. A service may fail for one text alone, which is its fault.

How to fix
----------
Validate query parameters before they are used, and answer 400 or 422 with the name of the parameter.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.1
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="the same request fails again, and succeeds with a value of another kind",
    basis="policy: RFC 9110 section 15.6.1 has 500 for unexpected conditions of the server",
    when=When(status="500", method="GET"),
    verdict=Verdict.CLIENT_ERROR,
    suggested_status=400,
    default=False,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a failure that repeats, and a success with a number."""
    again, plain = exchange.probe("again"), exchange.probe("plain")
    if again is None or plain is None or plain.status is None:
        return
    if again.status == exchange.status and 200 <= plain.status < 300:
        yield Hit(
            "500 for a text where a number succeeds; 400 is expected",
            f"asked again: {again.status}; with 1 in place of the first text of the query: {plain.status}",
        )


BAD = (
    """\
GET /orders?page=last HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal Server Error"}
# probe: again 500 same
# probe: plain 200
""",
)

GOOD = (
    """\
GET /orders?page=last HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal Server Error"}
# probe: again 200
# probe: plain 200
""",
    """\
GET /orders?page=last HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal Server Error"}
# probe: again 500 same
# probe: plain 500
""",
)
