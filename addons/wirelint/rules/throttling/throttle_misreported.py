"""A rate limit under another status; 429 is expected

What it does
------------
Reports a response with a status other than 429 whose code or text says that the caller sent too many requests.

Why it matters
--------------
429 makes clients wait and try again. Under 403 they give up, under 401 they log out, under 503 the service looks down
and an engineer is paged, under 200 they continue as if the request had succeeded.

Known exceptions
----------------
An exhausted plan or a billing limit is not a rate limit. 503 is correct for overload, and S3 says «SlowDown» under it
by convention. A counter at zero proves nothing by itself: the last allowed call has it, too.

How to fix
----------
nginx: ``limit_req_status 429;`` and ``limit_conn_status 429;``, since the default is 503. Envoy and Istio already use
429. HAProxy: ``http-request deny deny_status 429``. Send ``Retry-After`` with it.

References
----------
- https://www.rfc-editor.org/rfc/rfc6585.html#section-4
- https://nginx.org/en/docs/http/ngx_http_limit_req_module.html#limit_req_status
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.evidence.envelope import JSON_KEYS, Grade, envelope
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning

_connections: Final = re.compile(r"\btoo many (?:clients|connections)\b", re.IGNORECASE)

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the text or code names a rate limit",
    basis="policy: RFC 6585 section 4",
    when=When(
        status="2xx 400 401 403 404 409 422 500 503",
        media=(Kind.JSON, Kind.XML, Kind.TEXT, Kind.HTML, Kind.NONE),
    ),
    needs_fields=False,
    reads=Reads.PREFIX,
    json_keys=JSON_KEYS,
    verdict=Verdict.CLIENT_ERROR,
    suggested_status=429,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a text or code that names a rate limit."""
    status = exchange.status or 0
    if status < 300 and ((found := envelope(exchange)) is None or found.grade is Grade.WEAK):
        return
    about = meanings(exchange)
    if Meaning.RATE not in about or Meaning.QUOTA in about:
        return
    if protocol(exchange) in (Protocol.GRAPHQL, Protocol.JSON_RPC, Protocol.GRPC, Protocol.OAUTH, Protocol.BULK):
        return
    words = said(exchange)
    if status == 500 and _connections.search(words.prose):
        return  # of a database to its clients, the service among them
    by_convention = status == 503 and (
        protocol(exchange) is Protocol.S3 or "SlowDown" in words.codes or Meaning.UNAVAILABLE in about
    )
    yield Hit(
        f"{status} for a rate limit",
        words.prose or " ".join(words.codes),
        severity=Severity.INFO if by_convention else Severity.MEDIUM,
        verdict=Verdict.SERVER_ERROR if by_convention else Verdict.CLIENT_ERROR,
    )


BAD = (
    """\
GET /users/7 HTTP/1.1
Host: api.example

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"message": "API rate limit exceeded for your address."}
""",
)

GOOD = (
    """\
GET /users/7 HTTP/1.1
Host: api.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"message": "SQLSTATE[08004] [1040] Too many connections"}
""",
    """\
GET /users/7 HTTP/1.1
Host: api.example

HTTP/1.1 429 Too Many Requests
Retry-After: 30
Content-Type: application/json

{"message": "API rate limit exceeded for your address."}
""",
    """\
POST /messages HTTP/1.1
Host: llm.example

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": {"message": "prompt is too long: 210000 tokens > 200000 maximum"}}
""",
)
