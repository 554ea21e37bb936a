"""Malformed WWW-Authenticate or Proxy-Authenticate challenge

What it does
------------
Reports a ``WWW-Authenticate`` or ``Proxy-Authenticate`` field that breaks the grammar of challenges, a ``Basic``
challenge without ``realm``, and a ``Bearer`` challenge that gives a parameter twice.

Why it matters
--------------
Clients parse the field to choose a scheme and to learn why a token failed. If a challenge is broken, some ignore the
whole field, some only the rest of it, some read half of a value. So the same response means different things to
different clients.

Known exceptions
----------------
Any scheme name is fine, registered or not, and so is a scheme without parameters (other than ``Basic``). A field that a
recorder replaced, or that is longer than 4 KiB, is not judged.

How to fix
----------
Put values with spaces, slashes, colons or commas into double quotes, and a comma between parameters: ``Bearer
realm="api", error="invalid_token", error_description="The token expired"``. Single quotes do not quote. ``Basic``
needs ``realm="…"``.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.2
- https://www.rfc-editor.org/rfc/rfc7617.html#section-2
- https://www.rfc-editor.org/rfc/rfc6750.html#section-3
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.challenges import Challenges, challenges, read

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="the field was parsed by the grammar of the specification",
    basis="MUST: RFC 9110 section 11.6.1, RFC 7617 section 2, RFC 6750 section 3",
    when=When(response_fields=("www-authenticate", "proxy-authenticate")),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Parse both fields and check the result."""
    response = exchange.response
    yield from _faults("WWW-Authenticate", challenges(exchange))
    yield from _faults("Proxy-Authenticate", read(response.headers, "proxy-authenticate"))


def _faults(name: str, found: Challenges) -> Iterator[Hit]:
    if found.fault is not None:
        yield Hit(f"{name} is malformed", f"{name}: … {found.fault}", discriminator=name)
        return
    for challenge in found.items:
        if challenge.scheme == "basic" and challenge.get("realm") is None:
            yield Hit(f"{name} challenge for Basic without realm", f"{name}: Basic", discriminator=name)
            return
        names = [parameter for parameter, _ in challenge.parameters]
        if challenge.scheme == "bearer" and len(set(names)) < len(names):
            twice = next(parameter for parameter in names if names.count(parameter) > 1)
            yield Hit(f"{name} challenge for Bearer with a repeated parameter", twice, discriminator=name)
            return


BAD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: JWT realm=jwt auth
Content-Type: application/json

{"error": "not logged in"}
""",
    """\
GET /v1/me HTTP/1.1
Host: api.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Basic
Content-Type: application/json

{"error": "not logged in"}
""",
)

GOOD = (
    """\
GET /v1/me HTTP/1.1
Host: api.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Basic realm="handle", Handle sessionId="1x8i", error="Identity not verified"
Content-Type: application/json

{"error": "not logged in"}
""",
    """\
GET /v1/me HTTP/1.1
Host: api.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Negotiate oRMGabc==, NTLM
Content-Type: application/json

{"error": "not logged in"}
""",
)
