"""A request that breaks the OpenAPI document was accepted

What it does
------------
With ``--openapi``: reports a success for a request whose JSON content breaks its documented schema, or that lacks
required content, a required query parameter or a required field.

Why it matters
--------------
Either the document forbids something that clients may do, or the service does not check its input. Other clients that
follow the document cannot send what this client sent.

Known exceptions
----------------
A refused request is handled as documented. ``readOnly`` members need not be in a request. Content that is truncated or
cannot be decoded is not judged.

How to fix
----------
Relax the document to what the service accepts, or refuse invalid requests with 400 or 422.

References
----------
- https://spec.openapis.org/oas/v3.1.1.html#request-body-object
- https://spec.openapis.org/oas/v3.1.1.html#parameter-object
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.contract import REQUIRED, described, differs, lacking, request_breaches

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.CERTAIN,
    because="the request was compared with the document, and the service accepted it",
    basis="policy: the service's own OpenAPI document",
    when=When(status="2xx"),
    contract=differs,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Check the content first, then parameters."""
    breach = next(iter(request_breaches(exchange)), None)
    if breach is not None:
        missing = f"required and not there: {breach.where}"
        yield Hit(
            f"{exchange.status} for content that breaks its documented schema",
            missing if breach.keyword == REQUIRED else described(breach),
            discriminator=f"{breach.where} {breach.keyword}",
        )
    elif missed := lacking(exchange):
        yield Hit(
            f"{exchange.status} for a request that lacks what is required",
            f"required and not there: {', '.join(missed)[:160]}",
            discriminator=missed[0],
        )


DOCUMENT = """\
openapi: 3.0.3
paths:
  /orders:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [item]
              properties:
                item: {type: integer}
      responses:
        201: {description: created}
        4XX: {description: refused}
    get:
      parameters:
      - {name: page, in: query, required: true, schema: {type: integer}}
      responses:
        200: {description: orders}
"""

BAD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "one"}

HTTP/1.1 201 Created
Location: /orders/7

""",
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[]
""",
    """\
POST /orders HTTP/1.1
Host: shop.example

HTTP/1.1 201 Created
Location: /orders/7

""",
)

GOOD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "one"}

HTTP/1.1 422 Unprocessable Content
Content-Type: application/json

{"error": "item must be a number"}
""",
    """\
GET /orders?page=1 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[]
""",
)
