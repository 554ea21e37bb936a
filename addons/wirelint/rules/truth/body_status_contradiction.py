"""The content names another status than the status line

What it does
------------
Reports a JSON object that contains an HTTP status (``status``, ``statusCode``, ``httpStatus``, ``error.status`` …) of
another class than the status line: a 404 in the content of a 200, a 403 in that of a 500.

Why it matters
--------------
One of the two is wrong, and machines follow the status line. Under 200 the failure is invisible; under 5xx a client's
mistake triggers the service's alerts.

Known exceptions
----------------
A plain ``code`` is not trusted, since services have their own numbers (SMTP 550, own error 500). Resources that
describe other requests (checks, crawls, logs) have such members as data. Problem details have their own rule.

How to fix
----------
Set the status in one place: derive one from the other in the error handler. Behind AWS Lambda, return ``statusCode`` at
the top level of the proxy result and not inside its ``body``. In an exception filter or middleware, copy the
exception's status to the response.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15
- https://www.rfc-editor.org/rfc/rfc9457.html#section-3.1.2
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import of_status
from wirelint.evidence.envelope import looks_like_resource
from wirelint.evidence.own_status import JSON_KEYS, own_status
from wirelint.evidence.problems import is_problem
from wirelint.evidence.protocols import Protocol, protocol

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the member is named like an HTTP status and holds an error status of another class",
    basis="policy: one exchange has one status",
    when=When(status="2xx 3xx 4xx 5xx"),
    needs_fields=False,
    reads=Reads.PREFIX,
    json_keys=JSON_KEYS,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the classes; differences within a class are not judged."""
    response, own = exchange.response, own_status(exchange)
    if own is None or own.code // 100 == response.status // 100 or is_problem(response):
        return
    if protocol(exchange) in (Protocol.JSON_RPC, Protocol.GRAPHQL, Protocol.BATCH, Protocol.BULK):
        return
    success = response.status < 400
    if success and looks_like_resource(response.body.members or {}):
        return
    yield Hit(
        f"{response.status} whose content says {own.code} ({own.member})",
        f'"{own.member}": {own.code}',
        suggested_status=own.code,
        verdict=of_status(own.code),
        severity=Severity.HIGH if success else Severity.MEDIUM,
    )


BAD = (
    """\
GET /reports/9 HTTP/1.1
Host: admin.example

HTTP/1.1 200 OK
Content-Type: application/json

{"statusCode": 404, "data": null}
""",
    """\
GET /reports/9 HTTP/1.1
Host: admin.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": {"status": 403, "reason": "quota of seats"}}
""",
)

GOOD = (
    """\
GET /checks/17 HTTP/1.1
Host: uptime.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 17, "url": "https://shop.example/", "statusCode": 503}
""",
    """\
GET /reports/9 HTTP/1.1
Host: admin.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"statusCode": 404, "message": "no report 9"}
""",
)
