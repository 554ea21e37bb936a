"""400, 422 or 500 for missing or invalid credentials; 401 is expected

What it does
------------
Reports a 400 or 500 to an anonymous request if the same request succeeds with credentials. Also reports a 422 or 500 to
a credential that was never accepted if the same request succeeds with another one (for 400 this is a note).

Why it matters
--------------
The client looks for a mistake in its request, or considers the service broken, and never learns that it has to log in.
Failed logins are counted as failures of the service.

Known exceptions
----------------
Sessions in cookies, because other things may depend on them. OAuth's own requests, whose errors are 400. Errors that name
their cause, errors about a database or a connection, and paths that accept anonymous requests.

How to fix
----------
Check credentials before everything else. Answer 401 with ``WWW-Authenticate`` if they are missing or not accepted.
Catch the exceptions of the library that decodes tokens.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-11.4
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.history.callers import MISREPORTED, Callers, callers_prove

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="the same request succeeds with other credentials",
    basis="policy: RFC 9110 section 15.5.2 defines 401 as lacking valid credentials",
    when=When(status="2xx 400 422 500"),
    verdict=Verdict.CLIENT_ERROR,
    suggested_status=401,
    recalls=(Callers,),
    after=callers_prove,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare with the same request with other credentials."""
    current = context.state.visit(exchange)
    for proof in context.recall(Callers).proofs(exchange):
        # An OAuth server says under 400 what is wrong with a client's credentials (RFC 6749 section 5.2).
        if proof.kind == MISREPORTED and protocol(exchange) is not Protocol.OAUTH:
            fault = proof.fault
            who = "a request without credentials" if fault.anonymous else "credentials that are not accepted"
            yield Hit(
                f"{fault.status} sent to {who}; 401 is expected",
                f"{fault.method} {fault.route} → {fault.status}; the same with other credentials: success",
                severity=Severity.INFO if proof.weaker and fault.status == 400 else None,
                story=proof.story,
                note=proof.note,
                about=None if fault is current else fault,
            )


BAD = (
    """\
GET /v1/models HTTP/1.1
Host: llm.example

HTTP/1.1 500 Internal Server Error
Content-Type: text/plain

Internal Server Error
GET /v1/models HTTP/1.1
Host: llm.example
Authorization: Bearer b1946ac92492d2347c6235b4d2611184

HTTP/1.1 200 OK
Content-Type: application/json

{"data": []}
""",
)

GOOD = (
    """\
GET /v1/models HTTP/1.1
Host: llm.example

HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer
Content-Type: text/plain

who are you?
GET /v1/models HTTP/1.1
Host: llm.example
Authorization: Bearer b1946ac92492d2347c6235b4d2611184

HTTP/1.1 200 OK
Content-Type: application/json

{"data": []}
""",
    """\
GET /v1/models HTTP/1.1
Host: llm.example

HTTP/1.1 500 Internal Server Error
Content-Type: text/plain

connection to the database was refused
GET /v1/models HTTP/1.1
Host: llm.example
Authorization: Bearer b1946ac92492d2347c6235b4d2611184

HTTP/1.1 200 OK
Content-Type: application/json

{"data": []}
""",
)
