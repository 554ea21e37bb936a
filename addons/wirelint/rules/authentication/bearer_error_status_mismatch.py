"""A Bearer error code under the wrong status

What it does
------------
Reports a ``Bearer`` challenge whose ``error`` belongs to another status: ``invalid_request`` to 400, ``invalid_token``
to 401, ``insufficient_scope`` to 403.

Why it matters
--------------
Clients act on the status first. ``insufficient_scope`` under 401 makes them refresh a valid token in a loop.
``invalid_token`` under 403 keeps them from refreshing an invalid one.

Known exceptions
----------------
404 may hide that a resource exists, whatever the challenge says. Successful responses are not judged. A 401 that calls
a missing token ``invalid_request`` is a note: without any token, 401 without ``error`` is correct.

How to fix
----------
Answer 401 if the token is missing, expired or revoked, and 403 if it is valid but its scopes do not suffice. Spring
Security's ``BearerTokenAccessDeniedHandler`` and ``BearerTokenAuthenticationEntryPoint`` use the right pairs; do not
map both to one handler.

References
----------
- https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.4
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.challenges import challenges

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="the challenge itself names the error, and the specification its status",
    basis="SHOULD: RFC 6750 section 3.1",
    when=When(status="3xx 4xx 5xx", response_fields=("www-authenticate",)),
)

_STATUS: Final = {"invalid_request": 400, "invalid_token": 401, "insufficient_scope": 403}


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the error with the status."""
    status = exchange.status
    if status == 404:
        return
    for challenge in challenges(exchange).of("bearer"):
        error = challenge.get("error")
        meant = _STATUS.get(error or "")
        if meant is None or meant == status:
            continue
        yield Hit(
            f"{status} with the Bearer error {error}, which belongs to {meant}",
            f'WWW-Authenticate: Bearer, error="{error}"',
            suggested_status=meant,
            severity=Severity.INFO if (error, status) == ("invalid_request", 401) else None,
            discriminator=str(error),
        )
        return


BAD = (
    """\
DELETE /v1/users/7 HTTP/1.1
Host: api.example
Authorization: Bearer abc

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer error="insufficient_scope", scope="admin"
Content-Type: application/json

{"id": "e-17"}
""",
)

GOOD = (
    """\
DELETE /v1/users/7 HTTP/1.1
Host: api.example
Authorization: Bearer abc

HTTP/1.1 403 Forbidden
WWW-Authenticate: Bearer error="insufficient_scope", scope="admin"
Content-Type: application/json

{"id": "e-17"}
""",
    """\
GET /v1/users/7 HTTP/1.1
Host: api.example
Authorization: Bearer abc

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer error="invalid_token"
Content-Type: application/json

{"id": "e-17"}
""",
)
