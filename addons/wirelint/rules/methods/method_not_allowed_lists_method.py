"""A 405 whose Allow lists the refused method

What it does
------------
Reports a 405 response whose ``Allow`` field names the method of the request.

Why it matters
--------------
The response contradicts itself. A client that believes the field repeats the request forever; one that believes the
status stops using a method that may work.

Known exceptions
----------------
None. If this caller may not use the method, 403 is correct; if the resource's current state forbids it, 409.

How to fix
----------
Answer 403 or 409 if the method exists but this call is refused. Otherwise compute ``Allow`` for the requested resource,
not for the whole service. Routers with one list for all paths need a list per path.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.1
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.6
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="both the method and the list were seen",
    basis="MUST: RFC 9110 section 10.2.1",
    when=When(status="405", response_fields=("allow",)),
)

_LONGEST: Final = 1024


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the request's method in the list; methods are case-sensitive."""
    response = exchange.response
    allow = (response.headers.get("allow") or "")[:_LONGEST]
    if exchange.request.method in [name.strip() for name in allow.split(",")]:
        yield Hit(f"405 to {exchange.request.method}, which Allow lists", f"Allow: {allow}")


BAD = (
    """\
DELETE /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 405 Method Not Allowed
Allow: GET, PUT, DELETE
Content-Type: application/json

{"id": "e-17"}
""",
)

GOOD = (
    """\
DELETE /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 405 Method Not Allowed
Allow: GET, PUT
Content-Type: application/json

{"id": "e-17"}
""",
)
