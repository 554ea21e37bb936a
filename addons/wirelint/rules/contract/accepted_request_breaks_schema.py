"""A request that breaks the OpenAPI document was accepted

What it does
------------
With ``--openapi``: reports a success for a request whose JSON content breaks its documented schema, or that lacks
required content, a required query parameter or a required field.

Why it matters
--------------
Either the document forbids what clients may do, or the service does not check its input. Other clients of the same
document cannot send what works.

Known exceptions
----------------
A request that was refused did what the document asks for. ``readOnly`` members need not be in a request. Content that is
truncated or cannot be decoded is not judged.

How to fix
----------
Loosen the document to what the service accepts, or refuse by 400 or 422 what it forbids.

References
----------
- https://spec.openapis.org/oas/v3.1.1.html#request-body-object
- https://spec.openapis.org/oas/v3.1.1.html#parameter-object
"""

from collections.abc import Iterator
from urllib.parse import unquote_plus

from wirelint.core.contract import DocumentedOperation
from wirelint.core.exchange import Answered, Request
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.contract import REQUIRED, described, operation, request_breaches

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.CERTAIN,
    because="the request was compared with the document, and the service accepted it",
    basis="policy: the service's own OpenAPI document",
    when=When(status="2xx"),
    contract=True,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Content first, then parameters."""
    asked = operation(exchange)
    if asked is None:
        return
    breach = next(iter(request_breaches(exchange)), None)
    if breach is not None:
        missing = f"required and not there: {breach.where}"
        yield Hit(
            f"{exchange.status} for content that breaks its documented schema",
            missing if breach.keyword == REQUIRED else described(breach),
            discriminator=f"{breach.where} {breach.keyword}",
        )
    elif asked.request.required and exchange.request.body.empty:
        yield Hit(
            f"{exchange.status} for a request without its required content",
            "the request has no content",
            discriminator="content",
        )
    elif asked.required and (lacking := _lacking(exchange.request, asked)):
        yield Hit(
            f"{exchange.status} for a request without a required parameter",
            f"required and not there: {', '.join(lacking)[:160]}",
            discriminator=lacking[0],
        )


def _lacking(request: Request, asked: DocumentedOperation) -> list[str]:
    """Return the required parameters that a request lacks; objects in a query have names of their own (``filter[a]``)."""
    sent = {unquote_plus(pair.partition("=")[0]).partition("[")[0] for pair in request.query.split("&")}
    return [
        f"{each.place} {each.name}"
        for each in asked.required
        if (each.name.partition("[")[0] not in sent if each.place == "query" else each.name not in request.headers)
    ]


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
