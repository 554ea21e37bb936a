"""404 for a method that the resource does not support, shown by asking; 405 is expected

What it does
------------
With `--probe`: reports a 404 to PUT, PATCH, DELETE or POST where GET of the same target got a success right afterwards
with the same credentials, and OPTIONS got an ``Allow`` field that leaves the method out. For DELETE without content the
GET alone suffices.

Why it matters
--------------
404 says that there is nothing. Clients delete their references and stop asking, although only the method was wrong.

Known exceptions
----------------
What a POST, PUT or PATCH refers to in its content may be absent, so GET alone proves nothing for them. The resource may
have been created between the two requests.

How to fix
----------
Answer 405 with ``Allow``. In most frameworks one route with all its methods does so by itself.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.6
- https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="the target was read right afterwards, and the service itself lists the methods that it supports",
    basis="SHOULD: RFC 9110 section 15.5.6",
    when=When(status="404", method="POST PUT PATCH DELETE"),
    suggested_status=405,
    default=False,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a target that can be read, and a list of methods without the refused one."""
    read, options, method = exchange.probe("read"), exchange.probe("options"), exchange.request.method
    if read is None or read.status is None or not 200 <= read.status < 300:
        return
    listed = () if options is None else tuple(word.strip().upper() for word in options.allow.split(",") if word.strip())
    if listed and method not in listed:
        how = f"asked again: GET → {read.status}, OPTIONS allows {', '.join(listed)}"
    elif not listed and method == "DELETE" and exchange.request.body.empty:
        how = f"asked again: GET → {read.status}"
    else:
        return
    yield Hit("404 sent for a method that this path does not support; 405 is expected", how)


BAD = (
    """\
PUT /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"id": 1}

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "Not Found"}
# probe: options 204 allow GET, HEAD, POST
# probe: read 200
""",
    """\
DELETE /orders HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "Not Found"}
# probe: options 404
# probe: read 200
""",
)

GOOD = (
    """\
DELETE /orders/7 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such order"}
# probe: options 204 allow GET, DELETE
# probe: read 404
""",
    """\
PUT /orders/7 HTTP/1.1
Host: shop.example
Content-Type: application/json

{"customer": 9}

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "no such customer"}
# probe: options 204 allow GET, PUT, DELETE
# probe: read 200
""",
)
