"""202 without a way to follow the request

What it does
------------
Hints at 202 responses without content and without a field that says where to ask (``Location``, ``Content-Location``,
``Operation-Location``, ``Azure-AsyncOperation``, ``Link``) or when (``Retry-After``).

Why it matters
--------------
202 says that the work is not done yet. Without a monitor, the client never learns whether it was done, and sends the
request again to be sure.

Known exceptions
----------------
Sinks without results (webhooks, telemetry, events, JSON-RPC notifications), recognised by path or
protocol. Content that was not captured is not judged.

How to fix
----------
Answer with a status resource: ``Location: /v1/jobs/7`` and its representation as content. If the sender does not need
one, send 204.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3.3
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.protocols import protocol

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.WEAK,
    because="whether the client needs to know cannot be seen",
    basis="policy: RFC 9110 section 15.3.3",
    when=When(status="202"),
    reads=Reads.WHOLE,
)

_FIELDS: Final = (
    "location",
    "content-location",
    "operation-location",
    "azure-asyncoperation",
    "link",
    "retry-after",
    "x-operation-id",
    "x-job-id",
)
_sink: Final = re.compile(
    r"hook|event|telemetry|trace|metric|logs?(?:/|$)|collect|ingest|track|report|beacon|notif|intake|mcp|publish|push"
    r"|analytics|spans|series|v2/input|callback",
    re.IGNORECASE,
)
_SCANNED: Final = 1024


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for anything that refers to the work."""
    request, response = exchange.request, exchange.response
    if any(name in response.headers for name in _FIELDS):
        return
    content = response.body.content
    if content is None or content.strip() not in (b"", b"{}", b"[]", b"null"):
        return
    if protocol(exchange) is None and not _sink.search(request.path[:_SCANNED]):
        yield Hit("202 without content or a way to follow the request", f"202 {response.reason}".rstrip())


BAD = (
    """\
POST /v1/exports HTTP/1.1
Host: api.example
Content-Type: application/json

{"format": "csv"}
HTTP/1.1 202 Accepted

""",
)

GOOD = (
    """\
POST /v1/exports HTTP/1.1
Host: api.example
Content-Type: application/json

{"format": "csv"}
HTTP/1.1 202 Accepted
Location: /v1/jobs/7

""",
    """\
POST /v1/webhooks/github HTTP/1.1
Host: api.example
Content-Type: application/json

{"action": "opened"}
HTTP/1.1 202 Accepted

""",
)
