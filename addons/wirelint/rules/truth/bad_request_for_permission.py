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
    r"\byou (?:do not|don't) have (?:\w{1,20} ){0,3}(?:permissions?|rights|privileges?)\b"
    r"|\bsie (?:sind nicht berechtigt|haben keine berechtigung)|\bvous (?:n['\u2019]avez pas|n['\u2019]êtes pas autorisé)|\bno (?:tiene|tienes|tiene usted) (?:\w{1,12} ){0,2}permisos?\b"
    r"|\bnon hai (?:\w{1,12} ){0,2}(?:permessi|autorizzazioni|diritti)\b|\bnão tem (?:permissão|autorização)",
    re.IGNORECASE,
)

_refused: Final = re.compile(
    r"(?:err(?:or)?_?)?(?:forbidden|(?:permission|access)_?denied|insufficient_?(?:permission|privilege|right|scope)s?|not_?authori[sz]ed)(?:_?(?:error|exception))?",
    re.IGNORECASE,
)
_AWS: Final = "__type"
"""The member with the code in AWS's JSON protocol, which sends every error of a caller under 400."""

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
    if ABOUT_VALUES.search(words.prose):
        return
    if credentials(exchange) or _yours.search(words.prose):
        yield Hit("400 for missing permission", words.prose or " ".join(words.codes))
    elif _AWS not in (exchange.response.body.names or ()) and any(_refused.fullmatch(code) for code in words.codes):
        yield Hit("400 for missing permission", " ".join((*words.codes, words.prose)), severity=Severity.LOW)


BAD = (
    """\
POST /2/files/permanently_delete HTTP/1.1
Host: files.example
Authorization: Bearer of-a-basic-app-1234567

HTTP/1.1 400 Bad Request
Content-Type: text/plain

Error in call to API function "files/permanently_delete": Your API app is not allowed to call this function.
""",
    """\
DELETE /todos/7 HTTP/1.1
Host: todo.example

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"success": false, "error": {"code": "FORBIDDEN", "message": "Insufficient permissions"}}
""",
    """\
GET /panel HTTP/1.1
Host: tienda.example

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"message": "No tiene permiso para acceder a este recurso"}
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
    """\
GET /members?facet=name HTTP/1.1
Host: works.example

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"status": "failed", "message": [{"type": "parameter-not-allowed", "message": "This route does not support facet"}]}
""",
)
