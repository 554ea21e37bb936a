"""Wrong status from an OAuth token endpoint

What it does
------------
Checks responses of OAuth token endpoints, recognised by ``grant_type`` in a form or by their path. Reports an OAuth
``error`` under a 2xx status, ``invalid_grant`` under 401, ``invalid_client`` under a status other than 401 if the
client authenticated with the ``Authorization`` field, and the errors of RFC 6749 under any status other than 400 or
401: 403, 404, 422, 500 or 501.

Why it matters
--------------
OAuth libraries read the status before the content. They take an error under 200 for tokens. ``invalid_grant`` under 401
makes HTTP stacks retry with the client's credentials, which were valid.

Known exceptions
----------------
``invalid_client`` under 400 is correct if the client's credentials were in the content. A 401 without a challenge is
another rule's finding. Some public providers are known to answer 200; there it is a note, because their callers cannot
change it. Requests or responses that were not captured completely are not judged.

How to fix
----------
Answer 400 with ``{"error": "invalid_grant"}``, and 401 with ``WWW-Authenticate`` for ``invalid_client`` when the
client used ``Authorization``. Established servers (Keycloak, Hydra, Spring Authorization Server, oauthlib) do so by
themselves.

References
----------
- https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from wirelint.core.exchange import Answered, Response
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.evidence.forms import form_fields
from wirelint.evidence.protocols import is_token_request

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.CERTAIN,
    because="the request names its grant, the response its error, and the specification the status",
    basis="MUST: RFC 6749 section 5.2",
    when=When(method="POST", status="2xx 4xx 5xx"),
    needs_fields=False,
    reads=Reads.WHOLE,
    json_keys=frozenset({"error"}),
)

_ERRORS: Final = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "authorization_pending",
        "slow_down",
        "access_denied",
        "expired_token",
        "bad_verification_code",
        "incorrect_client_credentials",
    }
)
_STANDARD: Final = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)
"""The errors of RFC 6749 section 5.2, all of which have status 400 unless the client authenticated."""
_SHAPE: Final = frozenset({"error", "error_description", "error_uri"})
_PROVIDERS: Final = ("github.com", "slack.com", "reddit.com", "facebook.com", "linkedin.com", "stackexchange.com")


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the error with the status."""
    request, response = exchange.request, exchange.response
    if request.body.unavailable is not None or not is_token_request(exchange):
        return
    members = _answer(response)
    error = members.get("error")
    if not isinstance(error, str) or not error or len(error) > 64:
        return
    status = response.status
    evidence = f'{status} {{"error": "{error}"}}'
    authenticated = "authorization" in request.headers
    right = 401 if error == "invalid_client" and authenticated else 400
    if 200 <= status < 300 and "access_token" not in members and (error in _ERRORS or _SHAPE.issuperset(members)):
        yield Hit(
            f"OAuth error {error} under {status}",
            evidence,
            suggested_status=right,
            verdict=Verdict.CLIENT_ERROR,
            severity=Severity.INFO if _is_known(request.authority) else None,
        )
    elif error == "invalid_grant" and status == 401:
        yield Hit("OAuth error invalid_grant under 401", evidence, suggested_status=400, severity=Severity.MEDIUM)
    elif error == "invalid_client" and authenticated and status != 401:
        yield Hit(f"OAuth error invalid_client under {status}", evidence, suggested_status=401)
    elif error in _STANDARD and status not in (400, 401, 429, 503):
        yield Hit(
            f"OAuth error {error} under {status}",
            evidence,
            suggested_status=right,
            severity=Severity.MEDIUM,
            verdict=Verdict.CLIENT_ERROR,
        )


def _answer(response: Response) -> Mapping[str, Any]:
    """Return the response's members; older servers send a form, as GitHub does by default."""
    if response.headers.media_type.kind is Kind.FORM and response.body.complete:
        return form_fields(response.body.text or "")
    return response.body.members or {}


def _is_known(authority: str) -> bool:
    host = authority.lower().rpartition("@")[2].partition(":")[0]
    return any(host == name or host.endswith(f".{name}") for name in _PROVIDERS)


BAD = (
    """\
POST /login/oauth/access_token HTTP/1.1
Host: id.example
Content-Type: application/x-www-form-urlencoded

client_id=a&client_secret=b&code=c
HTTP/1.1 200 OK
Content-Type: application/x-www-form-urlencoded

error=bad_verification_code&error_description=The+code+passed+is+incorrect+or+expired.
""",
    """\
POST /oauth/token HTTP/1.1
Host: id.example
Content-Type: application/x-www-form-urlencoded

grant_type=authorization_code&code=abc
HTTP/1.1 200 OK
Content-Type: application/json

{"error": "invalid_grant"}
""",
    """\
POST /oauth/token HTTP/1.1
Host: id.example
Content-Type: application/x-www-form-urlencoded

grant_type=authorization_code&code=abc
HTTP/1.1 401 Unauthorized
WWW-Authenticate: Basic realm="clients"
Content-Type: application/json

{"error": "invalid_grant"}
""",
    """\
POST /oauth/token HTTP/1.1
Host: id.example
Authorization: Basic YTpi
Content-Type: application/x-www-form-urlencoded

grant_type=client_credentials
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": "invalid_client"}
""",
    """\
POST /auth/token HTTP/1.1
Host: id.example
Content-Type: application/x-www-form-urlencoded

grant_type=magic&username=ann
HTTP/1.1 501 Not Implemented
Content-Type: application/json

{"error": "unsupported_grant_type", "error_description": "Unsupported grant type: magic"}
""",
)

GOOD = (
    """\
POST /oauth/token HTTP/1.1
Host: id.example
Content-Type: application/x-www-form-urlencoded

grant_type=authorization_code&code=abc
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": "invalid_grant"}
""",
    """\
POST /oauth/token HTTP/1.1
Host: id.example
Content-Type: application/x-www-form-urlencoded

grant_type=client_credentials&client_id=a&client_secret=b
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": "invalid_client"}
""",
)
