"""An error page with a success status

What it does
------------
Reports a 2xx response that is an error page. Its title, heading or first line is an error status («502 Bad Gateway»,
«Page not found»). Or its text says that the database is down, that a firewall blocked the request, that the site is in
maintenance, or nothing but an error. An error within the frame of a site is a note. Pages of known gateways and PHP's
fatal errors count as well.

Also reports a web page in place of data: the empty frame of a single-page application in response to an API call, and
any page sent to a client that accepts only JSON, or that needs a script, a style sheet, a font or a picture.

Why it matters
--------------
Search engines index it, caches keep it, clients try to parse it, and no alert sees it. Gateways often hide a failed
upstream this way.

Known exceptions
----------------
Pages with navigation, and pages over 8 KiB, may be *about* errors, unless title and heading both name one. A page
requested by its number or name (``/404.html``, ``/wiki/Access_denied``) is the page itself. A browser that navigates
may get the frame of the application for any path. So may a client that requests the root of an API or its
documentation.

How to fix
----------
PHP: ``display_errors=0`` sends 500. nginx: ``error_page 502 504 /sorry.html;`` keeps the status, ``=200`` replaces it.
Apache: a local path in ``ErrorDocument`` keeps it, a full URL redirects. HAProxy: the first line of an ``errorfile`` is
the status that is sent. CloudFront: do not change the response code of a custom error response. A catch-all route of a
single-page application must not answer unknown paths with 200: exclude ``/api/`` and files from it. Maintenance: 503
with ``Retry-After``.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3.1
- https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import Verdict, of_status
from wirelint.evidence.pages import ErrorPage, error_page, is_application_shell
from wirelint.evidence.requests import is_call_for_data, wants_json

_parts: Final = re.compile(r"[^0-9A-Za-z]+")
_document: Final = re.compile(r"<(?:!doctype html|html|head|body|!--)", re.IGNORECASE)
# Paths that have a page: a root, documentation, a login form, an HTML file.
_root: Final = re.compile(
    r"^/?$|/(?:api|rest|v\d{1,2}|graphql|graphiql|playground|explorer|console|docs?|documentation|swagger[\w-]*|redoc|reference|ui|app|admin|login|signin|logout|index)?/?$|\.x?html?$|/(?:docs?|swagger[\w-]*|ui)/",
    re.IGNORECASE,
)
_SUBRESOURCES: Final = {
    "script": "script",
    "style": "style sheet",
    "font": "font",
    "image": "picture",
    "audio": "recording",
    "video": "film",
    "worker": "script",
    "serviceworker": "script",
    "sharedworker": "script",
    "manifest": "manifest",
}
"""Values of Sec-Fetch-Dest (Fetch Metadata, section 2.1) that need something other than a page."""

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.STRONG,
    because="the page's own title names its status",
    basis="policy: RFC 9110 section 15.3.1",
    when=When(status="2xx", media=(Kind.HTML, Kind.TEXT, Kind.NONE, Kind.JSON, Kind.XML)),
    needs_fields=False,
    reads=Reads.WHOLE,
    json_keys=frozenset(),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for an error page that was not requested, or for a page in place of data."""
    page = error_page(exchange)
    if page is not None and not _is_named(exchange.request.path, page.status):
        yield Hit(
            f"{exchange.status} with a page that says {page.status or 'that the request failed'}",
            page.evidence,
            suggested_status=page.status,
            verdict=Verdict.UNKNOWN if page.status is None else of_status(page.status),
            severity=_severity(page),
        )
    elif page is None:
        yield from _in_place_of_data(exchange)


def _severity(page: ErrorPage) -> Severity | None:
    """Lower the severity of a page in a site's frame, which people can read, and of a page without a status."""
    if page.framed:
        return Severity.INFO
    return Severity.MEDIUM if page.status is None else None


def _is_named(path: str, status: int | None) -> bool:
    """Return whether the path requests an error page: ``/404.html``, ``/errors/down``."""
    return "error" in path.lower() or (status is not None and str(status) in _parts.split(path))


