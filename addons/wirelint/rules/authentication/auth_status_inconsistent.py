"""One route refuses anonymous requests with different statuses

What it does
------------
Reports a route that refuses requests without credentials with 401 and with 403, each at least three times, alternating.
If the route contains an id, or if one of the two is a 404, the same resource must have been refused both ways,
alternating.

Why it matters
--------------
Clients decide by the status whether to log in (401), to give up (403) or to forget the address (404). If the status
depends on chance, or on the server that answers, clients log users out or never ask them to log in.

Known exceptions
----------------
Firewalls, rate limits and protection against forged requests refuse with 403 for their own reasons. Answers of
different servers behind one name are not compared. Services that were never seen with credentials are not judged,
because recorders remove credentials. A single change from one status to the other, as by a new release, is not
reported. One resource may be hidden from anonymous clients, and another from everybody.

How to fix
----------
Decide in one place: 401 with ``WWW-Authenticate`` for missing or invalid credentials, 403 for valid ones without
permission. If existence must stay hidden, hide it from everyone, always.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.4
"""

from collections.abc import Iterator, Sequence
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.state import WINDOW
from wirelint.core.visit import Step, Visit
from wirelint.evidence.makers import maker
from wirelint.history.routes import REFUSALS, Routes
from wirelint.history.sightings import Sightings
from wirelint.history.visits import Visits

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="each status was seen three times, by turns",
    basis="policy: RFC 9110 sections 15.5.2 and 15.5.4 define the two",
    when=When(status="401 403 404"),
    recalls=(Visits, Routes),
    once_per="route",
)

_TIMES: Final = 3


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the third refusal with one status among three with another."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    if not now.anonymous or now.aside or now.status is None:
        return
    routes = context.recall(Routes)
    if not routes.hears_credentials(now.service, now.ended):
        return
    refusals, by = routes.of(exchange).to_anonymous, maker(exchange)
    own = refusals.get((now.method, now.status, by))
    if own is None or own.count + 1 < _TIMES:
        return
    for status in sorted(REFUSALS - {now.status}):
        other = refusals.get((now.method, status, by))
        if other is None or other.count < _TIMES or not _by_turns(own, other, now):
            continue
        by_id = "{" in now.route or 404 in (status, now.status)
        if by_id and not _same_resource(visits.of_resource(exchange), now, status):
            continue
        yield Hit(
            f"{now.status} and {status} to anonymous requests, on one route",
            f"{now.method} {now.route} → {now.status} {own.count + 1} times, {status} {other.count} times",
            suggested_status=401,
            discriminator="404" if 404 in (status, now.status) else "",
            story=(*_steps(own), *_steps(other)),
            note=f"refused by {now.status}",
        )
        return


def _by_turns(own: Sightings, other: Sightings, now: Visit) -> bool:
    """Return whether the other status came between two of the current one, recently."""
    last = other.last
    return last is not None and own.samples[0].ended < last.ended < now.ended <= last.ended + WINDOW


def _same_resource(story: Sequence[Visit], now: Visit, other: int) -> bool:
    """Return whether this resource alternated between the two statuses, all without credentials."""
    statuses = [visit.status for visit in story if visit.anonymous and visit.method == now.method and not visit.aside]
    return now.status in statuses and other in statuses[statuses.index(now.status) :]


def _steps(sightings: Sightings) -> Iterator[Step]:
    return (visit.step(f"refused by {visit.status}") for visit in sightings.samples[:_TIMES])


BAD = (
    """\
GET /notes HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
GET /notes HTTP/1.1
Host: shop.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "log in first"}
GET /notes HTTP/1.1
Host: shop.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not read notes"}
GET /notes HTTP/1.1
Host: shop.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "log in first"}
GET /notes HTTP/1.1
Host: shop.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not read notes"}
GET /notes HTTP/1.1
Host: shop.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "log in first"}
GET /notes HTTP/1.1
Host: shop.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not read notes"}
""",
)

GOOD = (
    """\
GET /notes HTTP/1.1
Host: shop.example
X-Api-Key: b1946ac92492d234

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
GET /notes HTTP/1.1
Host: shop.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "log in first"}
GET /notes HTTP/1.1
Host: shop.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "log in first"}
GET /notes HTTP/1.1
Host: shop.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ApiKey realm="shop"
Content-Type: application/json

{"error": "log in first"}
GET /notes HTTP/1.1
Host: shop.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not read notes"}
GET /notes HTTP/1.1
Host: shop.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not read notes"}
GET /notes HTTP/1.1
Host: shop.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "you may not read notes"}
""",
)
