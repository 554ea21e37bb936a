"""The OpenAPI document promises failures under a success

What it does
------------
With ``--openapi``: notes an operation for which the document has a 2xx with content that says the request failed:
``success: false`` in the schema or in an example. Each operation is reported once an hour.

Why it matters
--------------
The service follows its document, so this is no difference. But each client, cache, monitor and retry must read the
content to detect a failure.

Known exceptions
----------------
None: it is a note. Other rules report such responses one by one.

How to fix
----------
Document the failure under 4xx or 5xx, send it there, and use the 2xx for success only.

References
----------
- https://spec.openapis.org/oas/v3.1.1.html#responses-object
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.contract import answer, differs

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="the document has an example or a value that is always false; what it means is not written there",
    basis="policy: RFC 9110 section 15.3",
    when=When(status="2xx"),
    once_per="route",
    contract=differs,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report a documented success that may be a failure."""
    documented = answer(exchange)
    if documented is not None and documented.key in documented.operation.failures:
        yield Hit(f"{documented.key} is documented to hold failures", "documented: success: false")


DOCUMENT = """\
openapi: 3.0.3
paths:
  /coupons:
    post:
      responses:
        200:
          description: redeemed, or not
          content:
            application/json:
              examples:
                expired: {value: {success: false, message: expired}}
  /orders:
    post:
      responses:
        201: {description: created}
        4XX:
          description: refused
          content:
            application/json:
              example: {success: false}
"""

BAD = (
    """\
POST /coupons HTTP/1.1
Host: shop.example
Content-Type: application/json

{"code": "SPRING"}

HTTP/1.1 200 OK
Content-Type: application/json

{"success": true}
""",
)

GOOD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": 1}

HTTP/1.1 201 Created
Location: /orders/7

""",
)
