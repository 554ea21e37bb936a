"""A response lacks a member that the OpenAPI document requires

What it does
------------
With ``--openapi``: reports JSON content without a member that is ``required`` by the schema of operation, status and
media type.

Why it matters
--------------
Clients read a required member without checking that it is present. In typed languages they cannot even parse the
response.

Known exceptions
----------------
``writeOnly`` members need not be in a response. Content that is truncated or cannot be decoded is not judged.

How to fix
----------
Send the member, with null if the schema allows it, or remove it from ``required``.

References
----------
- https://json-schema.org/draft/2020-12/json-schema-validation#name-required
- https://spec.openapis.org/oas/v3.1.1.html#schema-object
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.contract import REQUIRED, differs, response_breaches

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="the whole content was checked by the documented schema",
    basis="policy: the service's own OpenAPI document",
    when=When(media=(Kind.JSON,)),
    reads=Reads.WHOLE,
    contract=differs,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report the simplest missing member."""
    missing = [breach.where for breach in response_breaches(exchange) if breach.keyword == REQUIRED]
    if missing:
        yield Hit(
            f"{exchange.status} without a required member",
            f"required and not there: {', '.join(missing[:3])}",
            severity=Severity.MEDIUM if exchange.status < 400 else Severity.LOW,
            discriminator=missing[0],
        )


DOCUMENT = """\
openapi: 3.0.3
paths:
  /orders/{id}:
    get:
      responses:
        200:
          description: the order
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Order'}
components:
  schemas:
    Order:
      type: object
      required: [id, total, secret]
      properties:
        id: {type: integer}
        total: {type: number}
        secret: {type: string, writeOnly: true}
"""

BAD = (
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42}
""",
)

GOOD = (
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "total": 10}
""",
)
