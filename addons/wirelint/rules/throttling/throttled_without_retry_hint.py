"""429 without Retry-After

What it does
------------
Reports a 429 response without a hint when to retry: neither ``Retry-After`` nor a ``RateLimit`` or
``X-RateLimit-Reset`` field, nor one of the vendors' own fields. If the only hint is in the content, it is a note,
because no retry library looks there.

Why it matters
--------------
Without a hint, clients guess. If the guess is too short they keep the limiter busy, if it is too long they waste their
quota, and all of them tend to come back at the same time.

Known exceptions
----------------
The reset time of a limit that still has calls left is not a hint: another limit refused the call. A quota that waiting
does not refill (``insufficient_quota``, spending limits, billing) has no reset time. Content that could not be
inspected may have a hint, so nothing is reported.

How to fix
----------
Send ``Retry-After`` with the seconds until the window opens. nginx: ``add_header Retry-After 1 always;`` beside
``limit_req_status 429;``. Envoy's local rate limit: ``response_headers_to_add``. express-rate-limit, Django REST
framework throttling and Spring Cloud Gateway send it or the ``RateLimit`` fields if configured to.

References
----------
- https://www.rfc-editor.org/rfc/rfc6585.html#section-4
- https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.3
- https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
- https://opensource.zalando.com/restful-api-guidelines/#153
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.hints import hint_field, hint_in_content

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="all known hints were checked, but a service may have its own",
    basis="MAY: RFC 6585 section 4; policy: Zalando RESTful API Guidelines rule 153, OWASP API4:2023",
    when=When(status="429"),
    reads=Reads.PREFIX,
)

_permanent: Final = re.compile(
    r"insufficient[_ ]quota|billing|spend(?:ing)?[ _-]limit|usage[ _-]limit|(?:out of|insufficient|no|more) credits?"
    r"|(?:monthly|lifetime) (?:quota|limit|usage)|upgrade (?:your|to) |payment required",
    re.IGNORECASE,
)
_SCANNED: Final = 4096


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a hint in the fields, then in the content."""
    response = exchange.response
    if hint_field(exchange) is not None:
        return
    line = f"429 {response.reason}".rstrip()
    hint = hint_in_content(response.body)
    if hint is not None:
        yield Hit("429 with a retry hint only in the content", hint, severity=Severity.INFO)
    elif not _permanent.search((response.body.text or "")[:_SCANNED]):
        yield Hit("429 without Retry-After or another retry hint", line)


BAD = (
    """\
GET /v1/search?q=tea HTTP/1.1
Host: api.example

HTTP/1.1 429 Too Many Requests
Content-Type: application/json

{"error": "too many requests"}
""",
    """\
GET /v1/search?q=tea HTTP/1.1
Host: api.example

HTTP/1.1 429 Too Many Requests
RateLimit-Remaining: 1990
RateLimit-Reset: 1678722999
Content-Type: application/json

{"error": "this endpoint has been requested too many times"}
""",
)

GOOD = (
    """\
GET /v1/search?q=tea HTTP/1.1
Host: api.example

HTTP/1.1 429 Too Many Requests
Retry-After: 7
Content-Type: application/json

{"error": "too many requests"}
""",
    """\
GET /v1/search?q=tea HTTP/1.1
Host: api.example

HTTP/1.1 429 Too Many Requests
X-RateLimit-Remaining: 0
X-RateLimit-Reset: 1678722999
Content-Type: application/json

{"error": "too many requests"}
""",
    """\
POST /v1/completions HTTP/1.1
Host: api.example
Content-Type: application/json

{"prompt": "tea"}
HTTP/1.1 429 Too Many Requests
Content-Type: application/json

{"error": {"code": "insufficient_quota", "message": "check your plan"}}
""",
)