def _in_place_of_data(exchange: Answered) -> Iterator[Hit]:
    response, request = exchange.response, exchange.request
    if (
        response.headers.media_type.kind is not Kind.HTML
        or request.method in ("HEAD", "OPTIONS")
        or response.status != 200
    ):
        return
    text = (response.body.text or "") if response.body.complete else ""
    if not _document.match(text.lstrip()[:256]):
        return
    wanted = (request.headers.get("sec-fetch-dest") or "").lower()
    if wanted in _SUBRESOURCES:
        yield Hit(
            f"{response.status} with a web page where a {_SUBRESOURCES[wanted]} was requested; 404 is expected",
            f"Sec-Fetch-Dest: {wanted}, Content-Type: {response.headers.media_type.essence}",
            suggested_status=404,
            verdict=Verdict.CLIENT_ERROR,
            severity=Severity.LOW,
            discriminator="data",
        )
    elif _root.search(request.path[-128:]) is None and is_call_for_data(exchange):
        shell = is_application_shell(text)
        if shell or (wants_json(exchange) and request.method != "GET"):
            yield Hit(
                f"{response.status} with a web page in place of data; 404 or 405 is expected"
                if shell
                else f"{response.status} with a web page to a client that accepts only JSON",
                f"Accept: {request.headers.get('accept') or ''}, Content-Type: {response.headers.media_type.essence}",
                suggested_status=404 if shell else None,
                verdict=Verdict.CLIENT_ERROR if shell else None,
                severity=Severity.MEDIUM if shell else Severity.LOW,
                discriminator="data",
            )


BAD = (
    """\
GET /cgi/soft404 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: text/html

<html><head><title>Page not found - Shop</title></head><body><h1>Page not found</h1></body></html>
""",
    """\
GET / HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: text/html

<html><head><title>Shop</title></head><body><p>Error establishing a database connection</p></body></html>
""",
    """\
POST /api/v2/prices HTTP/1.1
Host: app.example
Accept: application/json
Content-Type: application/json

{"a": 1}

HTTP/1.1 200 OK
Content-Type: text/html

<!doctype html><html><head><title>App</title></head><body><div id="app"></div><script src="/app.js"></script></body></html>
""",
    """\
GET /assets/old-4a2b.js HTTP/1.1
Host: app.example
Sec-Fetch-Dest: script

HTTP/1.1 200 OK
Content-Type: text/html

<!doctype html><html><head><title>App</title></head><body><div id="app"></div><script src="/app.js"></script></body></html>
""",
    """\
GET /quotes/7 HTTP/1.1
Host: gateway.example
Accept: application/json

HTTP/1.1 200 OK
Content-Type: text/html

<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>
""",
    """\
GET /prices.php HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: text/html

<br />
<b>Fatal error</b>:  Uncaught Error: Call to undefined function prices() in /srv/prices.php:7
Stack trace:
#0 {main}
  thrown in <b>/srv/prices.php</b> on line <b>7</b><br />
""",
)

GOOD = (
    """\
GET /orders/7 HTTP/1.1
Host: app.example
Accept: text/html,*/*;q=0.8

HTTP/1.1 200 OK
Content-Type: text/html

<!doctype html><html><head><title>App</title></head><body><div id="app"></div><script src="/app.js"></script></body></html>
""",
    """\
GET /services/maintenance HTTP/1.1
Host: garage.example

HTTP/1.1 200 OK
Content-Type: text/html

<html><head><title>Maintenance</title></head><body><h1>Maintenance</h1><p>We look after your car. Book a date.</p></body></html>
""",
    """\
GET /wiki/Access_denied HTTP/1.1
Host: wiki.example

HTTP/1.1 200 OK
Content-Type: text/html

<html><head><title>Access denied - Wiki</title></head><body><h1>Access denied</h1><p>A message of Windows.</p></body></html>
""",
    """\
GET /quotes/7 HTTP/1.1
Host: gateway.example

HTTP/1.1 502 Bad Gateway
Content-Type: text/html

<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>
""",
    """\
GET /blog/gateways HTTP/1.1
Host: blog.example

HTTP/1.1 200 OK
Content-Type: text/html

<html><head><title>502 Bad Gateway: what it means</title></head><body><nav><a href="/">Home</a></nav><p>Behind a proxy …</p></body></html>
""",
    """\
GET /recipes HTTP/1.1
Host: blog.example

HTTP/1.1 200 OK
Content-Type: text/html

<html><head><title>404 ways to cook rice</title></head><body><p>One …</p></body></html>
""",
)
