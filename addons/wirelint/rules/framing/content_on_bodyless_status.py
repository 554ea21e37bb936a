"""Content in a response that must not have any

What it does
------------
Reports 1xx, 204, 205 and 304 responses and answers to HEAD that come with content, and 1xx and 204 responses with a
``Content-Length`` field.

Why it matters
--------------
On HTTP/1.1 the receiver knows that there is no content and takes the first byte of it for the start of the next
response: one client's data ends up in another's answer, or the connection breaks. Clients never see what was said.

Known exceptions
----------------
``Content-Length: 0`` on a 204 is forbidden too but harms nobody, so it is a note. Proxies drop the content of an
HTTP/1.1 204 unseen; there the ``Content-Length`` alone gives it away. In a recording that field may be left over from
the recorder's own doing, so there, without content, it is only a hint. ``Content-Length`` in answers to HEAD and in 304
tells the size of what GET would get, and is fine. Content of an answer to HEAD is invisible over HTTP/1.1, so what a
recording shows there is the recorder's, and only HTTP/2 and HTTP/3 are judged.

How to fix
----------
Answer 200 where there is something to say, and send nothing with 204, 205 and 304. Frameworks that add content to an
error or a redirect on their own need an explicit empty body: Express ``res.status(204).end()``, FastAPI
``Response(status_code=204)``, Spring ``ResponseEntity.noContent().build()``.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-6.4.1
- https://www.rfc-editor.org/rfc/rfc9110.html#section-8.6
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3.6
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered, Exchange, Response
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.CERTAIN,
    because="the content, or the length that announces it, was seen",
    basis="MUST NOT: RFC 9110 sections 6.4.1, 8.6 and 15.3.6",
    when=When(),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare what may be there with what is."""
    response = exchange.response
    status = response.status
    if 100 <= status < 200 or status in (204, 205, 304):
        name = str(status)
    elif exchange.request.method == "HEAD" and not response.http_version.startswith("HTTP/1"):
        name = "answer to HEAD"
    else:
        return
    body = response.body
    if status != 101 and body.unavailable is None and body.raw:
        yield Hit(
            f"{name} with content", (body.text or "")[:200] or f"{len(body.raw)} bytes", suggested_status=_meant(status)
        )
    elif status < 205 and name != "answer to HEAD":
        yield from _announced(exchange, response)


def _meant(status: int) -> int | None:
    return 200 if status in (204, 205) else None


def _announced(exchange: Exchange, response: Response) -> Iterator[Hit]:
    length = response.headers.get("content-length")
    if length is None:
        return
    evidence = f"Content-Length: {length}"
    if length.strip() == "0":
        yield Hit(f"{response.status} with a Content-Length field", evidence, severity=Severity.INFO)
    else:
        yield Hit(
            f"{response.status} that announces content",
            evidence,
            severity=Severity.MEDIUM,
            confidence=Confidence.WEAK if exchange.origin is not None else None,
        )


BAD = (
    """\
DELETE /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 204 No Content
Content-Type: application/json

{"errors": ["not deleted"]}
""",
    """\
DELETE /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 204 No Content
Content-Length: 27

""",
    """\
POST /v1/form HTTP/1.1
Host: api.example

HTTP/1.1 205 Reset Content
Content-Type: text/plain

form cleared
""",
)

GOOD = (
    """\
DELETE /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 204 No Content

""",
    """\
HEAD /v1/orders/42 HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 27

""",
    """\
POST /v1/form HTTP/1.1
Host: api.example

HTTP/1.1 205 Reset Content
Content-Length: 0

""",
)
