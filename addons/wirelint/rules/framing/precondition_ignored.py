"""A full response to a conditional GET although nothing changed

What it does
------------
Reports a 200 response to GET or HEAD whose ``ETag`` is in the request's ``If-None-Match``.

Why it matters
--------------
The client has this exact representation and said so. Sending it again wastes the bandwidth that the validator should
save, and shows that the service computes validators that it never reads.

Known exceptions
----------------
``*`` means something else. Proxies that compress weaken a validator or add a suffix (``-gzip``), so only identical
validators count.

How to fix
----------
Compare ``If-None-Match`` with the current validator before generating the content, and answer 304. Express does so
unless ``etag`` is off; Django: ``ConditionalGetMiddleware``; Spring: ``ShallowEtagHeaderFilter``; Rails: ``stale?``.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-13.1.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-13.2.2
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="the same validator is in the request and in the response",
    basis="MUST: RFC 9110 section 13.1.2",
    when=When(status="200", method="GET HEAD", response_fields=("etag",), request_fields=("if-none-match",)),
    suggested_status=304,
)

_LONGEST: Final = 8192


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the validators."""
    response = exchange.response
    current = (response.headers.get("etag") or "").strip()
    known = (exchange.request.headers.get("if-none-match") or "")[:_LONGEST]
    if len(current) > 2 and current.endswith('"') and current in [tag.strip() for tag in known.split(",")]:
        yield Hit("200 although If-None-Match has the current ETag", f"ETag: {current}")


BAD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example
If-None-Match: "7"

HTTP/1.1 200 OK
ETag: "7"
Content-Type: application/json

[]
""",
)

GOOD = (
    """\
GET /v1/orders HTTP/1.1
Host: api.example
If-None-Match: "7"

HTTP/1.1 200 OK
ETag: "8"
Content-Type: application/json

[]
""",
    """\
GET /v1/orders HTTP/1.1
Host: api.example
If-None-Match: "7"

HTTP/1.1 200 OK
ETag: W/"7"
Content-Type: application/json

[]
""",
)
