"""A 401 says that no credentials were sent, but the request carried some

What it does
------------
Reports a 401 whose text says that credentials, a token or the ``Authorization`` field are missing, though the request has
that field with a scheme and a value.

Why it matters
--------------
The service never checked the credentials: a gateway dropped them, or the code expects another scheme, another spelling
of it, or another field. Clients refresh valid tokens, and people search in the wrong place.

Known exceptions
----------------
These texts may be correct: those that leave it open («missing or invalid»), those that name another scheme than the one
that was sent, and those that name another credential besides it (an API key, a cookie, a refresh token, a code).

How to fix
----------
Compare schemes case-insensitively. Let gateways forward ``Authorization`` (Apache: ``CGIPassAuth On``, nginx before
PHP: ``fastcgi_param HTTP_AUTHORIZATION``). If a scheme is not supported, say so, and list the supported ones in the
challenge.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.credentials import sent_scheme
from wirelint.evidence.said import said

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the text says that nothing was sent, and the field is present",
    basis="policy: RFC 9110 section 15.5.2 lets a 401 refuse credentials that were sent",
    when=When(status="401", request_fields=("authorization",)),
    reads=Reads.PREFIX,
)

_gone: Final = r"(?:was |were |is |are |has |have )?(?:not (?:been )?(?:provided|supplied|sent|found|present|given|included|specified)|missing|absent)"
_thing: Final = r"(?:credentials?|authorization(?: header| field)?|auth(?:entication)? (?:header|token|credentials?)|bearer(?: token)?|(?:access |jwt )?token)"
_missing: Final = re.compile(rf"\b{_thing} {_gone}\b|\b(?:no|missing|without(?: an?)?) {_thing}\b", re.IGNORECASE)
# The words around such a phrase may change its meaning: no valid token, missing or expired, no token for this tenant.
_open: Final = re.compile(
    r"\bor\b|invalid|valid\b|expired|malformed|unknown|revoked|refresh|csrf|xsrf|api[- ]?key|cookie|session|second|otp|device|scope|permission"
    r"|tenant|client|database|store|match|record|user",
    re.IGNORECASE,
)
_token_schemes: Final = frozenset({"bearer", "token", "jwt"})
_LONGEST: Final = 512
_EMPTY: Final = frozenset({"null", "undefined", "none", "nil", "false", "{}", "[object object]"})


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for words that say that credentials are missing, although the request has some."""
    scheme = sent_scheme(exchange)
    value = (exchange.request.headers.get("authorization") or "").strip().partition(" ")[2].strip()
    if not scheme or not value or value.lower() in _EMPTY:
        return
    text = said(exchange).prose[:_LONGEST]
    found = _missing.search(text)
    if found is None or _open.search(text):
        return
    words = found[0].lower()
    if ("token" in words or "bearer" in words) and scheme not in _token_schemes:
        return
    yield Hit(f"401 that says credentials are missing, although {scheme} ones were sent", text)


BAD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example
Authorization: Bearer 7215ee9c7d9dc229d2921a40e899ec5f

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Token
Content-Type: application/json

{"detail": "Authentication credentials were not provided."}
""",
)

GOOD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Token
Content-Type: application/json

{"detail": "Authentication credentials were not provided."}
""",
    """\
GET /v1/me HTTP/1.1
Host: api.example
Authorization: Token 7215ee9c7d9dc229d2921a40e899ec5f

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Token
Content-Type: application/json

{"detail": "The token is missing or has expired."}
""",
)
