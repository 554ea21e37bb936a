"""An operation that the OpenAPI document secures answers anonymous clients

What it does
------------
With ``--openapi``: reports a success for a request without any credential on an operation whose documented ``security``
requires one.

Why it matters
--------------
Readers of the document believe that the operation is protected. It is open.

Known exceptions
----------------
``security: []``, and ``{}`` among the requirements, make a credential optional. Mutual TLS is not visible here.
Recorders may remove credentials, so nothing is reported until a secured operation of the service received one. Fields
that may identify the caller, as gateways add them, count as credentials. Pages in HTML are left out: an application may
ask for the credential later.

How to fix
----------
Check credentials on this route and answer 401 without them, or document that it is open: ``security: []``.

References
----------
- https://spec.openapis.org/oas/v3.1.1.html#security-requirement-object
- https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/
"""

from collections.abc import Iterator
from urllib.parse import unquote_plus

from wirelint.core.exchange import Answered, Request
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.methods import SAFE
from wirelint.core.rule import Context, Rule, When
from wirelint.core.state import moment
from wirelint.evidence.contract import is_secured, operation
from wirelint.evidence.credentials import is_anonymous
from wirelint.evidence.vouching import may_be_known
from wirelint.history.described import Described

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the document requires a credential; a network may have authenticated the client",
    basis="policy: the service's own OpenAPI document",
    when=When(status="2xx", method="GET HEAD POST PUT PATCH DELETE QUERY _OTHER"),
    suggested_status=401,
    recalls=(Described,),
    contract=is_secured,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for an anonymous success on a secured operation."""
    asked = operation(exchange)
    if asked is None or not is_anonymous(exchange) or may_be_known(exchange):
        return
    if exchange.request.method in SAFE and exchange.response.headers.media_type.kind is Kind.HTML:
        return  # the frame of an application, which asks for a credential itself
    if _carries(exchange.request, asked.credentials):
        return
    if context.recall(Described).is_sent_credentials(exchange.service, moment(exchange)):
        yield Hit(
            f"{exchange.status} without credentials, which the document demands",
            f"documented: {', '.join(sorted(asked.credentials))[:120]}",
        )


def _carries(request: Request, names: frozenset[str]) -> bool:
    """Return whether a request has a field, a cookie or a query parameter of one of the names."""
    if any(name in request.headers for name in names):
        return True
    sent = {unquote_plus(pair.partition("=")[0]) for pair in request.query.split("&")}
    cookies = request.headers.get("cookie") or ""
    sent |= {pair.partition("=")[0].strip().lower() for pair in cookies.split(";")}
    return not names.isdisjoint(sent)


DOCUMENT = """\
openapi: 3.0.3
security: [{key: []}]
paths:
  /orders:
    get:
      responses:
        200: {description: orders}
  /orders/{id}:
    get:
      responses:
        200: {description: the order}
  /offers:
    get:
      security: []
      responses:
        200: {description: offers}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Shop}
"""

_AUTHENTICATED = """\
GET /orders HTTP/1.1
Host: shop.example
Authorization: Bearer b1946ac92492d2347c6235b4d2611184

HTTP/1.1 200 OK
Content-Type: application/json

[]
"""

BAD = (
    _AUTHENTICATED
    + """\
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

{"id": 42}
""",
    _AUTHENTICATED
    + """\
GET /offers HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[]
""",
    _AUTHENTICATED
    + """\
GET /orders/42 HTTP/1.1
Host: shop.example
X-Shop: main

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 42}
""",
)
