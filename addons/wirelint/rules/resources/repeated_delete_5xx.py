"""A server error for the second DELETE of a resource; 404 is expected

What it does
------------
Reports a 5xx to a DELETE that the same caller sent before with success.

Why it matters
--------------
DELETE is idempotent (RFC 9110 section 9.2.2): clients and proxies send it again if they missed the answer. The answer
says that the service is broken, and they may retry forever, although the resource is gone as intended.

Known exceptions
----------------
404, 410 and 204 are all fine. 502, 503 and 504 report an outage. So do failures of most recent requests of the client
or to the service, except other deletions of deleted resources. If the resource was seen or written again in between, or
the DELETE carries other content, it is not the same deletion.

How to fix
----------
Answer 404, 410 or 204 if there is nothing to delete: handle a missing row, file or message, and do not let it become an
exception.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.2.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.5
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Visit
from wirelint.history.methods import Methods
from wirelint.history.paths import place_of
from wirelint.history.turns import in_turn
from wirelint.history.visits import Visits

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the same request succeeded before, and nothing was seen to bring the resource back",
    basis="policy: RFC 9110 section 9.2.2 makes DELETE idempotent",
    when=When(status="5xx", method="DELETE"),
    needs_fields=False,
    verdict=Verdict.SERVER_ERROR,
    suggested_status=404,
    recalls=(Methods, Visits),
)

_DONE: Final = frozenset({200, 204})
_OUTAGE: Final = frozenset({502, 503, 504})
_AROUND: Final = 60.0


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the same DELETE with success before."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    if now.status in _OUTAGE or now.request is None:
        return
    for visit in reversed(visits.of_resource(exchange)):
        if visit.method != "DELETE":
            if visit.method != "OPTIONS" and (visit.status is None or visit.status < 400):
                return
        elif visit.succeeded and visit.status in _DONE:
            if visit.request == now.request and in_turn(visit, now) and not _is_outage(exchange, context, now):
                yield Hit(
                    f"DELETE answered {now.status} after the same DELETE succeeded",
                    f"DELETE {now.route} → {visit.status}, then {now.status}",
                    story=(visit.step("deleted"),),
                    note="deleted once more",
                )
            return


def _is_outage(exchange: Answered, context: Context, now: Visit) -> bool:
    """Return whether most other requests failed, too: those of the client within a minute, or all recent ones."""
    if context.recall(Methods).is_outage(now.service, place_of(exchange).path, now.ended):
        return True
    visits = context.recall(Visits)
    latest = {
        visit.resource: visit.status is None or visit.status >= 500
        for visit in visits.of_client(exchange)
        if visit.resource != now.resource and visit.method != "DELETE" and now.started - visit.ended <= _AROUND
    }
    return 2 * sum(latest.values()) > len(latest)


BAD = (
    """\
DELETE /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

DELETE /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "internal error"}
""",
)

GOOD = (
    """\
DELETE /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

DELETE /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such order"}
""",
    """\
DELETE /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

DELETE /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

""",
)
