"""500 for a resource that is not there; 404 is expected

What it does
------------
Reports a 500 to a request for something that the service deleted or did not find just before: DELETE, PATCH or PUT
where GET answers 404 to the same caller, and calls below what was deleted (``POST /kernels/7/restart``). PUT counts
where members get their ids from POST. Calls below what was not found count where they were handled for another resource.
A GET that finds nothing right after a PATCH or PUT failed proves it as well.

Why it matters
--------------
The service looks broken although it works. Alerts fire, clients retry without any chance of success, and never learn
that the resource is gone.

Known exceptions
----------------
Something was created since. Errors about a database, a connection or a lack of resources. Times at which most of the
service's answers are failures. A repeated DELETE is repeated-delete-5xx.

How to fix
----------
Look up the resource before the handler works with it, and answer 404, or 410 if it is known to be deleted. DELETE may
also answer 204 if there is nothing to delete.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.5
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.history.method_proofs import GONE_FAILED
from wirelint.history.methods import Methods, may_prove

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="the service itself said that the resource does not exist, and nothing was seen to bring it back",
    basis="policy: RFC 9110 section 15.5.5 defines 404 for resources that do not exist",
    when=When(status="404 500"),
    needs_fields=False,
    verdict=Verdict.CLIENT_ERROR,
    suggested_status=404,
    recalls=(Methods,),
    after=may_prove,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report a failure for a resource that is gone."""
    for proof in context.recall(Methods).proofs(exchange):
        if proof.kind == GONE_FAILED:
            fault, current = proof.fault, context.state.visit(exchange)
            if fault is current:
                gone = proof.story[0]
                if proof.method == "DELETE" and gone.request == f"DELETE {fault.route}":
                    continue  # repeated-delete-5xx reports it
            else:
                gone = current.step(proof.note)
            yield Hit(
                "500 sent for a resource that does not exist; 404 is expected",
                f"{gone.request} → {gone.outcome}; {fault.method} {fault.route} → {fault.status}",
                story=proof.story,
                note=proof.note,
                about=None if fault is current else fault,
            )


BAD = (
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such order"}
DELETE /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal Server Error"}
""",
    """\
DELETE /kernels/42 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

POST /kernels/42/restart HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"message": "Unhandled error"}
""",
)

GOOD = (
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such order"}
DELETE /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such order"}
""",
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such order"}
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"id": 42}
HTTP/1.1 201 Created
Location: /orders/42

DELETE /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal Server Error"}
""",
)
