"""201 to a POST without Location

What it does
------------
Reports a 201 to POST that does not name the new resource in ``Location``, ``Content-Location``, ``Operation-Location``
or a ``Link`` with ``rel="self"``.

Why it matters
--------------
Without ``Location``, the created resource is by definition the target URI itself, which is rarely intended. Clients
then build the address from an id in the content, and each of them depends on the service's URL layout.

Known exceptions
----------------
PUT needs none: the target URI is the new resource. An id or a link in the content does not replace the field, because
only code written for this API finds it; the finding is a note. If nothing with an address was created, as with one-time
tokens, 200 is the better status.

How to fix
----------
Send ``Location: /v1/orders/42`` (relative references are fine) with the 201. Spring: ``ResponseEntity.created(uri)``.
ASP.NET: ``CreatedAtAction``. Django REST framework: ``CreateModelMixin`` sets it if the serializer has a ``url``
member. FastAPI, Express: set the field on the response.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.3
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3.2
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="the head of the response was seen without the fields",
    basis="SHOULD: RFC 9110 section 9.3.3",
    when=When(status="201", method="POST"),
)

_FIELDS: Final = ("location", "content-location", "operation-location", "azure-asyncoperation")


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for any field that names the new resource."""
    response = exchange.response
    headers = response.headers
    if any(name in headers for name in _FIELDS) or _links_self(headers.get("link")):
        return
    yield Hit("201 to a POST without a Location field", f"201 {response.reason}".rstrip())


def _links_self(link: str | None) -> bool:
    if link is None:
        return False
    folded = link[:4096].lower().replace(" ", "")
    return 'rel="self"' in folded or "rel=self" in folded


BAD = (
    """\
POST /v1/orders HTTP/1.1
Host: api.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 201 Created
Content-Type: application/json

{"id": 42, "item": "tea"}
""",
)

GOOD = (
    """\
POST /v1/orders HTTP/1.1
Host: api.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 201 Created
Location: /v1/orders/42
Content-Type: application/json

{"id": 42, "item": "tea"}
""",
    """\
POST /v1/orders HTTP/1.1
Host: api.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 201 Created
Link: </v1/orders/42>; rel="self"

""",
    """\
PUT /v1/orders/42 HTTP/1.1
Host: api.example
Content-Type: application/json

{"item": "tea"}
HTTP/1.1 201 Created
Content-Type: application/json

{"id": 42, "item": "tea"}
""",
)
