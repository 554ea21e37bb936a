"""A service reports its rate limit under different statuses

What it does
------------
Reports a service that refused requests for their rate with at least two of 429, 503, 403 and 400, at least twice each.

Why it matters
--------------
Clients slow down by themselves at 429. A client that learned one status takes the other for an outage, or for a missing
permission.

Known exceptions
----------------
An exhausted plan is not a rate limit, and 503 for overload is correct. S3 uses 503 by convention. If the header fields
show that two servers answered (a limiter at the edge and one in the application), the finding says so.

How to fix
----------
Send 429 everywhere: ``limit_req_status 429;`` in nginx, ``deny_status 429`` in HAProxy, and the same in the
application.

References
----------
- https://www.rfc-editor.org/rfc/rfc6585.html#section-4
- https://nginx.org/en/docs/http/ngx_http_limit_req_module.html#limit_req_status
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.makers import gateway_made, maker
from wirelint.evidence.protocols import protocol
from wirelint.history.services import Services, is_limit

_LEAST_EACH: Final = 2

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="statuses and texts name the limit",
    basis="policy: RFC 6585 section 4",
    when=When(status="400 403 429 503"),
    reads=Reads.PREFIX,
    suggested_status=429,
    recalls=(Services,),
    once_per="service",
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a rate-limit refusal with one status after refusals with another."""
    limits = context.recall(Services).of(exchange).limits
    status = exchange.status
    if not limits or not is_limit(exchange):
        return
    if protocol(exchange) is not None or gateway_made(exchange):
        return
    counts: dict[int, int] = {status: 1}
    makers: dict[int, set[str]] = {status: {maker(exchange)}}
    for (other, by), seen in limits.items():
        counts[other] = counts.get(other, 0) + seen.count
        makers.setdefault(other, set()).add(by)
    often = sorted(other for other, count in counts.items() if count >= _LEAST_EACH)
    if len(often) < 2 or status not in often:
        return
    at_two_places = not set.intersection(*(makers[other] for other in often))
    yield Hit(
        f"rate limits by {', '.join(map(str, often))}" + (", apparently of two limiters" if at_two_places else ""),
        ", ".join(f"{other} {counts[other]}x" for other in often),
        side=Side.INTERMEDIARY if at_two_places else None,
        story=tuple(
            seen.first.step(f"rate limit, sent as {other}")
            for (other, _), seen in limits.items()
            if other in often and other != status
        ),
        note=f"rate limit, sent as {status}",
    )


BAD = (
    """\
# 2 times, every 90s
GET /search?page={n} HTTP/1.1
Host: shop.example

HTTP/1.1 429 Too Many Requests
Retry-After: 30
Content-Type: application/json

{"message": "rate limit exceeded"}
# 2 times, every 90s
GET /export?page={n} HTTP/1.1
Host: shop.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"message": "rate limit exceeded"}
""",
)

GOOD = (
    """\
# 2 times, every 90s
GET /search?page={n} HTTP/1.1
Host: shop.example

HTTP/1.1 429 Too Many Requests
Retry-After: 30
Content-Type: application/json

{"message": "rate limit exceeded"}
# 2 times, every 90s
GET /export?page={n} HTTP/1.1
Host: shop.example

HTTP/1.1 429 Too Many Requests
Retry-After: 30
Content-Type: application/json

{"message": "rate limit exceeded"}
""",
)
