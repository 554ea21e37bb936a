"""An invalid or unregistered status code

What it does
------------
Reports status codes below 100 or above 599. Hints at codes in between that are not in the IANA registry, with the name
under which they are known, if any.

Why it matters
--------------
Clients handle an unknown code as the x00 of its class, so an invented 4xx becomes a 400. 999 has no class at all:
libraries raise, retry, or treat it as success.

Known exceptions
----------------
Codes in range are legal on the wire, so an unregistered one is only a weak hint. Recorders write 0 for an aborted
request. With ``application/graphql-response+json``, 294 is defined by that specification.

How to fix
----------
Use the nearest registered code and put the detail into the content, which has room for any number of codes: 429 for
"enhance your calm", 401 for a session that timed out, 503 for overload.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15
- https://www.rfc-editor.org/rfc/rfc9205.html#section-4.6
- https://www.iana.org/assignments/http-status-codes/http-status-codes.xhtml
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

_REGISTERED: Final = frozenset(
    [
        *range(100, 105),
        *range(200, 209),
        226,
        *range(300, 309),
        *range(400, 419),
        *range(421, 427),
        428,
        429,
        431,
        451,
        *range(500, 509),
        510,
        511,
    ]
)
_KNOWN: Final = {
    218: "Apache's This Is Fine",
    294: "GraphQL's partial success",
    419: "Laravel's Page Expired",
    420: "Twitter's Enhance Your Calm",
    430: "Shopify's Security Rejection",
    440: "IIS's Login Time-out",
    444: "nginx's No Response",
    449: "IIS's Retry With",
    450: "Blocked by Windows Parental Controls",
    460: "an AWS load balancer's Client Closed Connection",
    463: "an AWS load balancer's Too Many Forwarded Addresses",
    464: "an AWS load balancer's Incompatible Protocol",
    494: "nginx's Request Header Too Large",
    495: "nginx's SSL Certificate Error",
    496: "nginx's SSL Certificate Required",
    497: "nginx's HTTP Request Sent to HTTPS Port",
    498: "Esri's Invalid Token",
    499: "nginx's Client Closed Request",
    509: "Bandwidth Limit Exceeded",
    520: "Cloudflare's Unknown Error",
    521: "Cloudflare's Web Server Is Down",
    522: "Cloudflare's Connection Timed Out",
    523: "Cloudflare's Origin Is Unreachable",
    524: "Cloudflare's A Timeout Occurred",
    525: "Cloudflare's SSL Handshake Failed",
    526: "Cloudflare's Invalid SSL Certificate",
    527: "Cloudflare's Railgun Error",
    529: "Site Is Overloaded",
    530: "Cloudflare's Origin DNS Error",
    561: "an AWS load balancer's Unauthorized",
    598: "Network Read Timeout",
    599: "Network Connect Timeout",
}

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.CERTAIN,
    because="the code is a number and the range is fixed",
    basis="MUST: RFC 9110 section 15; RFC 9205 section 4.6",
    when=When(),
    needs_fields=False,
    may=lambda shape: shape.status not in _REGISTERED,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look the code up."""
    status = exchange.status
    response = exchange.response
    if status == 0:
        return
    if status == 294 and response.headers.media_type.essence == "application/graphql-response+json":
        return
    evidence = f"{status} {response.reason}".rstrip()
    if not 100 <= status <= 599:
        yield Hit(f"status {status} is outside 100 to 599", evidence, discriminator=str(status))
        return
    name = _KNOWN.get(status)
    yield Hit(
        f"status {status} is not registered" + (f" ({name})" if name else ""),
        evidence,
        severity=Severity.INFO,
        confidence=Confidence.WEAK,
        discriminator=str(status),
    )


BAD = (
    """\
GET /v1/profile HTTP/1.1
Host: api.example

HTTP/1.1 999 Request denied
Content-Type: text/html

<p>Sorry.</p>
""",
)

GOOD = (
    """\
GET /v1/profile HTTP/1.1
Host: api.example

HTTP/1.1 402 Payment Required
Content-Type: application/json

{"id": "e-17"}
""",
)
