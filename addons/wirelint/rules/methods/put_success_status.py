"""A PUT succeeds with a status that PUT does not have

What it does
------------
Reports a 2xx answer to PUT other than 200, 201, 202, 204 and 207.

Why it matters
--------------
A client must know from the status whether its representation is stored (200, 204), was stored under a new URI (201) or
will be stored (202). Other success codes leave that open.

Known exceptions
----------------
Proxies that transform content send 203 in place of 200. 207 reports on several resources. 206 is another rule's
finding.

How to fix
----------
Answer 201 if the PUT created the resource, 200 with a representation or 204 without one if it replaced it, 202 if it is
only queued.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.4
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the list of statuses is short, but applications may extend it",
    basis="MUST: RFC 9110 section 9.3.4",
    when=When(status="2xx", method="PUT"),
    needs_fields=False,
)

_FINE: Final = frozenset({200, 201, 202, 203, 204, 206, 207})


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare with the list."""
    response = exchange.response
    if response.status not in _FINE:
        yield Hit(
            f"PUT answered {response.status}", f"{response.status} {response.reason}".rstrip(), suggested_status=204
        )


BAD = (
    """\
PUT /v1/notifications HTTP/1.1
Host: api.example
Content-Type: application/json

{"read": true}
HTTP/1.1 205 Reset Content
Content-Length: 0

""",
)

GOOD = (
    """\
PUT /v1/notifications HTTP/1.1
Host: api.example
Content-Type: application/json

{"read": true}
HTTP/1.1 204 No Content

""",
    """\
PUT /v1/notifications HTTP/1.1
Host: api.example
Content-Type: application/json

{"read": true}
HTTP/1.1 202 Accepted
Location: /v1/jobs/7

""",
)
