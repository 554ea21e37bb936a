"""An unknown method is answered like GET; 501 or 405 is expected

What it does
------------
Reports a success for a method that no specification defines, with exactly the content that GET gets for the same path.

Why it matters
--------------
A server that ignores the method treats every request as a read. Clients cannot learn what is supported, requests can
bypass the rules of firewalls and proxies for methods, and a mistyped method seems to work.

Known exceptions
----------------
Methods that some specification or product defines (WebDAV, caches, ``LIST`` of secret stores), and content that differs
from that of GET.

How to fix
----------
Answer 501 for a method that the server does not know, 405 with ``Allow`` for one that the resource does not support. In
handlers that serve every method, check the method first.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-9.1
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.2
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.history.method_proofs import IGNORED
from wirelint.history.methods import Methods, may_prove
from wirelint.history.visits import Visits

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="the content is exactly that of GET",
    basis="SHOULD: RFC 9110 section 9.1",
    when=When(status="2xx", method="GET _OTHER"),
    suggested_status=501,
    recalls=(Methods, Visits),
    after=may_prove,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report an unknown method that gets the content of GET."""
    for proof in context.recall(Methods).proofs(exchange):
        if proof.kind == IGNORED:
            fault = proof.fault
            yield Hit(
                f"{fault.status} to an unknown method, answered like GET; 501 is expected",
                f"an unknown method {fault.route} → {fault.status}, the same content as GET",
                story=proof.story,
                note=proof.note,
                about=None if fault is context.recall(Visits).now(exchange) else fault,
            )


BAD = (
    """\
GET /status HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"version": "1.4.2", "uptime": "3 days"}
BREW /status HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"version": "1.4.2", "uptime": "3 days"}
""",
)

GOOD = (
    """\
GET /status HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"version": "1.4.2", "uptime": "3 days"}
BREW /status HTTP/1.1
Host: shop.example

HTTP/1.1 501 Not Implemented
Content-Type: application/json

{"error": "method not known"}
""",
)
