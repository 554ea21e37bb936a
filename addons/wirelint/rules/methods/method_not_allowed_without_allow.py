"""405 without Allow

What it does
------------
Reports a 405 response without an ``Allow`` field.

Why it matters
--------------
A 405 implies that another method works. ``Allow`` is the only place where a client, a generated SDK or a person can
learn which one, without trying them all.

Known exceptions
----------------
An empty ``Allow`` is legal: it says that the resource currently allows no method.

How to fix
----------
Send ``Allow: GET, HEAD`` (the methods that the resource supports) with each 405. Routers know them: Go's
``http.ServeMux`` (1.22 and later), Spring MVC, Django and FastAPI set the field if the framework itself makes the 405,
so raise theirs, not your own. Express needs an ``app.all(path, handler)`` that sets it. At a gateway, do not remove it.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.6
- https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.CERTAIN,
    because="the field is required, and its absence is seen in the head of the response",
    basis="MUST: RFC 9110 section 15.5.6",
    when=When(status="405"),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the field; another rule checks its list."""
    response = exchange.response
    if "allow" not in response.headers:
        yield Hit("405 without an Allow field", f"405 {response.reason}".rstrip())


BAD = (
    """\
PATCH /v1/keys/7 HTTP/1.1
Host: api.example
Content-Type: application/json

{"title": "laptop"}
HTTP/1.1 405 Method Not Allowed
Content-Type: application/json

{"message": "delete the key and add it again"}
""",
)

GOOD = (
    """\
PATCH /v1/keys/7 HTTP/1.1
Host: api.example
Content-Type: application/json

{"title": "laptop"}
HTTP/1.1 405 Method Not Allowed
Allow: GET, HEAD, DELETE
Content-Type: application/json

{"message": "delete the key and add it again"}
""",
    """\
POST /v1/archive HTTP/1.1
Host: api.example

HTTP/1.1 405 Method Not Allowed
Allow:
Content-Type: text/plain

The archive is closed.
""",
)
