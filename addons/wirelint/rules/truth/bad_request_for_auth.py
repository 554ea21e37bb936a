"""400 for failed authentication; 401 is expected

What it does
------------
Reports a 400 whose code or text says that credentials are missing, invalid or expired. A bare "Unauthorized" is
reported as low.

Why it matters
--------------
A client that sees 400 changes its request or gives up; it does not refresh its token or ask for a password. Expired
sessions count as bad requests in all statistics.

Known exceptions
----------------
OAuth token endpoints answer 400 by their own specification. So does a malformed ``Authorization`` field
(``error="invalid_request"``). Some requests mention credentials that are not the caller's own: requests to refresh a
session have a token as content, some services manage tokens and keys as resources, and forms have a password field.

How to fix
----------
Answer 401 with ``WWW-Authenticate``. Use 400 for requests that cannot be understood.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.4
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.credentials import credentials
from wirelint.evidence.expiry import is_expired
from wirelint.evidence.forms import form_fields
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning

_own: Final = re.compile(
    r"token|api[ _-]?key|app[ _-]?key|credential|authenticat|logged[ -]in|log[ -]in|\blogin to\b|sign(?:ed)?[ -]in|authorization|\bjwt\b|session (?:has )?expired"
    r"|\bkey in request (?:header|query|form|cookies)\b"
    r"|anmeld|melden sie|eingeloggt|zugangsdaten|sitzung|connect(?:é|er)\b|authentifi|identifiants|jeton|sesión|credencia|autentica|logado|credenzia|accesso|ingelogd|aangemeld"
    r"|авториз|токен|zalogowan",
    re.IGNORECASE,
)
# A parser's token.
_parsed: Final = re.compile(
    r"\b(?:invalid|unexpected|illegal) token\b.{0,40}\b(?:position|line|column|offset|character|expression|query|syntax|template|json)\b",
    re.IGNORECASE,
)
_bare: Final = re.compile(r"(?:unauthori[sz]ed|unauthenticated|not authenticated)[.!]?", re.IGNORECASE)
_signing_in: Final = re.compile(r"(?:^|/)(?:log-?in|sign-?in|sessions?|auth|authenticate)(?:/|$)", re.IGNORECASE)
_managed: Final = re.compile(
    r"(?:^|/)(?:[\w-]{0,24}tokens?|[\w-]{0,24}keys?|credentials|certificates?|secrets?|oauth[\w-]{0,16}|passwords?|reset[\w-]{0,16}|refresh[\w-]{0,16}|verify[\w-]{0,16}|activat\w{0,8}|confirm[\w-]{0,16}|invit\w{0,8}|unsubscribe)(?:/|$)",
    re.IGNORECASE,
)

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the text is about the caller's credentials",
    basis="policy: RFC 9110 section 11.4",
    when=When(status="400"),
    needs_fields=False,
    reads=Reads.PREFIX,
    suggested_status=401,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a text about the caller's own credentials."""
    response = exchange.response
    about = meanings(exchange)
    if _bare.fullmatch(said(exchange).prose):
        # The reason phrase of 401, but some write it for a lack of permission.
        yield Hit("400 that says no more than 401 does", said(exchange).prose, severity=Severity.LOW)
        return
    if Meaning.AUTHN not in about or about & {Meaning.CONFLICT, Meaning.RATE, Meaning.QUOTA}:
        return
    if protocol(exchange) in (Protocol.OAUTH, Protocol.ACME):
        return
    path = exchange.request.path[:1024]
    signs_in = _signing_in.search(path.rstrip("/")) is not None or "basic" in credentials(exchange)
    if (
        _managed.search(path)
        and not is_expired(exchange)
        and not _signing_in.search(path[path.rstrip("/").rfind("/") :])
    ):
        return
    if 'error="invalid_request"' in (response.headers.get("www-authenticate") or "") or (
        not signs_in and _is_by_field(exchange)
    ):
        return
    words = said(exchange)
    text = f"{words.prose} {' '.join(words.codes)}"
    if (not _own.search(text) and not signs_in) or _parsed.search(text):
        return
    yield Hit("400 for missing or invalid credentials", words.prose or text)


def _is_by_field(exchange: Answered) -> bool:
    """Return whether the texts stand under members that the request sent: ``{"token": ["Invalid token."]}``."""
    found, sent = exchange.response.body.members, exchange.request.body
    if not found or sent.unavailable is not None or not all(isinstance(value, list) for value in found.values()):
        return False
    given = sent.members or form_fields(sent.text or "")
    return found.keys() <= given.keys()


BAD = (
    """\
POST /2/files/list HTTP/1.1
Host: files.example
Authorization: Bearer nonsense-1234567

HTTP/1.1 400 Bad Request
Content-Type: text/plain

Error in call to API function "files/list": The given OAuth 2 access token is malformed.
""",
    """\
POST /downloads HTTP/1.1
Host: files.example
Content-Type: application/json

{"url": "https://files.example/a"}

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": {"code": 1, "message": "Unauthorized"}}
""",
    """\
GET /moi HTTP/1.1
Host: boutique.example

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"message": "Vous devez être connecté pour accéder à cette page"}
""",
)

GOOD = (
    """\
POST /users/activation HTTP/1.1
Host: shop.example
Content-Type: application/json

{"uid": "MQ", "token": "bad"}

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"token": ["Invalid token for given user."]}
""",
    """\
POST /meetings HTTP/1.1
Host: shop.example
Content-Type: application/json

{"token": "bad", "name": "x"}

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"token": ["Invalid token for given user."]}
""",
    """\
POST /oauth2/token HTTP/1.1
Host: id.example
Content-Type: application/x-www-form-urlencoded

grant_type=authorization_code&code=7

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": "invalid_grant", "error_description": "Invalid credentials"}
""",
    """\
POST /users HTTP/1.1
Host: shop.example
Content-Type: application/json

{"email": "ada@shop.example"}

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"errors": [{"field": "password", "message": "password is required"}]}
""",
    """\
POST /queries HTTP/1.1
Host: shop.example
Content-Type: application/json

{"query": "a = %"}

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"message": "Invalid token at position 4"}
""",
)
