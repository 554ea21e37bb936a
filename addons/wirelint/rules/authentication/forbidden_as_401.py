"""A 401 tells a known caller that it lacks permission

What it does
------------
Reports a 401 to a request with credentials whose code or text speaks of permission (a role, a scope, a privilege) and
not of the credentials themselves.

Why it matters
--------------
401 asks for other credentials. Clients react by refreshing tokens, asking for the password or logging the user out,
none of which helps somebody who is known and not allowed. 403 says what is meant and stops the loop.

Known exceptions
----------------
A challenge that asks for stronger authentication (``insufficient_user_authentication``, RFC 9470) is right under 401.
A bare «Forbidden» or «Access denied» proves nothing: people write it under every refusal.

How to fix
----------
Answer 403 once the credentials were accepted. Spring Security: leave denied access to an ``AccessDeniedHandler``, the
entry point is for anonymous callers only. Express: authorization middleware sends 403, authentication middleware 401.
Django REST framework does so by itself if the authenticator defines ``authenticate_header``.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.4
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.4
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.credentials import credentials
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning, is_bare_refusal, of_prose

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the text speaks of permission, and the request carried credentials",
    basis="SHOULD: RFC 9110 section 15.5.4",
    when=When(status="401"),
    reads=Reads.PREFIX,
    suggested_status=403,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Permission, and nothing about the credentials."""
    response = exchange.response
    about = meanings(exchange)
    if Meaning.AUTHZ not in about or about & {Meaning.AUTHN, Meaning.RATE}:
        return
    if not credentials(exchange):
        return
    words = said(exchange)
    if is_bare_refusal(words.prose) or "insufficient_user_authentication" in (
        response.headers.get("www-authenticate") or ""
    ):
        return
    if Meaning.AUTHN in of_prose(words.prose):
        return  # «not_authorized» is what many call any 401: «login failed» is plainer
    yield Hit("401 to a caller with credentials who lacks permission", words.prose or " ".join(words.codes))


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
