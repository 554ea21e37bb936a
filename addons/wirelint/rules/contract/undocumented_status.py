"""A status that the OpenAPI document does not have for the operation

What it does
------------
With ``--openapi``: reports a status that the operation does not document, neither itself, nor by its range (``4XX``),
nor by ``default``.

Why it matters
--------------
Generated clients take an undocumented success for a failure, or lose its content. Callers do not handle undocumented
errors.

Known exceptions
----------------
304, interim responses and 206 follow from the request. 401 and 403 of secured operations are another rule's finding. If
the document has an error or redirect status nowhere, it omits that kind on purpose: then it is only a note. So is a server
error of an operation that documents none.

How to fix
----------
Document the status, or answer with a documented one.

References
----------
- https://spec.openapis.org/oas/v3.1.1.html#responses-object
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.contract import answer, contract, differs, operation

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="the document names the statuses of the operation, and not this one",
    basis="policy: the service's own OpenAPI document",
    when=When(status="2xx 3xx 4xx 5xx"),
    contract=differs,
)

_IMPLIED: Final = {206: 200, 304: 200}
"""Statuses that follow from a request's fields, and equivalent ones."""
_MOST_SHOWN: Final = 12


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report an undocumented status of an operation."""
    asked, promised, status = operation(exchange), contract(exchange), exchange.status
    if asked is None or promised is None or not asked.answers or answer(exchange) is not None:
        return
    if status in _IMPLIED or (status in (401, 403) and asked.secured):
        return
    if status >= 400 and exchange.request.method == "HEAD" != asked.method:  # the document speaks of GET alone
        return
    if status >= 500:  # few promise any; an operation that promises one should send that one
        usual = any(key[0] == "5" for key in asked.answers)
    else:
        usual = not promised.statuses.isdisjoint((str(status), f"{status // 100}XX"))
    success = status < 300
    severity = Severity.MEDIUM if success else Severity.LOW if usual else Severity.INFO
    yield Hit(
        f"{status} is not documented for this operation",
        f"documented: {', '.join(sorted(asked.answers)[:_MOST_SHOWN])}",
        severity=severity,
        discriminator=str(status),
    )


DOCUMENT = """\
openapi: 3.0.3
paths:
  /orders:
    post:
      responses:
        201: {description: created}
        4XX: {description: refused}
  /orders/{id}:
    get:
      responses:
        200: {description: the order}
        default: {description: an error}
"""

BAD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": 1}

HTTP/1.1 202 Accepted
Location: /jobs/7

""",
)

GOOD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": 1}

HTTP/1.1 409 Conflict
Content-Type: application/json

{"error": "conflict with order 41"}
""",
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "not found"}
""",
)
