"""Malformed Retry-After

What it does
------------
Reports a ``Retry-After`` value that is neither a number of seconds nor an HTTP-date, and a field that occurs more than
once.

Why it matters
--------------
Clients ignore a value that they cannot parse and come back at once; some raise an exception in their error handling. A
fraction or a sign makes the value invalid.

Known exceptions
----------------
Dates in the past mean "now" and are fine. The field is fine under any status. Values that a recorder replaced are not
judged.

How to fix
----------
Send whole seconds (``Retry-After: 30``), rounded up, or an HTTP-date in GMT (``Fri, 31 Dec 2027 23:59:59 GMT``). Set
the field in one layer only. Milliseconds, timestamps and ISO dates belong in other fields.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.3
- https://www.rfc-editor.org/rfc/rfc9110.html#section-5.6.7
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.dates import http_date

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="the value was parsed by the grammar of the specification",
    basis="MUST: RFC 9110 section 10.2.3",
    when=When(response_fields=("retry-after",)),
)

_masked: Final = re.compile(r"redact|filtered|scrubbed|\*{3}|\{\{", re.IGNORECASE)
_LONGEST: Final = 64


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Parse each line of the field."""
    response = exchange.response
    values = [value.strip() for value in response.headers.get_all("retry-after")[:8]]
    if any(_masked.search(value[:_LONGEST]) for value in values):
        return
    wrong = next((value for value in values if not _reads(value)), None)
    if wrong is not None:
        yield Hit("Retry-After is neither seconds nor a date", f"Retry-After: {wrong}")
    elif len(values) > 1:
        yield Hit(
            "Retry-After is given more than once",
            f"Retry-After: {', '.join(values)}",
            severity=Severity.LOW if len(set(values)) == 1 else None,
        )


def _reads(value: str) -> bool:
    return (value.isascii() and value.isdigit()) or http_date(value) is not None


BAD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 503 Service Unavailable
Retry-After: 1.5
Content-Type: application/json

{"id": "e-17"}
""",
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 503 Service Unavailable
Retry-After: 30
Retry-After: 120
Content-Type: application/json

{"id": "e-17"}
""",
)

GOOD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 503 Service Unavailable
Retry-After: 120
Content-Type: application/json

{"id": "e-17"}
""",
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 503 Service Unavailable
Retry-After: Fri, 31 Dec 2027 23:59:59 GMT
Content-Type: application/json

{"id": "e-17"}
""",
)
