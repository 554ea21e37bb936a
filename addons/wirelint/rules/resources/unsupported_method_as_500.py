"""500 for a method that the resource does not support; 405 or 501 is expected

What it does
------------
Reports a 500 to a method that a collection does not support, if GET works on it and the method works only on its
members. Also reports a 500 to a method that the server does not know, if GET works.

Why it matters
--------------
The service looks broken although the request was wrong. Alerts fire, clients retry without any chance of success, and
never learn that the method is not supported.

Known exceptions
----------------
A method that worked on the path or on a sibling. Errors about a database, a connection or a lack of resources. Times at
which most of the service's answers are failures.

How to fix
----------
Answer 405 with ``Allow`` for methods that a resource does not support (RFC 9110 section 15.5.6), and 501 for methods
that the server does not know (section 15.6.2). Let the router decide before the handler reads the request.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.6
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.2
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.methods import method_name
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.history.method_proofs import UNSUPPORTED_FAILED
from wirelint.history.methods import Methods, may_prove
from wirelint.history.visits import Visits

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="GET works on the path, and the method works only on members or is unknown",
    basis="policy: RFC 9110 section 15.5.6 defines 405 for a method that the target does not support",
    when=When(status="2xx 500"),
    verdict=Verdict.CLIENT_ERROR,
    suggested_status=405,
    recalls=(Methods, Visits),
    after=may_prove,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the answers to the methods of the path."""
    for proof in context.recall(Methods).proofs(exchange):
        if proof.kind == UNSUPPORTED_FAILED:
            fault, method = proof.fault, method_name(proof.method)
            yield Hit(
                "500 sent for a method that this path does not support; 405 is expected",
                f"{method} {fault.route} → {fault.status}; {proof.story[0].request}: works",
                suggested_status=501 if method == "_OTHER" else None,
                story=proof.story,
                note=proof.note,
                about=None if fault is context.recall(Visits).now(exchange) else fault,
            )


BAD = (
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 7}]
DELETE /orders HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal Server Error"}
DELETE /orders/7 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

""",
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 7}]
BREW /orders HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal Server Error"}
""",
)

GOOD = (
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 7}]
DELETE /orders HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "connection to the database was refused"}
DELETE /orders/7 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

""",
)
