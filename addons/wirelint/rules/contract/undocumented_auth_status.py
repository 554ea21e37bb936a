"""A secured operation refuses by 401 or 403, which its OpenAPI document does not have

What it does
------------
With ``--openapi``: reports a 401 or 403 of an operation that documents ``security``, but not this status, nor ``4XX``,
nor ``default``.

Why it matters
--------------
Every caller of a secured operation gets these two sooner or later. A client generated from the document takes them for
a fault, and neither renews its token nor asks for access.

Known exceptions
----------------
If the document has the status nowhere, it omits refusals on purpose: then it is only a note.

How to fix
----------
Document 401 and 403 for secured operations, best as one shared response.

References
----------
- https://spec.openapis.org/oas/v3.1.1.html#security-requirement-object
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.contract import answer, contract, differs, operation

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.CERTAIN,
    because="the document secures the operation, and does not document the refusal",
    basis="policy: the service's own OpenAPI document",
    when=When(status="401 403"),
    contract=differs,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report an undocumented refusal of a secured operation."""
    asked, promised, status = operation(exchange), contract(exchange), exchange.status
    if asked is None or promised is None or not asked.secured or not asked.answers or answer(exchange) is not None:
        return
    elsewhere = not promised.statuses.isdisjoint((str(status), "4XX"))
    yield Hit(
        f"{status} of a secured operation is not documented",
        f"documented: {', '.join(sorted(asked.answers)[:12])}",
        severity=Severity.LOW if elsewhere else Severity.INFO,
        discriminator=str(status),
    )


DOCUMENT = """\
openapi: 3.0.3
security: [{bearer: []}]
paths:
  /orders:
    get:
      responses:
        200: {description: orders}
        401: {description: no token}
  /orders/{id}:
    get:
      responses:
        200: {description: the order}
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer}
"""

BAD = (
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer
Content-Type: application/json

{"error": "token required"}
""",
)

GOOD = (
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer
Content-Type: application/json

{"error": "token required"}
""",
)
