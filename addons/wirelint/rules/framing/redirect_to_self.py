"""A redirect to the same URL

What it does
------------
Reports a redirect whose ``Location`` is the request's own URI, if the client will repeat the same method and nothing
changes in between.

Why it matters
--------------
Clients follow it until they give up, usually after twenty requests, and report "too many redirects" in place of the
real problem.

Known exceptions
----------------
A response that sets or clears a cookie changes the next request, and with ``Retry-After`` the redirect is a way to
wait. 301, 302 and 303 turn POST into GET, so redirecting a form to itself is fine. Another scheme or host is another
URI.

How to fix
----------
Find the redirect to the canonical form of a URI that is already canonical: a trailing slash, ``www``, or HTTPS behind a
proxy that does not forward ``X-Forwarded-Proto``. For an expired session, answer 401.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.4
- https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.2
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urldefrag, urljoin

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="both URIs are known, but the service may depend on something other than the URI",
    basis="policy: RFC 9110 section 15.4",
    when=When(status="301 302 303 307 308", response_fields=("location",)),
)

_LONGEST: Final = 4096


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Resolve the target and compare it with the request."""
    request, response = exchange.request, exchange.response
    if "set-cookie" in response.headers or "retry-after" in response.headers:
        return
    if request.method not in ("GET", "HEAD") and response.status not in (307, 308):
        return
    location = (response.headers.get("location") or "").strip()
    if not location or len(location) > _LONGEST or len(request.target) > _LONGEST:
        return
    own = f"{request.scheme}://{request.authority}{request.target}"
    try:
        goal = urldefrag(urljoin(own, location)).url
    except ValueError:
        return
    if goal == own and "#" not in location:
        yield Hit(f"{response.status} to the requested URI", f"Location: {location}")


BAD = (
    """\
GET /v1/orders/ HTTP/1.1
Host: api.example

HTTP/1.1 301 Moved Permanently
Location: http://api.example/v1/orders/

""",
)

GOOD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 301 Moved Permanently
Location: http://api.example/v1/orders/

""",
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 301 Moved Permanently
Location: https://api.example/v1/orders

""",
    """\
GET /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 302 Found
Set-Cookie: lang=en
Location: /v1/orders

""",
    """\
POST /v1/orders HTTP/1.1
Host: api.example

HTTP/1.1 303 See Other
Location: /v1/orders

""",
)
