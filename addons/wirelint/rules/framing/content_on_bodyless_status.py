"""Content in a response that must not have any

What it does
------------
Reports 1xx, 204, 205 and 304 responses and responses to HEAD that have content, and 1xx and 204 responses with a
``Content-Length`` field.

Why it matters
--------------
On HTTP/1.1 the receiver expects no content and reads its first byte as the start of the next response. One client's
data ends up in another client's response, or the connection breaks. Clients never see the content.

Known exceptions
----------------
``Content-Length: 0`` on a 204 is forbidden as well but harmless, so it is a note. Proxies drop the content of an
HTTP/1.1 204 before wirelint sees it; then only the ``Content-Length`` shows it. In a recording, the recorder may have
left that field, so there, without content, it is only a hint. ``Content-Length`` in responses to HEAD and in 304 is the
size that GET would get, and is fine. Content of a response to HEAD is invisible over HTTP/1.1; in a recording it comes
from the recorder, so only HTTP/2 and HTTP/3 are judged.

How to fix
----------
Answer 200 if there is content, and send none with 204, 205 and 304. Frameworks that add content to an error or a
redirect need an explicit empty body: Express ``res.status(204).end()``, FastAPI ``Response(status_code=204)``, Spring
``ResponseEntity.noContent().build()``.

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
    may=lambda shape: shape.method == "HEAD" or _forbids_content(shape.status),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the content with the status."""
    response = exchange.response
    status = response.status
    if _forbids_content(status):
        name = str(status)
    elif not response.http_version.startswith("HTTP/1"):
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


def _forbids_content(status: int | None) -> bool:
    return status is not None and (100 <= status < 200 or status in (204, 205, 304))


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
