"""500 for input of an unexpected kind; 400, 404 or 422 is expected

What it does
------------
Reports a 500 to an operation that succeeds with the same input of another kind: a number in place of a text, an object
in place of a list, a parameter or member that is present or absent, or an id of the usual form. The service must have
answered other requests in between or since.

Why it matters
--------------
The service looks broken although it works. Alerts fire, clients retry without any chance of success, and the sender
does not learn what to correct.

Known exceptions
----------------
Another value of the same kind proves nothing: it may hit a fault of the service. Not counted: errors about a database,
a connection or a lack of resources, an input that was once answered, times at which most answers are failures or at
which a request fails and then works, writes to related resources in between, and protocols that send errors under 500.

How to fix
----------
Validate parameters, members and ids before using them, and answer 400 or 422, or 404 for an id that cannot exist.
FastAPI, Spring and ASP.NET Core do so if the signature declares the type; in Flask and Express use a schema.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.1
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.history.operations import Operations, may_clear_up
from wirelint.history.suspects import BY_ID

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="the operation answers input of another kind, and the service answers other requests",
    basis="policy: RFC 9110 section 15.6.1 defines 500 for unexpected conditions of the server",
    when=When(),
    verdict=Verdict.CLIENT_ERROR,
    suggested_status=400,
    recalls=(Operations,),
    after=may_clear_up,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report failures that are no outage, as this answer shows."""
    for proof in context.recall(Operations).proofs(exchange):
        fault, answered = proof.fault, proof.answered
        yield Hit(
            f"500 for another {proof.differs} than the one that succeeds",
            f"{fault.method} {fault.route} → {fault.status}; with another {proof.differs}: {answered.status}",
            suggested_status=404 if proof.differs == BY_ID else None,
            story=proof.story,
            note="the service answers other requests",
            about=fault,
        )


BAD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "tea", "count": 2}
HTTP/1.1 201 Created
Location: /orders/1

POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "tea", "count": [2]}
HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal Server Error"}
GET /prices HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[]
GET /stock HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[]
""",
    """\
GET /delay/2 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"waited": 2}
GET /delay/x HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal Server Error"}
GET /prices HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[]
GET /stock HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[]
""",
)

GOOD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "tea", "count": 2}
HTTP/1.1 201 Created
Location: /orders/1

POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "tea", "count": [2]}
HTTP/1.1 422 Unprocessable Content
Content-Type: application/json

{"error": "count: a number is expected"}
GET /prices HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[]
GET /stock HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[]
""",
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "tea", "count": 2}
HTTP/1.1 201 Created
Location: /orders/1

POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "salt", "count": 2}
HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal Server Error"}
GET /prices HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[]
GET /stock HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

[]
""",
)
