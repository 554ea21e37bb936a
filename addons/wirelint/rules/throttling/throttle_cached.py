"""A rate-limit or overload response is cached, or may be

What it does
------------
Reports 428, 429, 431 and 511 responses that come from a cache (``Age`` above zero, ``X-Cache: HIT``) or that allow
caches to store them (``Cache-Control`` with ``public`` or a lifetime).

Why it matters
--------------
A cache serves the stored 429 to everyone, long after the limit has reset, and to clients that never exceeded it.

Known exceptions
----------------
``no-store`` outweighs a lifetime. A lifetime for the client's own cache (``private``) harms only that client and is a
note.

How to fix
----------
Send ``Cache-Control: no-store`` with these statuses, and exclude them in the cache's configuration (nginx
``proxy_cache_valid``, CloudFront's error caching minimum TTL, Fastly's ``beresp.cacheable``).

References
----------
- https://www.rfc-editor.org/rfc/rfc6585.html#section-4
- https://www.rfc-editor.org/rfc/rfc6585.html#section-3
- https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.2
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the fields that caches set are partly conventions",
    basis="MUST NOT: RFC 6585 sections 3 to 6",
    when=When(status="428 429 431 511", response_fields=("age", "x-cache", "cf-cache-status", "cache-control")),
)

_lifetime: Final = re.compile(r"(?:^|[,\s])(?:s-maxage|max-age)\s?=\s?\"?0*[1-9]")
_LONGEST: Final = 512


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a response from a cache, then for one that may be stored."""
    response = exchange.response
    status, headers = response.status, response.headers
    age = (headers.get("age") or "").strip()[:12]
    field = "X-Cache" if headers.get("x-cache") else "CF-Cache-Status"
    served = (headers.get(field.lower()) or "")[:_LONGEST]
    control = (headers.get("cache-control") or "")[:_LONGEST].lower()
    if age.isascii() and age.isdigit() and int(age) > 0:
        yield Hit(f"{status} that comes from a cache", f"Age: {age}")
    elif served.strip().lower().startswith("hit"):
        yield Hit(f"{status} that comes from a cache", f"{field}: {served}")
    elif "no-store" not in control and ("public" in control or _lifetime.search(control)):
        yield Hit(
            f"{status} that caches may store",
            f"Cache-Control: {control}",
            severity=Severity.INFO if "private" in control else None,
        )


BAD = (
    """\
GET /v1/search?q=tea HTTP/1.1
Host: api.example

HTTP/1.1 429 Too Many Requests
Retry-After: 5
Cache-Control: max-age=1800
Content-Type: application/json

{"error": "too many requests"}
""",
    """\
GET /v1/search?q=tea HTTP/1.1
Host: api.example

HTTP/1.1 429 Too Many Requests
Retry-After: 5
Age: 34
Content-Type: application/json

{"error": "too many requests"}
""",
)

GOOD = (
    """\
GET /v1/search?q=tea HTTP/1.1
Host: api.example

HTTP/1.1 429 Too Many Requests
Retry-After: 5
Cache-Control: no-store
X-Cache: MISS
Content-Type: application/json

{"error": "too many requests"}
""",
)
