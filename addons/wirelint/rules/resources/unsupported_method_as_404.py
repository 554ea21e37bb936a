"""404 or 400 for a method that the resource does not support; 405 is expected

What it does
------------
Reports a 404 to a method if another method works on the same path, and the answer is the service's answer for unknown
paths, or names the route («Cannot PUT /orders»). Also reports a 400 without a reason if only the method of the request
can be wrong.

Why it matters
--------------
404 says that there is nothing at this address (RFC 9110 section 15.5.5). Clients drop references to it and their copies
of it, and caches may store the answer. 405 says that the address is right and, in ``Allow``, which methods work.

Known exceptions
----------------
Resources that were deleted, or never seen. A method that works on a sibling path. A method whose answer shows that a
handler exists. Callers that may not see what another caller saw, unless the path refuses them openly. Paths that end in an id, unless
they were read before and after, or GET gets other words for missing ids.

How to fix
----------
Register one handler for the path that answers all other methods with 405 and ``Allow``. Express: ``router.all(path,
…)`` after the routes. Go: ``http.ServeMux`` of 1.22 does so if patterns name methods. Spring, Django and ASP.NET Core
do so unless a catch-all route comes first.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.6
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.5
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.methods import method_name
from wirelint.core.rule import Context, Rule, When
from wirelint.history.method_proofs import UNSUPPORTED
from wirelint.history.methods import Methods, may_prove
from wirelint.history.visits import Visits

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="another method works on the path, and the text is that for an unknown path or names the route",
    basis="policy: RFC 9110 section 15.5.6 defines 405 for a method that the target does not support",
    when=When(status="2xx 400 404"),
    suggested_status=405,
    recalls=(Methods, Visits),
    after=may_prove,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the answers to the methods of the path."""
    for proof in context.recall(Methods).proofs(exchange):
        if proof.kind == UNSUPPORTED:
            fault, method = proof.fault, method_name(proof.method)
            current = context.recall(Visits).now(exchange)
            other = proof.story[0]
            if other.exchange_id == fault.exchange_id:
                other = current.step("")
            yield Hit(
                f"{fault.status} sent for a method that this path does not support; 405 is expected",
                f"{method} {fault.route} → {fault.status}; {other.request} → {other.outcome}",
                severity=None if proof.plain else Severity.INFO,
                story=proof.story,
                note=proof.note,
                about=None if fault is current else fault,
            )


BAD = (
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
PUT /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

[]
HTTP/1.1 404 Not Found
Content-Type: text/plain

Cannot PUT /orders
""",
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
DELETE /orders HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "Not Found"}
GET /reports/yearly HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "Not Found"}
""",
)

GOOD = (
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
PUT /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

[]
HTTP/1.1 405 Method Not Allowed
Allow: GET
Content-Type: text/plain

Cannot PUT /orders
""",
    """\
GET /orders/7 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 7}
DELETE /orders/7 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

DELETE /orders/7 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "Not Found"}
""",
)
