"""A client repeats a forbidden request with the same credentials

What it does
------------
Reports a request that the same client sent three more times within a minute after a 403, with the same credentials, and
that got 403 each time.

Why it matters
--------------
403 says that these credentials do not suffice, and RFC 9110 section 15.5.4 says that clients should not repeat the
request with them. The retries fill the service's security logs and hide real attacks.

Known exceptions
----------------
New permissions take a while to spread: if the client changed something in between, the count starts again, and for two
minutes after it granted a permission it may wait. Rate limits by 403, answers with ``Retry-After``, and people who
reload a page.

How to fix
----------
Remove 403 from the statuses that are retried. Show the error to the user, or ask for other credentials.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.4
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.methods import SAFE
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.visit import Visit
from wirelint.evidence.said import meanings
from wirelint.evidence.texts import Meaning
from wirelint.history.repeats import by_a_person, has_become, repeats
from wirelint.history.visits import Visits, client_had_failed

_COUNT: Final = 4
_SPAN: Final = 60.0
_SPREADS: Final = 120.0
_permission: Final = re.compile(
    r"role|permi|polic|grant|member|access|iam|binding|share|acl|invit|scope|team|group", re.IGNORECASE
)

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="request, client and credentials are the same, and each was sent after the refusal before",
    basis="SHOULD NOT: RFC 9110 section 15.5.4",
    when=When(status="403"),
    reads=Reads.NOTHING,
    side=Side.CLIENT,
    recalls=(Visits,),
    after=client_had_failed,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a 403 and three more tries."""
    visits = context.recall(Visits)
    now = visits.now(exchange)
    row = [visit for visit in repeats(visits.of_client(exchange), now) if visit.wait is None]
    if not has_become(row, _COUNT, _SPAN) or now.wait is not None:
        return
    if by_a_person(exchange) or meanings(exchange) & {Meaning.RATE, Meaning.QUOTA}:
        return
    if _is_spreading(visits.of_credential(exchange), row[0]):
        return
    yield Hit(
        f"the client repeated a forbidden request {_COUNT - 1} times with the same credentials",
        f"{now.method} {now.route} → 403, {_COUNT}x in {now.started - row[-_COUNT].started:.1f} s",
        story=tuple(visit.step("forbidden") for visit in row[-_COUNT:-1]),
        note="sent again, forbidden again",
    )


def _is_spreading(past: Iterable[Visit], first: Visit) -> bool:
    """Return whether the caller may wait for a permission that it granted."""
    return any(
        visit.succeeded
        and visit.method not in SAFE
        and first.started - visit.ended <= _SPREADS
        and _permission.search(visit.route)
        for visit in past
    )


BAD = (
    """\
# 4 times, every 5s
DELETE /users/7 HTTP/1.1
Host: shop.example
Authorization: Bearer 66d3d6c2aa3e8a2a1d1a8d3f9f1b2c4e

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "admins only"}
""",
)

GOOD = (
    """\
DELETE /users/7 HTTP/1.1
Host: shop.example
Authorization: Bearer 66d3d6c2aa3e8a2a1d1a8d3f9f1b2c4e

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "admins only"}
# +5s
DELETE /users/7 HTTP/1.1
Host: shop.example
Authorization: Bearer 0cc175b9c0f1b6a831c399e269772661

HTTP/1.1 204 No Content

""",
)
