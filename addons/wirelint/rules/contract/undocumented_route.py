"""A route that works is missing from the service's OpenAPI document

What it does
------------
With ``--openapi``: reports a success with data on a path that is not in the document.

Why it matters
--------------
No one reviews, tests or protects an unknown operation. Clients that use it break when it disappears, because it was
never documented.

Known exceptions
----------------
404, redirects, pages and files are not operations. Health checks and the document itself are rarely documented. If one
document was given for all services, services without any documented operation in their traffic are left out.

How to fix
----------
Document the route, or remove it. If all routes of a service are reported, compare ``servers`` (``basePath``) of the
document with the paths of the requests.

References
----------
- https://spec.openapis.org/oas/v3.1.1.html#paths-object
- https://owasp.org/API-Security/editions/2023/en/0xa9-improper-inventory-management/
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.methods import SAFE
from wirelint.core.rule import Context, Rule, When
from wirelint.core.state import moment
from wirelint.evidence.contract import contract, is_undocumented
from wirelint.history.described import Described

_operations: Final = re.compile(
    r"(?:^|/)(?:health\w{0,8}|live(?:z|ness)?|ready(?:z|ness)?|alive|ping|pong|status|version|info|metrics|stats|robots\.txt"
    r"|actuator|\.well-known|(?:open)?api[-_]docs?|docs|swagger[\w.-]{0,20}|openapi[\w.-]{0,20}|redoc|schema|favicon\.ico)(?:/|$)",
    re.IGNORECASE,
)
"""Paths for operators of a service."""
_DATA: Final = frozenset({Kind.JSON, Kind.XML, Kind.LINES, Kind.EVENTS, Kind.GRPC})
_DESCRIBING: Final = frozenset({"openapi", "swagger"})

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.CERTAIN,
    because="no template of the document matches the path",
    basis="policy: the service's own OpenAPI document",
    when=When(status="2xx"),
    recalls=(Described,),
    contract=is_undocumented,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report data, or a change, at an undocumented path."""
    promised, request, response = contract(exchange), exchange.request, exchange.response
    if promised is None or request.method in ("OPTIONS", "TRACE", "CONNECT"):
        return
    if request.method in SAFE and response.headers.media_type.kind not in _DATA:
        return
    if _operations.search(request.path) or not _DESCRIBING.isdisjoint(response.body.names or ()):
        return
    if promised.named or context.recall(Described).is_described(exchange.service, moment(exchange)):
        yield Hit(
            f"{exchange.status} on a route that the document does not have", f"{request.method} is not documented"
        )


DOCUMENT = """\
openapi: 3.0.3
servers: [{url: /v1}]
paths:
  /orders/{id}:
    get:
      responses:
        200: {description: the order}
"""

BAD = (
    """\
GET /v1/invoices/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42, "total": 10}
""",
    """\
DELETE /v1/orders HTTP/1.1
Host: shop.example

HTTP/1.1 204 No Content

""",
)

GOOD = (
    """\
GET /v1/orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42}
""",
    """\
GET /v1/invoices/42 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "not found"}
""",
    """\
GET /healthz HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"status": "ok"}
""",
    """\
GET /orders.html HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: text/html

<html><body>Orders</body></html>
""",
)
