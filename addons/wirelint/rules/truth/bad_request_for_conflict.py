"""400 for a conflict with existing data; 409 is expected

What it does
------------
Reports a 400 to a writing request whose code or text says that something exists already, or is in a state that forbids it.

Why it matters
--------------
409 tells a client that the same request may work once the state has changed, and that a retried creation has
probably succeeded the first time. Under 400 a client cannot tell that from a mistake of its own.

Known exceptions
----------------
Duplicates *within* the request (a parameter given twice) are a matter of validation, and so are values of another type
than those before them. Some guidelines have 400 for all of it.

How to fix
----------
Answer 409 and say in the content what it conflicts with.

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
    # A value of another type than all the others is not valid.
    r"|\btype conflict|\bconflicting types?\b",
    re.IGNORECASE,
)

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="the text names the conflict",
    basis="policy: RFC 9110 section 15.5.10",
    when=When(status="400", method="POST PUT PATCH DELETE"),
    reads=Reads.PREFIX,
    suggested_status=409,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """A conflict, and not one within the request itself."""
    about = meanings(exchange)
    if Meaning.CONFLICT not in about or about & {Meaning.AUTHN, Meaning.RATE, Meaning.MALFORMED}:
        return
    if protocol(exchange) in (Protocol.OAUTH, Protocol.ACME):
        return
    words = said(exchange)
    if _within.search(words.prose):
        return
    yield Hit("400 for a conflict with what exists", words.prose or " ".join(words.codes))


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
