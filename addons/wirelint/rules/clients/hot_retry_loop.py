"""A client retries a failing request again and again without backing off

What it does
------------
Reports the fifth of five identical requests within ten seconds that all came to the same failure, each sent after the
one before was answered, where the pauses do not grow.

Why it matters
--------------
A service that is down for a moment stays down under the retries of its clients, and an error that repeating cannot mend
fills logs and burns limits.

Known exceptions
----------------
Waiting for something to appear or to be released (404, 409, 410, 423, 425, or words to that effect, as while a user
has yet to consent), probes of a service's health, polls that go on at the pace they had while they were answered,
services that call once for each request of their own, as trace ids or uneven pauses tell, and clients that changed
something in between. 401, 403 and refusals with ``Retry-After`` have rules of their own.

How to fix
----------
Double the pause after each failure, up to a maximum, with a random part; give up after a few; do not repeat what was
refused for what it is (400, 422).

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.2.2
- https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from wirelint.core.exchange import Exchange, FailureKind
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.rule import Context, Rule, When
from wirelint.core.visit import Visit
from wirelint.evidence.lifecycle import is_awaited
from wirelint.history.hops import Traces
from wirelint.history.repeats import by_a_person, has_become, is_probe, repeats, same_client
from wirelint.history.visits import Visits, client_had_failed

_COUNT: Final = 5
_SPAN: Final = 10.0
_GROWTH: Final = 1.5
_JITTER: Final = 0.05
# A pause of so many seconds, and so many times the usual one, is between loops and not in one.
_LONG: Final = 2.0
_GAP: Final = 3.0
_AWAITED: Final = frozenset({401, 403, 404, 409, 410, 423, 425})
# Polls are that far apart in seconds at least, and nothing is remembered of successes that follow one within five.
_POLLED: Final = 1.0
_FORGOTTEN: Final = 5.0

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the same request by the same client came to the same five times, at the same pace",
    basis="policy: RFC 9110 section 9.2.2 leaves retries to clients; those without a growing pause amplify failures",
    when=When(status="4xx 5xx none"),
    side=Side.CLIENT,
    recalls=(Visits, Traces),
    after=client_had_failed,
)


def check(exchange: Exchange, context: Context) -> Iterator[Hit]:
    """Five in a row, and no pause between them that shows patience."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    if "range" in exchange.request.headers:
        return  # each asks for another part
    if now.status in _AWAITED or now.wait is not None or now.failure is FailureKind.CLIENT_GONE:
        return
    row = repeats(visits.of_client(exchange), now)
    if not has_become(row, _COUNT, _SPAN) or _patient(row[-_COUNT:]) or _uneven(row[-_COUNT:]):
        return
    if by_a_person(exchange) or is_probe(exchange) or _is_awaited(exchange):
        return
    if _is_poll(visits.of_resource(exchange), row) or _passed_on(row[-_COUNT:], context.recall(Traces)):
        return
    span = now.started - row[-_COUNT].started
    yield Hit(
        f"the client sent the same request {_COUNT} times in {span:.1f} s, and each came to {now.outcome}",
        f"{now.method} {now.route} → {now.outcome}, {_COUNT}x in {span:.1f} s",
        story=tuple(visit.step("failed") for visit in row[-_COUNT:-1]),
        note="sent again, failed again",
    )


def _is_awaited(exchange: Exchange) -> bool:
    response = exchange.response
    return response is not None and is_awaited(response.body.text or "", response.status)


def _is_poll(story: Sequence[Visit], row: Sequence[Visit]) -> bool:
    """Whether the client sent the same at the same pace while it was answered by success."""
    first = row[0]
    pace = (row[-1].started - first.started) / (len(row) - 1)
    before = next(
        (v for v in reversed(story) if v.succeeded and v.request == first.request and same_client(v, first)), None
    )
    if before is None or pace < _POLLED:
        return False
    return pace / _GROWTH <= first.started - before.started <= pace * _GROWTH + _FORGOTTEN


def _passed_on(row: Sequence[Visit], traces: Traces) -> bool:
    """Whether each was sent for the sake of another request: then it is those that were repeated, if any were."""
    ids = [visit.trace_id for visit in row if visit.trace_id is not None]
    return len(set(ids)) == len(ids) and any(traces.made_for_another(visit) for visit in row[:-1])


def _uneven(row: Sequence[Visit]) -> bool:
    """Whether a pause stands out: then they were sent for different reasons, as by a service that is asked now and then."""
    pauses = _pauses(row)
    return max(pauses) > max(_LONG, _GAP * median(pauses))


def _pauses(row: Sequence[Visit]) -> list[float]:
    return [later.started - earlier.ended for earlier, later in pairwise(row)]


def _patient(row: Sequence[Visit]) -> bool:
    """Whether the pauses grow."""
    pauses = _pauses(row)
    half = len(pauses) // 2
    first, second = sum(pauses[:half]), sum(pauses[-half:])
    return second > _GROWTH * first and second - first > _JITTER


BAD = (
    """\
# 5 times, every 1s
GET /prices HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "could not load prices"}
""",
)

GOOD = (
    """\
GET /prices HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "could not load prices"}
# +0.1s
GET /prices HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "could not load prices"}
# +1s
GET /prices HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "could not load prices"}
# +3s
GET /prices HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 7, "price": 3}]
""",
)
