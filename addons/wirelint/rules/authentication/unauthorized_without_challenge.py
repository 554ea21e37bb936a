"""401 without WWW-Authenticate

What it does
------------
Reports a 401 response without a ``WWW-Authenticate`` field, or with one that holds no challenge.

Why it matters
--------------
The challenge shows a client that credentials would help, and of which kind. Without it, generic clients, gateways and
libraries cannot distinguish "log in" from "never". Token refresh does not start, and people guess from the text.

Known exceptions
----------------
None: the field is required in every 401. Any scheme name is fine, registered or not.

How to fix
----------
Send ``WWW-Authenticate: Bearer`` (or the scheme you use) with each 401. Browsers open their password box for ``Basic``,
``Digest``, ``NTLM`` and ``Negotiate`` only, so use ``Bearer`` or a scheme of your own for an API called by scripts.
FastAPI: raise ``HTTPException(401, headers={"WWW-Authenticate": "Bearer"})``. Django REST framework: put an
authenticator that defines ``authenticate_header`` first. Spring Security: configure an ``AuthenticationEntryPoint``
such as ``BearerTokenAuthenticationEntryPoint``. express-basic-auth: ``challenge: true``.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.CERTAIN,
    because="the field is required, and its absence is seen in the head of the response",
    basis="MUST: RFC 9110 section 15.5.2",
    when=When(status="401"),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a challenge of any scheme."""
    response = exchange.response
    value = response.headers.get("www-authenticate")
    if value is None:
        yield Hit("401 without a WWW-Authenticate field", f"401 {response.reason}".rstrip())
    elif not value.strip(" ,\t"):
        yield Hit("401 with a WWW-Authenticate field without a challenge", f"WWW-Authenticate: {value}")


BAD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example
Accept: application/json

HTTP/1.1 401 Unauthorized
Content-Type: application/json

{"error": "token is missing"}
""",
    """\
GET /v1/me HTTP/1.1
Host: api.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: ,

""",
)

GOOD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm="api"

""",
    """\
GET /v1/me HTTP/1.1
Host: api.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: GoodData

""",
)
