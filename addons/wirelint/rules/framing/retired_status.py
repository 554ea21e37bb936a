"""A status code that HTTP has retired

What it does
------------
Reports 305 (Use Proxy) and 306 (unused).

Why it matters
--------------
305 made clients send all further traffic through a proxy that any server could name; it was withdrawn for that reason.
Clients ignore both, or treat them as 300.

Known exceptions
----------------
402 is not included: it is reserved and in use.

How to fix
----------
Configure proxies in the client. To move a resource, use 307 or 308. To refuse a direct request, use 403 or 421.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.4.6
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.4.7
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="the code is in the status line",
    basis="deprecated: RFC 9110 sections 15.4.6 and 15.4.7",
    when=When(status="305 306"),
    needs_fields=False,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report the status."""
    response = exchange.response
    yield Hit(f"{response.status} is retired", f"{response.status} {response.reason}".rstrip())


BAD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 305 Use Proxy
Location: http://proxy.example/

""",
)

GOOD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 307 Temporary Redirect
Location: http://api2.example/v1/orders

""",
)
