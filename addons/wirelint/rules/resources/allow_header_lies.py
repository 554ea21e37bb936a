"""Allow lists a method that is refused, or omits one that works

What it does
------------
Compares the methods that a resource listed in ``Allow`` with its answers to the same caller: a listed method gets 405
or 501, or an unlisted one succeeds. The list may come before or after the answer.

Why it matters
--------------
``Allow`` says what clients may do next (RFC 9110 section 10.2.1): consoles and generic clients build their buttons from
it, and API gateways their rules.

Known exceptions
----------------
Lists may depend on the caller and on the state of the resource, so another caller, or a write in between, proves
nothing. Not judged: an empty list, a list in the response to a browser's preflight request, and HEAD and OPTIONS, which
frameworks answer by themselves. A contradiction within one response is method-not-allowed-lists-method.

How to fix
----------
Compute the list from the routes of the same resource: CORS middleware and server defaults answer OPTIONS with all
methods.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.1
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.7
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.methods import METHODS
from wirelint.core.rule import Context, Rule, When
from wirelint.core.state import either
from wirelint.evidence.failing import holds_error
from wirelint.history.allowed import Allowed, allowance, allowance_is_known
from wirelint.history.method_proofs import LISTED, OMITTED
from wirelint.history.methods import Methods, may_prove
from wirelint.history.turns import in_turn
from wirelint.history.visits import Visits
from wirelint.history.writes import Writes

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="list and answer are for one caller, but the service may have changed in between",
    basis="policy: RFC 9110 section 10.2.1 defines Allow as the methods advertised as supported",
    when=When(status="2xx 405 501"),
    recalls=(Allowed, Methods, Visits, Writes),
    after=either(allowance_is_known, may_prove),
    once_per="route",
)

_ANSWERED_BY_ITSELF: Final = frozenset({"HEAD", "OPTIONS", "TRACE", "CONNECT", "MKCOL"})
"""MKCOL is refused by 405 where there is something (RFC 4918 section 9.3.1)."""
_OVERRIDES: Final = ("x-http-method-override", "x-http-method", "x-method-override")


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the answer with the earlier list, then the list with earlier answers."""
    yield from _by_list(exchange, context)
    for proof in context.recall(Methods).proofs(exchange):
        if proof.kind in (LISTED, OMITTED) and proof.method not in (exchange.request.method, "MKCOL"):
            on_list = proof.kind == LISTED
            other = proof.story[0]
            yield Hit(
                f"Allow {'lists' if on_list else 'omits'} {proof.method}, which was answered {other.outcome}",
                f"{proof.fault.method} {proof.fault.route}: Allow: {', '.join(sorted(allowance(exchange) & METHODS))}; {proof.method}: {other.outcome}",
                discriminator="listed" if on_list else "not listed",
                story=proof.story,
                note=proof.note,
            )


def _by_list(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a listed method that is refused, or an unlisted one that succeeds."""
    listed = context.recall(Allowed).of(exchange)
    method = exchange.request.method
    if listed is None or listed.visit.method == method or method in _ANSWERED_BY_ITSELF:
        return
    now = context.recall(Visits).now(exchange)
    on_list, refused = method in listed.methods, now.status in (405, 501)
    if on_list is not refused or not (refused or now.succeeded) or not in_turn(listed.visit, now):
        return
    if any(name in exchange.request.headers for name in _OVERRIDES) or method in allowance(exchange):
        return
    if context.recall(Writes).touched(exchange, listed.visit) or (not refused and holds_error(exchange)):
        return
    yield Hit(
        f"{now.status} to {now.method}, which Allow {'lists' if on_list else 'omits'}",
        f"{listed.visit.method} {now.route}: Allow: {', '.join(sorted(listed.methods & METHODS))}; {now.method}: {now.status}",
        discriminator="listed" if on_list else "not listed",
        story=(listed.visit.step("lists the method" if on_list else "does not list the method"),),
        note="refused" if refused else "accepted",
    )


BAD = (
    """\
OPTIONS /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content
Allow: GET, HEAD, PUT, PATCH, DELETE, OPTIONS

PATCH /orders/42 HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 405 Method Not Allowed
Allow: GET, HEAD, PUT, DELETE
Content-Type: application/json

{"error": "method not allowed"}
""",
    """\
POST /orders/42 HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 405 Method Not Allowed
Allow: GET
Content-Type: application/json

{"error": "method not allowed"}
PUT /orders/42 HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 204 No Content

""",
)

GOOD = (
    """\
OPTIONS /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content
Allow: GET, HEAD, PUT

PUT /orders/42 HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 204 No Content

PATCH /orders/42 HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 405 Method Not Allowed
Allow: GET, HEAD, PUT
Content-Type: application/json

{"error": "method not allowed"}
""",
)
