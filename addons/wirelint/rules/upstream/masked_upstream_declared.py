"""An upstream failure, declared in a field, under another status; 502 or 504 is expected

What it does
------------
Reports a 2xx or 500 response whose last ``Proxy-Status`` member declares that the hop behind failed: a received status
of 502, 503 or 504, or an error type that recommends one of them.

Why it matters
--------------
The proxy knows that the upstream failed and sends the client another status. Under 2xx the failure is invisible; under
500 the wrong team is paged.

Known exceptions
----------------
A cache that answers from its store while the origin is down behaves correctly; it is recognised by ``Age``,
``Cache-Status``, ``X-Cache: HIT`` or a warning that the content is stale. Only the last member counts: a later hop may
have recovered from a failure of an earlier one.

How to fix
----------
Answer 504 for timeouts, 502 for broken or refused connections and for invalid responses, and pass a 503 on with its
``Retry-After``. Look for error pages and fallbacks that reset the status (nginx ``error_page 502 =200``, Envoy
``local_reply_config``).

References
----------
- https://www.rfc-editor.org/rfc/rfc9209.html#section-2.3
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.3
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.5
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.evidence.proxy_status import declared

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.CERTAIN,
    because="the proxy itself declares the failure",
    basis="SHOULD: RFC 9209 section 2.1.1",
    when=When(status="2xx 500", response_fields=("proxy-status",)),
    side=Side.INTERMEDIARY,
    verdict=Verdict.SERVER_ERROR,
)

_STORED: Final = ("age", "warning", "cache-status")


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the declared failure with the status."""
    found, response = declared(exchange), exchange.response
    if found is None or found.upstream is None:
        return
    success = response.status < 300
    stored = any(name in response.headers for name in _STORED)
    if success and (stored or "hit" in (response.headers.get("x-cache") or "")[:256].lower()):
        return
    cause = found.error or f"received-status={found.received}"
    yield Hit(
        f"{response.status} although the upstream failed ({cause})",
        f"Proxy-Status: {'error=' if found.error else ''}{cause}",
        suggested_status=found.upstream,
        discriminator=cause,
    )


BAD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Proxy-Status: edge; received-status=503
Content-Type: application/json

[]
""",
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 500 Internal Server Error
Proxy-Status: edge; error=connection_timeout
Content-Type: application/json

{"id": "e-17"}
""",
)

GOOD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 504 Gateway Timeout
Proxy-Status: edge; error=connection_timeout
Content-Type: application/json

{"id": "e-17"}
""",
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Age: 340
Proxy-Status: edge; received-status=503
Content-Type: application/json

[]
""",
)
