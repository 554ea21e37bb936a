"""A redirect leads to an error page

What it does
------------
Reports a 302, 303 or 307 whose ``Location`` is the path of an error page (``/error``, ``/404.html``,
``/Error?aspxerrorpath=…``, ``/Account/AccessDenied``), in place of the error's own status.

Why it matters
--------------
The request failed, but neither this response nor the next one says so: the page behind the redirect is usually a 200.
Crawlers keep the broken link, API clients follow it to a page that they cannot read, and alerts see two successes.

Known exceptions
----------------
A form that a browser sent is a note. A request for an error page itself, and a redirect that carries an OAuth error
back to its client (RFC 6749 section 4.1.2.1), are correct.

How to fix
----------
Send the error's status with the page as its content. ASP.NET: ``<customErrors redirectMode="ResponseRewrite">``, or
``UseStatusCodePagesWithReExecute`` instead of ``…WithRedirects``. Apache: a local path in ``ErrorDocument`` instead of a
full URL. Cookie authentication in ASP.NET Core: answer 401 and 403 in ``OnRedirectToLogin`` and
``OnRedirectToAccessDenied`` for API paths.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.4
- https://httpd.apache.org/docs/2.4/mod/core.html#errordocument
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict, of_status

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="the path of the redirect is named after an error",
    basis="policy: RFC 9110 section 15.4 defines 3xx as further action that fulfils the request",
    when=When(status="302 303 307"),
)

_words: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PAGES: Final = {
    "error": None, "errors": None, "error page": None, "custom error": None, "generic error": None, "server error": 500,
    "internal error": 500, "internal server error": 500, "not found": 404, "page not found": 404, "notfound": 404,
    "error not found": 404, "access denied": 403, "accessdenied": 403, "forbidden": 403, "unauthorized": None,
    "permission denied": 403, "bad request": 400, "errorpage": None, "oops": None, "error handler": None, "application error": 500,
}  # fmt: skip
"""Last path segments of error pages, as words, and their statuses."""
_LONGEST: Final = 2048


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Check the path of the redirect."""
    location = (exchange.response.headers.get("location") or "")[:_LONGEST]
    try:
        target = urlsplit(location)
    except ValueError:
        return
    if "state=" in target.query or "code=" in target.query or _page(exchange.request.path) is not None:
        return
    if "error=" in target.query and target.netloc not in ("", exchange.request.authority):
        return  # back to the requesting client
    page = _page(target.path)
    if page is None:
        return
    name, status = page
    yield Hit(
        f"{exchange.status} to an error page, in place of the error's own status",
        f"Location: …/{name}",
        suggested_status=status,
        verdict=Verdict.UNKNOWN if status is None else of_status(status),
        # Browsers expect a redirect to a page after a form.
        severity=Severity.INFO if exchange.request.headers.media_type.kind is Kind.FORM else None,
    )


def _page(path: str) -> tuple[str, int | None] | None:
    """Return the name of the error page at a path, and its status; None for any other path."""
    name = path.rstrip("/").rpartition("/")[2][:64]
    stem = name.partition(".")[0]
    words = " ".join(word.lower() for word in _words.findall(stem))
    if words in _PAGES:
        return name, _PAGES[words]
    numbers = [word for word in words.split() if len(word) == 3 and word.isdigit() and word[0] in "45"]
    rest = {word for word in words.split() if not word.isdigit()}
    named = len(numbers) == 1 and rest <= {"error", "page", "http", "not", "found", "status"}
    # /orders/404 is an order, unless the number has a page extension or such a word beside it.
    if named and (rest or "." in name or path.count("/") == 1 or "error" in path.lower()):
        return name, int(numbers[0])
    return None


BAD = (
    """\
GET /api/orders/9 HTTP/1.1
Host: shop.example
Accept: application/json

HTTP/1.1 302 Found
Location: /Error?aspxerrorpath=/api/orders/9
""",
    """\
GET /soft/nope HTTP/1.1
Host: shop.example

HTTP/1.1 302 Found
Location: https://shop.example/errors/404.html
""",
)

GOOD = (
    """\
GET /orders/403 HTTP/1.1
Host: shop.example

HTTP/1.1 302 Found
Location: /orders/404
""",
    """\
GET /authorize?client_id=a HTTP/1.1
Host: id.example

HTTP/1.1 302 Found
Location: https://app.example/callback/error?error=access_denied&state=x
""",
    """\
POST /login HTTP/1.1
Host: shop.example

HTTP/1.1 302 Found
Location: /login?error=1
""",
)
