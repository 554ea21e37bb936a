"""A service reports one error under different statuses

What it does
------------
Reports an error code that one service sent under at least two statuses, at least twice each. If errors have no codes, a
fixed text that states precisely what is wrong counts as one. A single 400 to a request without content is a note if the
service sent its code under 404 at least three times.

Why it matters
--------------
A status is useful only if it always means the same. Here clients that handle one status fail on the other, and counts
by status depend on which part of the service answered.

Known exceptions
----------------
Errors that a gateway made, and those of another server behind the same name (by ``Server`` and ``Via``), are counted
separately. Codes that name a class of errors (``invalid_request_error``) and codes of single fields prove nothing. 409
and 412, or 404 and 410, may concern the same error, and so may 404 and a 400 or 422 for content that refers to a
missing resource.

How to fix
----------
Bind the status to the error where the error is defined, not where it is raised.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5
- https://www.rfc-editor.org/rfc/rfc9457.html#section-3.1.1
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.makers import gateway_made, maker
from wirelint.evidence.protocols import protocol
from wirelint.history.services import Services, bound_code

_LEAST_EACH: Final = 2
_KIN: Final = {410: 404, 412: 409}
_LEAST_BESIDE_ONE: Final = 3

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the service itself gives both errors the same name",
    basis="policy: RFC 9110 section 15.5 gives each status one meaning",
    when=When(status="4xx 5xx"),
    reads=Reads.PREFIX,
    recalls=(Services,),
    once_per="service",
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report an error that had another status before."""
    code = bound_code(exchange)
    if code is None or protocol(exchange) is not None or gateway_made(exchange):
        return
    seen = context.recall(Services).of(exchange).codes.get((code, maker(exchange)))
    if seen is None:
        return
    counts = {status: each.count for status, each in seen.items()}
    counts[exchange.status] = counts.get(exchange.status, 0) + 1
    odd = seen[400].first if 400 in seen else None
    if exchange.status == 404 and counts[404] == _LEAST_BESIDE_ONE and odd is not None and counts[400] == 1:
        if odd.method == "GET" and odd.content is None and 404 in seen:
            yield Hit(
                "400 for an error that the service also sends under 404",
                f"{code}: 404 {counts[404]}x, 400 once",
                severity=Severity.INFO,
                suggested_status=404,
                discriminator=f"{code} 400",
                story=(seen[404].first.step("sent as 404"), odd.step("sent as 400")),
                note="sent as 404",
                about=odd,
            )
        return
    often = {status: count for status, count in sorted(counts.items()) if count >= _LEAST_EACH}
    if exchange.status not in often or len({_KIN.get(status, status) for status in often}) < 2:
        return
    yield Hit(
        f"one error under {len(often)} statuses: {', '.join(map(str, often))}",
        f"{code}: " + ", ".join(f"{status} {count}x" for status, count in often.items()),
        discriminator=code,
        story=tuple(
            each.first.step(f"sent as {status}") for status, each in sorted(seen.items()) if status != exchange.status
        ),
        note="the same error by another status",
    )


BAD = (
    """\
# 2 times, every 20s
POST /orders?draft={n} HTTP/1.1
Host: shop.example

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"code": "BASKET_EMPTY", "message": "There is nothing in it"}
# 2 times, every 20s
POST /quotes?draft={n} HTTP/1.1
Host: shop.example

HTTP/1.1 409 Conflict
Content-Type: application/json

{"code": "BASKET_EMPTY", "message": "There is nothing in it"}
""",
)

GOOD = (
    """\
# 2 times, every 20s
POST /orders?draft={n} HTTP/1.1
Host: shop.example

HTTP/1.1 409 Conflict
Content-Type: application/json

{"code": "BASKET_EMPTY", "message": "There is nothing in it"}
# 2 times, every 20s
POST /quotes?draft={n} HTTP/1.1
Host: shop.example

HTTP/1.1 409 Conflict
Content-Type: application/json

{"code": "BASKET_EMPTY", "message": "There is nothing in it"}
""",
)
