"""A success status carries an error that the service marks in its own way

What it does
------------
Learns by which member a service marks success (``result`` is «success», ``resultCode`` is 0), and reports a 2xx whose
member has free text or another number, an explanation, and nothing else to give.

Why it matters
--------------
Clients, retries, caches, load balancers and dashboards read the status line. A failure under 200 is cached as an
answer, counted as success, never retried and never alerted on, until somebody reads the content by hand.

Known exceptions
----------------
What other words tell is ok-with-error-body. The state of a job or an order is data: nothing is reported where the
object has an id or creation times, or where the text speaks of progress. GraphQL, JSON-RPC, SOAP and others answer errors
under 200 by design; so do reports that were asked for (validation, health, tests).

How to fix
----------
Send the status that says what happened, and keep the content, best as problem details (RFC 9457). ``wirelint audit
--statistics`` shows what was learned; as ``error-when`` in the settings it holds from the first exchange on.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3
- https://www.rfc-editor.org/rfc/rfc9457.html
"""

import json
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import Verdict, of_status
from wirelint.evidence.texts import best_status, of_prose
from wirelint.history.envelopes import Envelopes, answer_fails

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="answers of this service mark success by the member, and this one has another value and an explanation",
    basis="policy: RFC 9110 section 15.3 says that 2xx means the request was successfully received and accepted",
    when=When(status="2xx", media=(Kind.JSON, Kind.TEXT, Kind.HTML, Kind.NONE)),
    reads=Reads.WHOLE,
    recalls=(Envelopes,),
    after=answer_fails,
)

_LONGEST_REASON: Final = 100


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report an answer that is an error by what was learned."""
    failure = context.recall(Envelopes).failure(exchange)
    if failure is None:
        return
    suggested = best_status(of_prose(failure.text))
    if suggested == 422 and exchange.request.body.empty:
        suggested = 400
    yield Hit(
        f"{exchange.status}, but the content says that it failed: {failure.text[:_LONGEST_REASON]}",
        json.dumps({failure.member: failure.value}, ensure_ascii=False),
        suggested_status=suggested,
        verdict=Verdict.UNKNOWN if suggested is None else of_status(suggested),
        story=(failure.success.step("marks success"),),
        note="marks something else",
    )


BAD = (
    """\
POST /rpc HTTP/1.1
Host: torrents.example
Content-Type: application/json

{"method": "session-get"}
HTTP/1.1 200 OK
Content-Type: application/json

{"arguments": {"speed": 50}, "result": "success", "tag": 1}
POST /rpc HTTP/1.1
Host: torrents.example
Content-Type: application/json

{"method": "torrent-remove"}
HTTP/1.1 200 OK
Content-Type: application/json

{"arguments": {}, "result": "success"}
POST /rpc HTTP/1.1
Host: torrents.example
Content-Type: application/json

{"method": "free-space"}
HTTP/1.1 200 OK
Content-Type: application/json

{"arguments": {"path": "/nope", "size": -1}, "result": "the folder is not there"}
""",
    """\
GET /leases HTTP/1.1
Host: dhcp.example

HTTP/1.1 200 OK
Content-Type: application/json

{"resultCode": 0, "data": [{"ip": "10.0.0.7"}]}
GET /leases?subnet=9 HTTP/1.1
Host: dhcp.example

HTTP/1.1 200 OK
Content-Type: application/json

{"resultCode": 17, "hint": "there is no subnet of this number"}
""",
)

GOOD = (
    """\
GET /jobs HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"outcome": "success", "took": {"ms": 3}}
GET /jobs?kind=sum HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"outcome": "success"}
GET /jobs?kind=all HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"outcome": "still in progress", "took": {"ms": 9}}
""",
)
