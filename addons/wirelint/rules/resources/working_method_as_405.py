"""405 for a method that works on the same resource

What it does
------------
Reports a 405 to a request whose method and target succeeded for the same caller twice before, or once before and once
after.

Why it matters
--------------
405 says that the resource does not support the method (RFC 9110 section 15.5.6). Clients and gateways stop using it,
and caches may store the answer. But something else was wrong: the content, a state, or one of several servers.

Known exceptions
----------------
Other callers and other targets, concurrent requests, and requests that override the method by a field.

How to fix
----------
Answer 409 if the state of the resource does not permit the request, 400 or 422 for the content, 403 for the caller, 503
while writes are switched off. If only some servers refuse, compare their versions and routes.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.6
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.10
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.history.method_proofs import WORKING_REFUSED
from wirelint.history.methods import Methods, may_prove
from wirelint.history.visits import Visits

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="the method worked twice on the same target for the same caller; the service may have changed since",
    basis="policy: RFC 9110 section 15.5.6 defines 405 for a method that the target does not support",
    when=When(status="2xx 405"),
    recalls=(Methods, Visits),
    after=may_prove,
    once_per="route",
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report a 405 to a method that works."""
    for proof in context.recall(Methods).proofs(exchange):
        if proof.kind == WORKING_REFUSED:
            fault = proof.fault
            yield Hit(
                "405 to a method that works here",
                f"{fault.method} {fault.route} → {fault.status}, and success otherwise",
                story=proof.story,
                note=proof.note,
                about=None if fault is context.recall(Visits).now(exchange) else fault,
            )


BAD = (
    """\
PUT /settings HTTP/1.1
Host: shop.example
Content-Type: application/json

{"theme": "dark"}
HTTP/1.1 200 OK
Content-Type: application/json

{"theme": "dark"}
PUT /settings HTTP/1.1
Host: shop.example
Content-Type: application/json

{"theme": 7}
HTTP/1.1 405 Method Not Allowed
Allow: GET
Content-Type: application/json

{"error": "cannot be done"}
PUT /settings HTTP/1.1
Host: shop.example
Content-Type: application/json

{"theme": "light"}
HTTP/1.1 200 OK
Content-Type: application/json

{"theme": "light"}
""",
)

GOOD = (
    """\
GET /settings HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"theme": "dark"}
PUT /settings HTTP/1.1
Host: shop.example
Content-Type: application/json

{"theme": 7}
HTTP/1.1 405 Method Not Allowed
Allow: GET
Content-Type: application/json

{"error": "cannot be done"}
GET /settings HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"theme": "dark"}
""",
)
