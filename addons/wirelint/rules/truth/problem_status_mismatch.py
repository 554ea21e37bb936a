"""The status member of problem details differs from the status line

What it does
------------
Reports problem details (``application/problem+json``, or a JSON object with ``type``, ``title`` and a numeric
``status``) whose ``status`` member is not the status of the response.

Why it matters
--------------
The member preserves the status across intermediaries and logs. If the two differ, it is unclear which one the service
meant, and generic clients act on the wrong one.

Known exceptions
----------------
A gateway may have changed the status line. If ``Via`` or ``Proxy-Status`` shows one, the finding names the
intermediary.

How to fix
----------
Set both from one value. Spring: return the ``ProblemDetail`` itself, so that its status is used for the response.
ASP.NET Core: use ``Results.Problem(statusCode: …)``. If a gateway rewrites statuses, let it rewrite or drop the content
as well.

References
----------
- https://www.rfc-editor.org/rfc/rfc9457.html#section-3.1.2
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity, Side
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import of_status
from wirelint.evidence.problems import is_problem

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.CERTAIN,
    because="both numbers are in the same response",
    basis="MUST: RFC 9457 section 3.1.2",
    when=When(status="2xx 3xx 4xx 5xx"),
    needs_fields=False,
    reads=Reads.PREFIX,
    json_keys=frozenset({"status"}),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the member with the status line."""
    response = exchange.response
    if not is_problem(response):
        return
    status = (response.body.members or {}).get("status")
    if not isinstance(status, int) or isinstance(status, bool) or status == response.status or not 100 <= status <= 599:
        return
    rewritten = "via" in response.headers or "proxy-status" in response.headers
    yield Hit(
        f"problem details for {status} under status {response.status}",
        f'"status": {status}',
        suggested_status=status,
        verdict=of_status(status),
        side=Side.INTERMEDIARY if rewritten else Side.SERVER,
    )


BAD = (
    """\
GET /orders/4 HTTP/1.1
Host: admin.example

HTTP/1.1 400 Bad Request
Content-Type: application/problem+json

{"type": "https://shop.example/problems/out-of-stock", "title": "Out of stock", "status": 409}
""",
)

GOOD = (
    """\
GET /orders/4 HTTP/1.1
Host: admin.example

HTTP/1.1 404 Not Found
Content-Type: application/problem+json

{"type": "about:blank", "title": "Not Found", "status": 404}
""",
    """\
GET /orders/4 HTTP/1.1
Host: admin.example

HTTP/1.1 404 Not Found
Content-Type: application/problem+json

{"title": "Not Found"}
""",
)
