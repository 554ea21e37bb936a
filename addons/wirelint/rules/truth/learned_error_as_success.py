"""A success status carries an error that the service marks in its own way

What it does
------------
Learns the member that a service uses to mark success (``result`` is «success», ``resultCode`` is 0). Reports a 2xx
whose member has free text or another number, beside an explanation and no data.

Why it matters
--------------
Clients, retries, caches, load balancers and dashboards read the status line. A failure under 200 is cached as an
answer, counted as success, never retried, and never triggers an alert, until someone reads the content.

Known exceptions
----------------
Errors that other words prove are ok-with-error-body. The state of a job or an order is data: objects with an id or
creation times are not reported, nor are texts about progress. GraphQL, JSON-RPC, SOAP and others send errors under 200
by design. So do requested reports (validation, health, tests).

How to fix
----------
Send the status of the actual outcome, and keep the content, best as problem details (RFC 9457). ``wirelint audit
--statistics`` shows what was learned; as ``error-when`` in the settings it applies from the first exchange.

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
    because="this service marks success by the member, and this response has another value and an explanation",
    basis="policy: RFC 9110 section 15.3 says that 2xx means the request was successfully received and accepted",
    when=When(status="2xx", media=(Kind.JSON, Kind.TEXT, Kind.HTML, Kind.NONE)),
    reads=Reads.WHOLE,
    recalls=(Envelopes,),
    after=answer_fails,
)

_LONGEST_REASON: Final = 100


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Report a response that is an error by the learned member."""
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
        story=() if failure.success is None else (failure.success.step("marks success"),),
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
