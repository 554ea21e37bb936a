"""401 sent to an authenticated caller without permission; 403 is expected

What it does
------------
Reports a 401 to a request with credentials whose code or text is about permission (a role, a scope, a privilege) and
not about the credentials themselves. Also reports a 401 to a credential that the service accepts on routes that refuse
others, if this route accepts another credential: the caller is known and lacks permission. A credential that may expire
must be accepted afterwards as well.

Why it matters
--------------
401 asks for other credentials. Clients refresh tokens, ask for the password or log the user out, which does not help a
known caller without permission. 403 says what is wrong and stops the loop.

Known exceptions
----------------
A challenge that asks for stronger authentication (``insufficient_user_authentication``, RFC 9470) is correct under 401.
A bare «Forbidden» or «Access denied» proves nothing: developers write it under every refusal. «You are not authorized to
view this page» is the page of Tomcat and others for a wrong password, too: a hint, unless the service is known to accept
the credential.

How to fix
----------
Answer 403 once the credentials are accepted. Spring Security: send denied access to an ``AccessDeniedHandler``; the
entry point is for anonymous callers only. Express: authorization middleware sends 403, authentication middleware 401.
Django REST framework does so by itself if the authenticator defines ``authenticate_header``.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.4
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.4
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered, Exchange
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.state import Opens, State, either
from wirelint.core.visit import Visit
from wirelint.evidence.credentials import credentials
from wirelint.evidence.expiry import is_expired
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning, is_bare_refusal, of_prose
from wirelint.history.callers import FORBIDDEN, Callers, callers_prove

_rights: Final = re.compile(
    r"permission|privilege|\b(?:roles?|scopes?|rights?|admins?|administrators?|owners?|members?|moderators?|staff|superusers?|grants?"
    r"|polic(?:y|ies)|entitle\w{0,8}|licen[cs]es?|subscriptions?|plan|acls?)\b",
    re.IGNORECASE,
)
_stock: Final = re.compile(r"\bcredentials (?:that )?you supplied\b", re.IGNORECASE)
"""From the page of IIS for each 401."""
_sentence: Final = re.compile(r"[^.\n]{0,200}\bnot (?:authori[sz]ed|allowed|permitted)\b[^.\n]{0,200}", re.IGNORECASE)
"""The reason itself; pages go on with advice."""


def is_401(state: State) -> Opens:
    """Open for each 401, whatever came before."""
    return _is_401


def _is_401(exchange: Exchange, visit: Visit) -> bool:
    return exchange.status == 401


RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the text is about permission, or the service accepts the credential elsewhere and another one here",
    basis="SHOULD: RFC 9110 section 15.5.4",
    when=When(status="2xx 401"),
    reads=Reads.PREFIX,
    suggested_status=403,
    recalls=(Callers,),
    after=either(is_401, callers_prove),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Read the text of a 401, else compare it with other exchanges."""
    found = tuple(_by_text(exchange)) if exchange.status == 401 else ()
    yield from found
    current = context.state.visit(exchange)
    for proof in () if found else context.recall(Callers).proofs(exchange):
        if proof.kind == FORBIDDEN:
            fault = proof.fault
            yield Hit(
                "401 sent to a caller that the service knows; 403 is expected",
                f"{fault.method} {fault.route} → 401; {proof.story[0].request} → {proof.story[0].outcome}",
                story=proof.story,
                note=proof.note,
                about=None if fault is current else fault,
            )


def _by_text(exchange: Answered) -> Iterator[Hit]:
    """Look for a text about permission and not about credentials."""
    response = exchange.response
    about = meanings(exchange)
    if Meaning.AUTHZ not in about or about & {Meaning.AUTHN, Meaning.RATE}:
        return
    if not credentials(exchange) or is_expired(exchange):
        return
    words = said(exchange)
    if is_bare_refusal(words.prose) or "insufficient_user_authentication" in (
        response.headers.get("www-authenticate") or ""
    ):
        return
    if Meaning.AUTHN in of_prose(words.prose):
        return  # many send «not_authorized» with every 401; a text such as «login failed» beside it decides
    text = f"{words.prose} {' '.join(words.codes).replace('_', ' ')}"
    if _stock.search(text):
        return
    reason = _sentence.search(text)
    # «You are not authorized to view this page» is also what servers say when they do not know the password.
    yield Hit(
        "401 sent to a caller without permission; 403 is expected",
        words.prose or " ".join(words.codes),
        confidence=Confidence.STRONG if _rights.search(text if reason is None else reason[0]) else Confidence.WEAK,
    )


BAD = (
    """\
DELETE /v1/reports/9 HTTP/1.1
Host: admin.example
Authorization: SSWS of-a-basic-user-1234567

HTTP/1.1 401 Unauthorized
WWW-Authenticate: SSWS
Content-Type: application/json

{"errorCode": "E0000015", "errorSummary": "You do not have permission to access the feature you are requesting"}
""",
    """\
GET /notes HTTP/1.1
Host: shop.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Basic realm="shop"
Content-Type: application/json

{"error": "401"}
GET /notes HTTP/1.1
Host: shop.example
Authorization: Basic YWRhOndvbmRlcmxhbmQ=

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1}]
GET /prices HTTP/1.1
Host: shop.example
Authorization: Basic Ym9iOmJ1aWxkZXI=

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 7}]
GET /prices HTTP/1.1
Host: shop.example
Authorization: Basic YWRhOndvbmRlcmxhbmQ=

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Basic realm="shop"
Content-Type: application/json

{"error": "401"}
""",
)

GOOD = (
    """\
DELETE /v1/reports/9 HTTP/1.1
Host: admin.example
Authorization: Bearer expired-1234567

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer error="invalid_token"
Content-Type: application/json

{"error": "The access token has expired"}
""",
    """\
DELETE /v1/reports/9 HTTP/1.1
Host: admin.example
Authorization: SSWS of-a-basic-user-1234567

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"error": "You do not have permission to delete reports"}
""",
)
