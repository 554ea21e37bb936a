"""One route refuses anonymous requests with different statuses

What it does
------------
Reports a route that answers requests of one method without credentials by 401 and by 403, each at least three times and by
turns. Where the route holds an id, and for a 404 in place of either, one resource must have been answered both ways, by
turns.

Why it matters
--------------
Clients decide by the status whether to log in (401), to give up (403) or to forget the address (404). Where the status
depends on chance, or on the server that answers, they log people out, or never ask them to log in.

Known exceptions
----------------
Firewalls, rate limits and protection against forged requests refuse for reasons of their own, by 403. Answers by different
servers behind one name are not compared, and nothing is said of services where no credentials were ever seen: recorders
leave them out. A change from one status to the other, as by a new release, is none. One thing may be kept from anonymous clients
and another one from everybody.

How to fix
----------
Let one place decide: no credentials or bad ones, 401 with ``WWW-Authenticate``; good ones without permission, 403. Hide what
exists, where that is wanted, from everyone and always.

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
    basis="policy: RFC 9110 sections 15.5.2 and 15.5.4 tell the two apart",
    when=When(status="401 403 404"),
    recalls=(Visits, Routes),
    once_per="route",
)

_TIMES: Final = 3


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """The third refusal of one kind, among three of another."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    if not now.stranger or now.aside or now.status is None:
        return
    routes = context.recall(Routes)
    if not routes.hears_credentials(now.service, now.ended):
        return
    refusals, by = routes.of(exchange).to_strangers, maker(exchange)
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
    """Whether the other status came between two of the one at hand, and lately."""
    last = other.last
    return last is not None and own.samples[0].ended < last.ended < now.ended <= last.ended + WINDOW


def _same_resource(story: Sequence[Visit], now: Visit, other: int) -> bool:
    """Whether the very resource was answered so, otherwise, and so again, all without credentials."""
    told = [visit.status for visit in story if visit.stranger and visit.method == now.method and not visit.aside]
    return now.status in told and other in told[told.index(now.status) :]


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
