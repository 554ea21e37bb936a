"""An error page is sent as a success

What it does
------------
Reports a 2xx response that is a small error page: its title, heading or first line is an error status («502 Bad
Gateway»), or it is the page that a known gateway puts in place of an answer, or it ends with PHP's report of the fatal
error that stopped it.

Why it matters
--------------
Search engines index it, caches keep it, clients try to parse it, and no alert sees it. It is the usual way in which a
gateway hides that its upstream is gone.

Known exceptions
----------------
Pages with navigation, and pages over 8 KiB, write *about* errors. A page that was asked for under its number
(``/404.html``) is the page itself.

How to fix
----------
PHP: ``display_errors=0`` sends 500. nginx: ``error_page 502 504 /sorry.html;`` keeps the status, ``=200`` replaces it. Apache: a local path in
``ErrorDocument`` keeps it, a full URL redirects. HAProxy: the first line of an ``errorfile`` is the status that is
sent. CloudFront: leave the response code of a custom error response as it is. A catch-all route of a single-page
application must not serve paths that do not exist as 200.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3.1
- https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import of_status
from wirelint.evidence.pages import error_page

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.STRONG,
    because="the page's own title says which status it stands for",
    basis="policy: RFC 9110 section 15.3.1",
    when=When(status="2xx", media=(Kind.HTML, Kind.TEXT, Kind.NONE, Kind.JSON, Kind.XML)),
    reads=Reads.WHOLE,
    json_keys=frozenset(),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """A page that was not asked for by its number."""
    page = error_page(exchange)
    if page is None or str(page.status) in exchange.request.path or "error" in exchange.request.path.lower():
        return
    yield Hit(
        f"{exchange.status} with a page that says {page.status}",
        page.evidence,
        suggested_status=page.status,
        verdict=of_status(page.status),
    )


BAD = (
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
