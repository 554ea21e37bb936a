"""407 without Proxy-Authenticate

What it does
------------
Reports a 407 response without a ``Proxy-Authenticate`` field, or with one that holds no challenge.

Why it matters
--------------
Clients cannot choose a scheme for the proxy. They give up, or send the user's password in a scheme that the proxy did
not ask for.

Known exceptions
----------------
None: the field is required in every 407. Any scheme name is fine.

How to fix
----------
Let the proxy send ``Proxy-Authenticate: Basic realm="proxy"`` (or its scheme). An origin server should answer 401 in
place of 407.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.8
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.7.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.CERTAIN,
    because="the field is required, and its absence is seen in the head of the response",
    basis="MUST: RFC 9110 section 15.5.8",
    when=When(status="407"),
    side=Side.INTERMEDIARY,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a challenge."""
    response = exchange.response
    value = response.headers.get("proxy-authenticate")
    if value is None:
        yield Hit("407 without a Proxy-Authenticate field", f"407 {response.reason}".rstrip())
    elif not value.strip(" ,\t"):
        yield Hit("407 with a Proxy-Authenticate field without a challenge", f"Proxy-Authenticate: {value}")


BAD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example

HTTP/1.1 407 Proxy Authentication Required
Content-Type: text/plain

Ask the proxy's owner.
""",
)

GOOD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example

HTTP/1.1 407 Proxy Authentication Required
Proxy-Authenticate: Basic realm="proxy"
Content-Type: text/plain

Ask the proxy's owner.
""",
)
