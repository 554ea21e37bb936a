"""400 for well-formed but invalid content; 422 is expected

What it does
------------
Reports a 400 to a request with parseable content whose text lists fields that are not acceptable.

Why it matters
--------------
If 422 is used for content that was understood, clients can distinguish a broken serializer from a wrong value.

Known exceptions
----------------
Guidelines disagree: RFC 9205 recommends general statuses when in doubt, and Zalando's forbid 422. Therefore the rule is
off by default. Forged requests, invalid header fields and invalid states have other statuses. OAuth, GraphQL and
JSON-RPC use 400 for all of these.

How to fix
----------
Answer 422 for values, 400 for syntax. Or ignore this rule, and use 400 for both everywhere.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.21
- https://www.rfc-editor.org/rfc/rfc9205.html#section-4.6
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.requests import malformation
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning

_EXEMPT: Final = (Protocol.OAUTH, Protocol.ACME, Protocol.GRAPHQL, Protocol.JSON_RPC)
# Then something other than a value of the content is invalid.
_other: Final = re.compile(
    r"csrf|xsrf|forgery|captcha|content[- ]type|\bheaders?\b|\bcurrent (?:state|status)\b", re.IGNORECASE
)

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="the text is about validation; separating 422 from 400 is a convention",
    basis="policy: RFC 9110 section 15.5.21",
    when=When(status="400", method="POST PUT PATCH"),
    needs_fields=False,
    reads=Reads.PREFIX,
    suggested_status=422,
    default=False,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for content that parses, and a text about its values alone."""
    body = exchange.request.body
    if body.members is None or not body.complete or malformation(exchange) is not None:
        return
    if meanings(exchange) != {Meaning.INVALID} or protocol(exchange) in _EXEMPT:
        return
    prose = said(exchange).prose
    if _other.search(prose) is None:
        yield Hit("400 for invalid values", prose)


BAD = (
    """\
POST /users HTTP/1.1
Host: shop.example
Content-Type: application/json

{"email": "nonsense"}

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"errors": [{"field": "email", "message": "must be a valid address"}]}
""",
)

GOOD = (
    """\
POST /users HTTP/1.1
Host: shop.example
Content-Type: application/json

{"email":

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": "invalid JSON"}
""",
    """\
POST /setup HTTP/1.1
Host: printer.example
Content-Type: application/json

{"name": "p"}

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": "CSRF validation failed"}
""",
)
