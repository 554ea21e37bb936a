"""400 for a conflict with existing data; 409 is expected

What it does
------------
Reports a 400 to a writing request whose code or text says that something already exists, or that its state forbids the
request.

Why it matters
--------------
409 says that the same request may work after a change of state, and that a retried creation has probably succeeded the
first time. Under 400 a client takes it for a mistake of its own.

Known exceptions
----------------
Duplicates *within* the request (a parameter given twice) are validation errors, and so are values of another type than
earlier ones. Some guidelines use 400 for all of these.

How to fix
----------
Answer 409 and name the conflict in the content.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.10
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning

_within: Final = re.compile(
    r"duplicated? (?:\w+ )?(?:parameter|key(?! value| error)|field|header|argument|query|member|propert)|(?:parameter|field|header)s? (?:is |are )?(?:duplicated|already (?:given|set|specified|present|defined))"
    # A value of another type than the others is invalid, not a conflict.
    r"|\btype conflict|\bconflicting types?\b",
    re.IGNORECASE,
)

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="the text names the conflict",
    basis="policy: RFC 9110 section 15.5.10",
    when=When(status="400", method="POST PUT PATCH DELETE"),
    needs_fields=False,
    reads=Reads.PREFIX,
    suggested_status=409,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a conflict that is not within the request itself."""
    about = meanings(exchange)
    if Meaning.CONFLICT not in about or about & {Meaning.AUTHN, Meaning.RATE, Meaning.MALFORMED}:
        return
    if protocol(exchange) in (Protocol.OAUTH, Protocol.ACME):
        return
    words = said(exchange)
    if _within.search(words.prose):
        return
    yield Hit("400 for a conflict with existing data", words.prose or " ".join(words.codes))


BAD = (
    """\
POST /v3/domains HTTP/1.1
Host: mail.example

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"message": "This domain name is already taken"}
""",
)

GOOD = (
    """\
POST /v3/domains HTTP/1.1
Host: mail.example

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"message": "Duplicate parameter: name"}
""",
)
