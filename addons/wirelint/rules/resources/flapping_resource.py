"""A resource appears and disappears

What it does
------------
Reports a resource that changes between success and 404 or 5xx at least four times within a minute, for one caller that
only sends GET, without any write to it.

Why it matters
--------------
Such a resource exists on some nodes and not on others, or its health check flaps. Each single answer looks fine, and no
client can know which one is right.

Known exceptions
----------------
Writes to the resource, above and below it. A resource may change that fast by design, so this is a hint.

How to fix
----------
Find out which instance gave which answer. Read from the node that was written to, or answer 503 with ``Retry-After``
until the replicas agree.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.5
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.4
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.visit import Visit
from wirelint.history.turns import in_turn
from wirelint.history.visits import Visits
from wirelint.history.writes import Writes

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.WEAK,
    because="a resource may change by itself",
    basis="policy: the answer to a request should not depend on the node",
    when=When(status="2xx 404 5xx", method="GET"),
    default=False,
    recalls=(Visits, Writes),
    once_per="route",
)

_MINUTE: Final = 60.0
_CHANGES: Final = 4


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Count the changes up to this exchange, which must be one."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    if not _counts(now):
        return
    turns = [now]
    for visit in reversed(visits.of_resource(exchange)):
        if now.ended - visit.ended > _MINUTE:
            break
        if _counts(visit) and visit.succeeded is not turns[-1].succeeded and in_turn(visit, turns[-1]):
            turns.append(visit)
        elif len(turns) == 1 and visit.method == "GET":
            return
    if len(turns) <= _CHANGES or context.recall(Writes).touched(exchange, turns[-1]):
        return
    turns.reverse()
    yield Hit(
        f"changed {len(turns) - 1} times between present and absent within a minute",
        f"GET {now.route} → {', '.join(visit.outcome for visit in turns[-6:])}",
        story=tuple(visit.step("there" if visit.succeeded else "not there") for visit in turns[-7:-1]),
        note="there" if now.succeeded else "not there",
    )


def _counts(visit: Visit) -> bool:
    status = visit.status
    return visit.method == "GET" and status is not None and (visit.succeeded or status == 404 or status >= 500)


_THERE: Final = """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42}
"""

_MISSING: Final = """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such order"}
"""

BAD = (_THERE + _MISSING + _THERE + _MISSING + _THERE,)

GOOD = (_THERE + _MISSING + _THERE,)
