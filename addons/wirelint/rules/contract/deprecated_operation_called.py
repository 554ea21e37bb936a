"""A client calls an operation that the OpenAPI document calls deprecated

What it does
------------
With ``--openapi``: notes each call of an operation with ``deprecated: true`` that the service did not refuse.

Why it matters
--------------
An operation can be removed once no client calls it. Until then, this finding shows who still does.

Known exceptions
----------------
None: it is a note, and not a fault yet.

How to fix
----------
Move the client to the replacement of the operation. The service can announce the end with ``Deprecation`` and
``Sunset``.

References
----------
- https://spec.openapis.org/oas/v3.1.1.html#operation-object
- https://www.rfc-editor.org/rfc/rfc9745.html
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.contract import differs, operation

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="the document says so",
    basis="policy: the service's own OpenAPI document",
    when=When(status="2xx 3xx 5xx"),
    side=Side.CLIENT,
    contract=differs,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report a call of a deprecated operation."""
    asked = operation(exchange)
    if asked is not None and asked.deprecated:
        yield Hit("call of a deprecated operation", "deprecated: true")


DOCUMENT = """\
openapi: 3.0.3
paths:
  /basket:
    get:
      deprecated: true
      responses:
        200: {description: the basket}
  /cart:
    get:
      responses:
        200: {description: the cart}
"""

BAD = (
    """\
GET /basket HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"items": []}
""",
)

GOOD = (
    """\
GET /cart HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"items": []}
""",
)
