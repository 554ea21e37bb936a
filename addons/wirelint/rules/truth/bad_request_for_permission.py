"""400 for missing permission; 403 is expected

What it does
------------
Reports a 400 to a request with credentials whose code or text says that the caller may not do this.

Why it matters
--------------
A developer who sees 400 looks for a mistake in the request and finds none. Access reviews and security monitoring count
403 and miss these refusals.

Known exceptions
----------------
OAuth endpoints have their own error codes under 400. A value that is «not allowed» in a field is validation.

How to fix
----------
Answer 403, or 404 if existence must stay secret.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.4
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.credentials import credentials
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.refusals import ABOUT_VALUES
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning

# What a text calls the reader's permission is about the caller, whether or not its credentials were seen.
_yours: Final = re.compile(
    r"\byou (?:do not|don't) have (?:\w{1,20} ){0,3}(?:permissions?|rights|privileges?)\b", re.IGNORECASE
)

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the text is about the caller's permission",
    basis="policy: RFC 9110 section 15.5.4",
    when=When(status="400"),
    needs_fields=False,
    reads=Reads.PREFIX,
    suggested_status=403,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a text about permission and nothing else."""
    about = meanings(exchange)
    if Meaning.AUTHZ not in about or about & {
        Meaning.AUTHN,
        Meaning.RATE,
        Meaning.QUOTA,
        Meaning.CONFLICT,
        Meaning.NOT_FOUND,
    }:
        return
    if protocol(exchange) in (Protocol.OAUTH, Protocol.ACME):
        return
    words = said(exchange)
    if not credentials(exchange) and not _yours.search(words.prose):
        return
    if ABOUT_VALUES.search(words.prose):
        return
    yield Hit("400 for missing permission", words.prose or " ".join(words.codes))


BAD = (
    """\
POST /2/files/permanently_delete HTTP/1.1
Host: files.example
Authorization: Bearer of-a-basic-app-1234567

HTTP/1.1 400 Bad Request
Content-Type: text/plain

Error in call to API function "files/permanently_delete": Your API app is not allowed to call this function.
""",
)

GOOD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Authorization: Bearer of-a-user-1234567

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": "field colour: null is not allowed to be set"}
""",
)
