"""Sunset is earlier than Deprecation

What it does
------------
Reports a ``Sunset`` date that lies before the ``Deprecation`` date of the same response.

Why it matters
--------------
One of the dates is wrong, and clients plan for the wrong day: the end comes before the warning.

Known exceptions
----------------
A ``Deprecation`` field of older drafts (``true``) has no date to compare.

How to fix
----------
Set ``Deprecation: @1767225600`` (Unix seconds) to the day of the announcement and ``Sunset`` (an HTTP-date) to a
later one.

References
----------
- https://www.rfc-editor.org/rfc/rfc9745.html#section-4
- https://www.rfc-editor.org/rfc/rfc8594.html#section-3
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.dates import http_date
from wirelint.evidence.structured import items

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="both dates were parsed",
    basis="MUST NOT: RFC 9745 section 4",
    when=When(response_fields=("deprecation",)),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the dates."""
    response = exchange.response
    sunset = http_date(response.headers.get("sunset") or "")
    since = _since(response.headers.get("deprecation") or "")
    if sunset is not None and since is not None and sunset < since:
        yield Hit("Sunset is earlier than Deprecation", f"Sunset: {response.headers.get('sunset')}")


def _since(value: str) -> float | None:
    date = http_date(value)  # the form of drafts before the RFC
    if date is not None or not value.lstrip().startswith("@"):
        return date
    found = items(value)
    if found is None or len(found) != 1 or not isinstance(found[0].value, int):
        return None
    return float(found[0].value)


BAD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Deprecation: @1767225600
Sunset: Sun, 30 Nov 2025 23:59:59 GMT
Content-Type: application/json

[]
""",
)

GOOD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Deprecation: @1767225600
Sunset: Thu, 31 Dec 2026 23:59:59 GMT
Content-Type: application/json

[]
""",
)
