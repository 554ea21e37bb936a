"""A response breaks the schema that the OpenAPI document has for it

What it does
------------
With ``--openapi``: checks JSON content against the schema of operation, status and media type. Reports a member of
another type, an unknown value of an enumeration, an extra member in a closed schema, or a violated limit.

Why it matters
--------------
Typed clients are generated from the document: they fail on a null in place of a text, under status 200.

Known exceptions
----------------
Content that is truncated or cannot be decoded is not judged. ``nullable``, ``writeOnly`` and overlapping alternatives
are supported; ``format`` is only an annotation. Missing members are another rule's finding. References to other
documents allow everything.

How to fix
----------
Change the response to match the document, or the document to match the response. A member that may be null is
``nullable: true`` (OpenAPI 3.0) or ``type: [string, 'null']`` (3.1).

References
----------
- https://spec.openapis.org/oas/v3.1.1.html#schema-object
- https://json-schema.org/draft/2020-12/json-schema-validation
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from wirelint.core.contract import Breach
from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.contract import REQUIRED, described, differs, response_breaches

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="the whole content was checked by the documented schema",
    basis="policy: the service's own OpenAPI document",
    when=When(media=(Kind.JSON,)),
    reads=Reads.WHOLE,
    contract=differs,
)

_GRAVE: Final = frozenset({"type", "enum", "const", "anyOf"})
"""Keywords whose breach makes a typed client fail."""
_MOST_SHOWN: Final = 3
"""Of one response: one that is known must not hide a new one."""


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report the simplest breaches of the schema, each member once."""
    found = [breach for breach in response_breaches(exchange) if breach.keyword != REQUIRED]
    if not found:
        return
    shown: dict[tuple[str, str], Breach] = {}
    for breach in [each for each in found if each.keyword in _GRAVE] or found[:1]:
        shown.setdefault((breach.where, breach.keyword), breach)
    for breach in islice(shown.values(), _MOST_SHOWN):
        grave = breach.keyword in _GRAVE and exchange.status < 400
        yield Hit(
            f"{exchange.status} with content that breaks its documented schema",
            described(breach),
            severity=Severity.MEDIUM if grave else Severity.LOW,
            discriminator=f"{breach.where} {breach.keyword}",
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
              schema:
                type: object
                properties:
                  id: {type: integer}
                  note: {type: string, nullable: true}
                  lines:
                    type: array
                    items:
                      type: object
                      properties:
                        price: {type: number}
        404: {description: there is none}
"""

BAD = (
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "note": null, "lines": [{"price": 3}, {"price": "3.50"}]}
""",
)

GOOD = (
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "note": null, "lines": [{"price": 3.5}], "new": true}
""",
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"id": "42", "error": "not found"}
""",
)
