"""A client retries earlier than Retry-After allows

What it does
------------
Reports a request that follows a 429 or 503 to the same client, with the same credentials and on the same route, before
nine tenths of the time in its ``Retry-After`` have passed.

Why it matters
--------------
The load that the service shed in order to recover comes back at once. Limits that also count refused calls never open
again. Some services ban clients for it.

Known exceptions
----------------
Requests that were already under way when the refusal came, waits of more than an hour, and calls for another resource
of the route that succeed. If another resource is refused, too, each may have its own limit, so this is a hint. A later
success on the route shows that the limit is over. People who reload a page, and health checks, are left out.

How to fix
----------
Let the client's library honour ``Retry-After`` (urllib3: ``Retry(respect_retry_after_header=True)``), do not clamp it
to a maximum of your own, and share the pause among the client's workers.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.3
- https://www.rfc-editor.org/rfc/rfc6585.html#section-4
"""

from collections.abc import Iterator, Sequence
from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.rule import Context, Rule, When
from wirelint.core.visit import Visit
from wirelint.history.repeats import by_a_person, is_probe, knew, same_client
from wirelint.history.visits import Visits
from wirelint.history.waiting import Waiting, was_asked_to_wait

_REFUSALS: Final = frozenset({429, 503})
_LONGEST: Final = 3600.0
_ENOUGH: Final = 0.9
# Seconds within which one worker of a client may not know yet what another one received.
_HEARSAY: Final = 0.25

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the same client received the wait in seconds, and the time in between was measured",
    basis="ought to: RFC 9110 section 10.2.3",
    when=When(status="2xx 3xx 4xx 5xx none"),
    side=Side.CLIENT,
    recalls=(Visits, Waiting),
    after=was_asked_to_wait,
)


def check(exchange: Exchange, context: Context) -> Iterator[Hit]:
    """Look for a request before the wait is over."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    asked = _last_word(visits.of_client(exchange), now)
    if asked is None or asked.wait is None or asked.wait > _LONGEST:
        return
    waited = now.started - asked.ended
    if by_a_person(exchange) or is_probe(exchange):
        return
    # Limits may be per resource of a route: another resource may share the limit if it is refused, too.
    if waited >= _ENOUGH * asked.wait or (asked.resource != now.resource and now.status not in _REFUSALS):
        return
    yield Hit(
        f"the client came back after {waited:.1f} s, but was asked to wait {asked.wait:.0f} s",
        f"{asked.status} with Retry-After, {asked.wait:.0f} s; sent again {waited:.1f} s later",
        confidence=None if asked.resource == now.resource or "{" not in now.route else Confidence.WEAK,
        story=(asked.step(f"asked to wait {asked.wait:.0f} s"),),
        note=f"sent {waited:.1f} s later",
    )


def _last_word(story: Sequence[Visit], now: Visit) -> Visit | None:
    """Return the refusal that the client knew when it sent the request, None if there was none."""
    for visit in reversed(story):
        if visit.method != now.method or visit.route != now.route or not same_client(visit, now):
            continue
        again = visit.request is not None and visit.request == now.request
        if knew(now, visit) and (again or now.started - visit.ended >= _HEARSAY):
            return visit if visit.status in _REFUSALS else None
    return None


BAD = (
    """\
GET /reports HTTP/1.1
Host: shop.example

HTTP/1.1 429 Too Many Requests
Retry-After: 30
Content-Type: application/json

{"error": "rate limit exceeded"}
# +2s
GET /reports HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
""",
)

GOOD = (
    """\
GET /reports HTTP/1.1
Host: shop.example

HTTP/1.1 429 Too Many Requests
Retry-After: 30
Content-Type: application/json

{"error": "rate limit exceeded"}
# +29s
GET /reports HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
""",
)
