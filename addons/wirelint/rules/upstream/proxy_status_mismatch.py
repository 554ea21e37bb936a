"""The status does not match the error in Proxy-Status

What it does
------------
Reports a response whose last ``Proxy-Status`` member names an error type for which another status is recommended.

Why it matters
--------------
Monitoring by status code sees another kind of fault, of another party, than the one that the proxy describes in the
field.

Known exceptions
----------------
Only the last member counts: the intermediary that added it chose the status. Error types without a recommended status
are not judged. An upstream failure under 2xx or 500 is another rule's finding.

How to fix
----------
Let the proxy answer with the recommended status: 504 for timeouts, 502 for refused or broken connections and TLS
failures, 503 if the destination is known to be unavailable.

References
----------
- https://www.rfc-editor.org/rfc/rfc9209.html#section-2.3
- https://www.rfc-editor.org/rfc/rfc9209.html#section-2.1.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.proxy_status import RECOMMENDED, declared

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="the field names the error, and its registration the status",
    basis="SHOULD: RFC 9209 section 2.1.1",
    when=When(response_fields=("proxy-status",)),
    side=Side.INTERMEDIARY,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the status with the one recommended."""
    found, status = declared(exchange), exchange.status
    if found is None:
        return
    meant = RECOMMENDED.get(found.error)
    if meant is None or meant == status:
        return
    if found.upstream is None or not (status == 500 or 200 <= status < 300):
        yield Hit(
            f"{status} with the proxy error {found.error}, for which {meant} is recommended",
            f"Proxy-Status: error={found.error}",
            suggested_status=meant,
            discriminator=found.error,
        )


BAD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 502 Bad Gateway
Proxy-Status: edge; error=connection_timeout
Content-Type: text/plain

Sorry.
""",
)

GOOD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 504 Gateway Timeout
Proxy-Status: edge; error=connection_timeout
Content-Type: text/plain

Sorry.
""",
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 404 Not Found
Proxy-Status: inner; error=dns_error, edge; received-status=404
Content-Type: text/plain

Sorry.
""",
)
