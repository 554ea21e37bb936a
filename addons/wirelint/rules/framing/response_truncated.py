"""The response ended early

What it does
------------
Reports an incomplete response: fewer bytes than its ``Content-Length``, no last chunk, a stream reset, a timeout in the
middle.

Why it matters
--------------
The status line was sent first and still says success, so access logs and dashboards count one. The client has an
incomplete document, which some libraries return as if it were complete.

Known exceptions
----------------
A client that left early has what it wanted. Responses without content by definition (to HEAD, 1xx, 204, 304) cannot be
truncated, and traffic in a tunnel or an upgraded connection is not a response. Event streams are meant to be resumed,
so their end is a note.

How to fix
----------
Find out what ended the process or the stream at that time: a worker timeout (gunicorn ``--timeout``), memory, a deploy
without draining, a serializer that fails while it streams, a proxy's read timeout (nginx ``proxy_read_timeout``).
Compute everything that can fail before sending the first byte, so that a 500 or 504 is still possible.

References
----------
- https://www.rfc-editor.org/rfc/rfc9112.html#section-8
- https://www.rfc-editor.org/rfc/rfc9113.html#section-8.1
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered, FailureKind
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="the end of the response was expected on the wire and did not come",
    basis="MUST: RFC 9112 section 8",
    when=When(),
    verdict=Verdict.SERVER_ERROR,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report a failure that came after the head of a response."""
    failure, response = exchange.failure, exchange.response
    if failure is None or failure.kind is FailureKind.CLIENT_GONE:
        return
    status, method = response.status, exchange.request.method
    if method in ("HEAD", "CONNECT") or status < 200 or status in (204, 304):
        return
    yield Hit(
        f"{status} whose content ended early ({failure.kind})",
        failure.message or f"{failure.kind} after {response.body.size or len(response.body.raw or b'')} bytes",
        severity=Severity.INFO if response.headers.media_type.kind is Kind.EVENTS else None,
        discriminator=str(failure.kind),
    )


BAD = (
    """\
GET /v1/export HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 5000

{"rows": [1, 2, 3,
# failure: reset peer closed after 18 of 5000 bytes
""",
)

GOOD = (
    """\
GET /v1/export HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 19

{"rows": [1, 2, 3]}
""",
    """\
GET /v1/export HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 5000

{"rows": [1, 2, 3,
# failure: client_gone
""",
    """\
GET /v1/export HTTP/1.1
Host: api.example

# failure: timeout no response within 30 s
""",
)
