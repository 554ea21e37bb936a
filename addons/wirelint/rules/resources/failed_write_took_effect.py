"""A rejected write took effect

What it does
------------
Reports a PUT or PATCH that got 4xx, after which the resource has exactly the values that were sent, and had others
before.

Why it matters
--------------
A 4xx says that the request was not carried out. Clients show an error, and people enter the stored values once more, or
assume that nothing happened.

Known exceptions
----------------
Other clients may have written the same values at that time, and some values change by themselves, so this is a hint.
409, 412 and 423 say that another client was at work.

How to fix
----------
Validate before writing, and write in one transaction that an error rolls back. If a part was carried out, say so: 207,
or a 5xx that names the missing part.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5
- https://www.rfc-editor.org/rfc/rfc5789.html#section-2
"""

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.history.attempts import Attempts, values, write_was_rejected
from wirelint.history.contents import content_of
from wirelint.history.turns import in_turn
from wirelint.history.visits import Visits
from wirelint.history.writes import Writes

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.WEAK,
    because="the values are exactly those that were sent, but others may have written them",
    basis="policy: RFC 9110 section 15.5; RFC 5789 section 2 requires PATCH to be atomic",
    when=When(status="200", method="GET", media=(Kind.JSON,)),
    reads=Reads.WHOLE,
    recalls=(Attempts, Visits, Writes),
    after=write_was_rejected,
    once_per="route",
)

_SHOWN: Final = 5
_name: Final = re.compile(r"[A-Za-z_$][A-Za-z_-]{0,31}")


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a read, a rejected write, and a read of the rejected values."""
    attempt = context.recall(Attempts).of(exchange)
    if attempt is None:
        return
    write, visits = attempt.visit, context.recall(Visits)
    now = visits.now(exchange)
    if not in_turn(write, now) or content_of(exchange) is None:
        return
    if any(visit.method == "GET" and visit.ended >= write.ended for visit in visits.of_resource(exchange)):
        return
    shown = values(exchange.response.body.json)
    taken = [name for name, value in attempt.fields.items() if shown.get(name) == value]
    if not taken or context.recall(Writes).touched(exchange, attempt.seen):
        return
    yield Hit(
        f"{write.method} answered {write.status}, but its values are there",
        f"{write.method} {write.route} → {write.status}; changed: {_names(taken)}",
        story=(attempt.seen.step("the values before"), write.step("other values, rejected")),
        note="the rejected values",
        about=write,
    )


def _names(fields: Iterable[str]) -> str:
    """Return the names of fields; any other key may be data, as in an object keyed by addresses."""
    shown = set()
    for field in fields:
        parts = field.split(".")
        known = list(takewhile(_name.fullmatch, parts))
        shown.add(".".join(known if len(known) == len(parts) else [*known, "*"]))
    return ", ".join(sorted(shown)[:_SHOWN])


BAD = (
    """\
GET /users/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "nickname": "Ada", "age": 36}
PATCH /users/42 HTTP/1.1
Host: shop.example
Content-Type: application/json

{"nickname": "Countess", "age": -1}
HTTP/1.1 422 Unprocessable Content
Content-Type: application/json

{"error": "age must be positive"}
GET /users/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "nickname": "Countess", "age": 36}
""",
)

GOOD = (
    """\
GET /users/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "nickname": "Ada", "age": 36}
PATCH /users/42 HTTP/1.1
Host: shop.example
Content-Type: application/json

{"nickname": "Countess", "age": -1}
HTTP/1.1 422 Unprocessable Content
Content-Type: application/json

{"error": "age must be positive"}
GET /users/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "nickname": "Ada", "age": 36}
""",
)
