"""A login page or a redirect to it instead of 401

What it does
------------
Reports an API call that is answered with a login form under 200, or redirected to a login page.

Why it matters
--------------
A program cannot log in there. It follows the redirect, gets HTML under 200, and fails to parse it or, worse, uses it as
an answer. An expired session looks like a broken API.

Known exceptions
----------------
Browser navigation should end at a login page. So should the endpoints of OAuth and OpenID Connect.

How to fix
----------
Answer calls for data with 401 and a challenge, and redirect only requests that accept ``text/html``. Spring Security: a
``DelegatingAuthenticationEntryPoint`` or ``HttpStatusEntryPoint`` for API paths. ASP.NET Core: override
``OnRedirectToLogin`` for API paths. Laravel: send ``Accept: application/json`` or override ``unauthenticated``. Devise:
list the format in ``navigational_formats`` only for HTML.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.4
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.evidence.requests import is_api_call

_login: Final = re.compile(
    r"(?:^|/)(?:log[-_]?in|sign[-_]?in|logon|sso|auth/login|authenticate|authorize|oauth2?/auth|session/new|users/sign_in|account/login|saml2?)(?:$|[/.;])",
    re.IGNORECASE,
)
_password: Final = re.compile(r"<input\b[^<>]{0,512}type=[\"']?password", re.IGNORECASE)

_page: Final = re.compile(r"\.(?:html?|xhtml|tmpl|hbs|mustache|vue|svg)$", re.IGNORECASE)

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the call asked for data and got a password field, or a path that is named login",
    basis="SHOULD: RFC 9110 section 11.4",
    when=When(status="200 302 303 307"),
    may=lambda shape: shape.status != 200 or shape.kind is Kind.HTML,
    verdict=Verdict.CLIENT_ERROR,
    suggested_status=401,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a form under 200, or a login path in a redirect; a host name proves nothing."""
    response = exchange.response
    if not is_api_call(exchange) or _login.search(exchange.request.path[:1024]):
        return
    if response.status == 200:
        if _page.search(exchange.request.path[-64:]):
            return  # a part of a page, which a script loads: a form to change a password
        if _password.search((response.body.text or "")[:32768]):
            yield Hit("200 with a login form in response to an API call", '<input type="password">')
        return
    location = response.headers.get("location") or ""
    try:
        path = urlsplit(location).path
    except ValueError:
        return
    if _login.search(path[:1024]):
        yield Hit(f"{response.status} to a login page in response to an API call", f"Location: {path[:100]}")


BAD = (
    """\
GET /api/orders HTTP/1.1
Host: shop.example
Accept: application/json

HTTP/1.1 302 Found
Location: /login?next=%2Fapi%2Forders
""",
)

GOOD = (
    """\
GET /orders HTTP/1.1
Host: shop.example
Accept: text/html

HTTP/1.1 302 Found
Location: /login?next=%2Forders
""",
    """\
GET /api/about HTTP/1.1
Host: oauth.reader.example
Accept: application/json

HTTP/1.1 302 Found
Location: https://oauth.reader.example/api/about/7
""",
)
