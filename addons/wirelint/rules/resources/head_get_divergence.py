"""HEAD and GET disagree

What it does
------------
Reports a HEAD whose status is of another class than that of GET for the same resource, or whose ``Content-Length``
differs. To rule out a change of the resource, one of the two must have been seen before and after the other, unchanged.
Two exchanges suffice for the length if both carry the same strong ``ETag``. They also suffice for a HEAD that gets 400,
403 or 500 after a successful GET, if no HEAD ever succeeded there.

Why it matters
--------------
HEAD is GET without the content (RFC 9110 section 9.3.2). ``Content-Length`` must be the length that GET would have, or
be omitted (section 8.6). Link checkers drop pages that exist, and downloads are planned for 0 bytes.

Known exceptions
----------------
HEAD that is not implemented (405, 501), temporary failures (429, 502 to 504), conditional and range requests, other
requested or sent representations, responses from caches, other callers, writes in between, and exchanges more than a
minute apart.

How to fix
----------
Route HEAD to the handler of GET and let the server drop the content. Do not send ``Content-Length: 0`` for an unknown
length.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-8.6
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.state import either
from wirelint.history.looks import Look, Looks, look_of, was_looked_at
from wirelint.history.method_proofs import HEAD_DIFFERS
from wirelint.history.methods import Methods, may_prove
from wirelint.history.turns import in_turn
from wirelint.history.visits import Visits
from wirelint.history.writes import Writes

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="the same answer was seen before and after, or carries the same validator",
    basis="MUST NOT: RFC 9110 section 8.6; SHOULD: section 9.3.2",
    when=When(method="HEAD GET", status="2xx 4xx 5xx"),
    recalls=(Looks, Methods, Visits, Writes),
    after=either(was_looked_at, may_prove),
    once_per="route",
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare answers to both methods, else look for a HEAD that fails after a successful GET."""
    found = tuple(_by_looks(exchange, context))
    yield from found
    for proof in () if found else context.recall(Methods).proofs(exchange):
        if proof.kind == HEAD_DIFFERS:
            fault = proof.fault
            yield Hit(
                "HEAD and GET differ in status",
                f"HEAD {fault.route} → {fault.status}; GET: {proof.story[0].outcome}",
                discriminator="status",
                story=proof.story,
                note=proof.note,
                about=None if fault is context.recall(Visits).now(exchange) else fault,
            )


def _by_looks(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare with the latest answer to the other method, and with the one before it."""
    looks = context.recall(Looks).of(exchange)
    if not looks:
        return
    now = context.recall(Visits).now(exchange)
    look = look_of(exchange, now)
    other = looks[-1]
    if look is None or other.visit.method == now.method or not in_turn(other.visit, now):
        return
    first = looks[0] if len(looks) > 1 else None
    if first is not None and not (first.agrees(look) and in_turn(first.visit, other.visit)):
        first = None
    difference = _difference(look, other, sandwiched=first is not None)
    if difference is None or context.recall(Writes).touched(exchange, (first or other).visit):
        return
    head, get = (look, other) if now.method == "HEAD" else (other, look)
    yield Hit(
        f"HEAD and GET differ in {difference}",
        f"HEAD {now.route} → {_text(head)}; GET: {_text(get)}",
        discriminator=difference,
        story=(
            *(() if first is None else (first.visit.step("the same before"),)),
            other.visit.step("HEAD" if other is head else "GET"),
        ),
        note="other than that",
        about=None if head is look else head.visit,
    )


def _difference(one: Look, other: Look, *, sandwiched: bool) -> str | None:
    if one.asked != other.asked:
        return None
    if one.outcome != other.outcome:
        return "status" if sandwiched else None
    known = None not in (one.length, other.length) and one.coding == other.coding
    if one.outcome != 2 or not known or one.length == other.length:
        return None
    validated = one.etag is not None and one.etag == other.etag
    return "Content-Length" if sandwiched or validated else None


def _text(look: Look) -> str:
    return f"{look.visit.status}" + ("" if look.length is None else f", Content-Length: {look.length}")


BAD = (
    """\
HEAD /reports/7 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

GET /reports/7 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 9

{"id": 7}
HEAD /reports/7 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

""",
    """\
HEAD /reports/7 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json
ETag: "a1"
Content-Length: 0

GET /reports/7 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json
ETag: "a1"
Content-Length: 9

{"id": 7}
""",
)

GOOD = (
    """\
HEAD /reports/7 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 9

GET /reports/7 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 9

{"id": 7}
HEAD /reports/7 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 9

""",
)
