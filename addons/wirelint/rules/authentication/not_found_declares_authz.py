"""A 404 that says permission may be missing

What it does
------------
Notes a 404 whose code or text says that the resource is missing *or* the caller may not see it.

Why it matters
--------------
The specification permits hiding existence. But a text that names both cases reveals what the status should hide, and
callers do not know whether to ask for access.

Known exceptions
----------------
This is a note, not a fault: RFC 9110 permits 404 in place of 403.

How to fix
----------
Decide per resource. If existence is not a secret, answer 403; if it is, let the text say «not found» and no more.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.4
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.said import said
from wirelint.evidence.texts import Meaning, of_code, of_prose

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="the text itself is about permission",
    basis="MAY: RFC 9110 section 15.5.4",
    when=When(status="404"),
    needs_fields=False,
    reads=Reads.PREFIX,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for permission in the text, or in a code such as NotAuthorizedOrNotFound."""
    words = said(exchange)
    if Meaning.AUTHZ in of_prose(words.prose) or any(Meaning.AUTHZ in of_code(code) for code in words.codes):
        yield Hit("404 that mentions permission", words.prose or " ".join(words.codes))


BAD = (
    """\
GET /20180115/zones/7 HTTP/1.1
Host: dns.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"code": "NotAuthorizedOrNotFound", "message": "Authorization failed or requested resource not found."}
""",
)

GOOD = (
    """\
GET /20180115/zones/7 HTTP/1.1
Host: dns.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"message": "zone not found"}
""",
)
