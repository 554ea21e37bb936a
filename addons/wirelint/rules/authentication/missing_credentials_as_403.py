"""A 403 tells a stranger to authenticate

What it does
------------
Reports a 403 whose code or text says that credentials are missing, invalid or expired.

Why it matters
--------------
403 means that the caller is known and that no retry will help. Clients give up instead of logging in or refreshing a
token, and the missing challenge keeps them from learning how.

Known exceptions
----------------
Tokens against request forgery, firewalls and bot pages, signed links that ran out, S3, CORS preflights, and keys that
are known but switched off: their refusals are about something else than who the caller is.

How to fix
----------
Answer 401 with ``WWW-Authenticate``. FastAPI before 0.122.0: ``HTTPBearer`` answers 403, so upgrade or use
``auto_error=False`` and raise the 401 yourself. Django REST framework: the *first* authenticator decides, so put one
with ``authenticate_header`` before ``SessionAuthentication``. Spring Security: replace ``Http403ForbiddenEntryPoint``.

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
from wirelint.evidence.credentials import is_stranger
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.refusals import OTHER_MATTERS
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning

_signed: Final = re.compile(
    r"(?:^|&)(?:sig|signature|X-Amz-Signature|X-Goog-Signature|Key-Pair-Id|hmac)=", re.IGNORECASE
)

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the text asks for credentials",
    basis="SHOULD: RFC 9110 section 11.4",
    when=When(status="403"),
    reads=Reads.PREFIX,
    suggested_status=401,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Credentials are asked for, or said to be wrong, and nothing else is."""
    about = meanings(exchange)
    if Meaning.AUTHN not in about or about & {Meaning.AUTHZ, Meaning.RATE, Meaning.QUOTA}:
        return
    if (
        exchange.request.method == "OPTIONS"
        or protocol(exchange) is Protocol.S3
        or _signed.search(exchange.request.query[:4096])
    ):
        return
    words = said(exchange)
    text = words.prose or " ".join(words.codes)
    if OTHER_MATTERS.search(f"{text} {' '.join(words.codes)}"):
        return
    who = "a request without credentials" if is_stranger(exchange) else "a request whose credentials were not accepted"
    yield Hit(f"403 to {who}", text)


BAD = (
    """\
GET /v1/validate HTTP/1.1
Host: metrics.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"errors": ["API key required"]}
""",
    """\
GET /v1/me HTTP/1.1
Host: admin.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"detail": "Authentication credentials were not provided."}
""",
)

GOOD = (
    """\
GET /v1/addresses/7 HTTP/1.1
Host: post.example
Authorization: Basic c29tZWtleTpvcGVu

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": {"code": "APIKEY.INACTIVE", "message": "This api key is no longer active."}}
""",
    """\
POST /comments HTTP/1.1
Host: blog.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"detail": "CSRF Failed: CSRF token missing."}
""",
)
