"""A client retries a failing request again and again without backing off

What it does
------------
Reports the fifth of five identical requests within ten seconds that all got the same failure, each sent after the
previous answer, with pauses that do not grow.

Why it matters
--------------
The retries of its clients keep a service down after a short outage. An error that repeating cannot fix fills logs and
uses up rate limits.

Known exceptions
----------------
Waiting for something to appear or to be released (404, 409, 410, 423, 425, or such words, as while a user has yet to
consent). Health checks. Polls that continue at the pace of their successes. Services that call once for each of their
own requests, as trace ids or uneven pauses show. Clients that changed something in between. 401, 403 and refusals with
``Retry-After`` have their own rules.

How to fix
----------
Double the pause after each failure, up to a maximum, with a random part. Give up after a few tries. Do not retry
requests that are refused for their content (400, 422).

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
# A pause of this many seconds, and this many times the usual one, separates two loops.
_LONG: Final = 2.0
_GAP: Final = 3.0
_AWAITED: Final = frozenset({401, 403, 404, 409, 410, 423, 425})
# The least seconds between polls. A success within five seconds of another one is not remembered.
_POLLED: Final = 1.0
_FORGOTTEN: Final = 5.0

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the same request by the same client failed the same way five times, at the same pace",
    basis="policy: RFC 9110 section 9.2.2 leaves retries to clients; those without a growing pause amplify failures",
    when=When(status="4xx 5xx none"),
    needs_fields=False,
    side=Side.CLIENT,
    recalls=(Visits, Traces),
    after=client_had_failed,
)

_MAY_ASK_TO_WAIT: Final = frozenset({429, 503})


def check(exchange: Exchange, context: Context) -> Iterator[Hit]:
    """Look for five in a row without a growing pause."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    if "range" in exchange.request.headers:
        return  # each requests another part
    if not exchange.fields_known and now.status in _MAY_ASK_TO_WAIT:
        return  # the pace may be that of Retry-After
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
        f"the client sent the same request {_COUNT} times in {span:.1f} s, each with {now.outcome}",
        f"{now.method} {now.route} → {now.outcome}, {_COUNT}x in {span:.1f} s",
        story=tuple(visit.step("failed") for visit in row[-_COUNT:-1]),
        note="sent again, failed again",
    )


def _is_awaited(exchange: Exchange) -> bool:
    response = exchange.response
    return response is not None and is_awaited(response.body.text or "", response.status)


def _is_poll(story: Sequence[Visit], row: Sequence[Visit]) -> bool:
    """Return whether the client sent the same request at the same pace while it succeeded."""
    first = row[0]
    pace = (row[-1].started - first.started) / (len(row) - 1)
    before = next(
        (v for v in reversed(story) if v.succeeded and v.request == first.request and same_client(v, first)), None
    )
    if before is None or pace < _POLLED:
        return False
    return pace / _GROWTH <= first.started - before.started <= pace * _GROWTH + _FORGOTTEN


def _passed_on(row: Sequence[Visit], traces: Traces) -> bool:
    """Return whether each was sent on behalf of another request: then only those may have been repeated."""
    ids = [visit.trace_id for visit in row if visit.trace_id is not None]
    return len(set(ids)) == len(ids) and any(traces.made_for_another(visit) for visit in row[:-1])


def _uneven(row: Sequence[Visit]) -> bool:
    """Return whether one pause is much longer: then the requests have different causes."""
    pauses = _pauses(row)
    return max(pauses) > max(_LONG, _GAP * median(pauses))


def _pauses(row: Sequence[Visit]) -> list[float]:
    return [later.started - earlier.ended for earlier, later in pairwise(row)]


def _patient(row: Sequence[Visit]) -> bool:
    """Return whether the pauses grow."""
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
