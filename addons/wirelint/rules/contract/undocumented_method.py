"""A method works that the OpenAPI document does not have for its path

What it does
------------
With ``--openapi``: reports a success of a method on a documented path for which the document names other methods only.

Why it matters
--------------
An undocumented way to change or delete a resource is neither reviewed nor tested, and its access rights may differ from
those of the documented methods.

Known exceptions
----------------
HEAD follows from GET. OPTIONS, TRACE and CONNECT are about the path or the connection. Refusing an undocumented method
is correct.

How to fix
----------
Document the method, or answer 405 with the documented ones in ``Allow``.

References
----------
- https://spec.openapis.org/oas/v3.1.1.html#path-item-object
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.6
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.contract import differs, located

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="the document has the path, and not the method",
    basis="policy: the service's own OpenAPI document",
    when=When(status="2xx", method="GET HEAD POST PUT PATCH DELETE QUERY _OTHER"),
    contract=differs,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report a success of an undocumented method."""
    found = located(exchange)
    if found is not None and found.operation is None:
        methods = ", ".join(sorted(found.methods))
        yield Hit(f"{exchange.status} for a method that is not documented", f"documented: {methods}"[:200])


DOCUMENT = """\
openapi: 3.0.3
paths:
  /orders/{id}:
    get:
      responses:
        200: {description: the order}
"""

BAD = (
    """\
DELETE /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

""",
)

GOOD = (
    """\
HEAD /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

""",
    """\
DELETE /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 405 Method Not Allowed
Allow: GET

""",
)
