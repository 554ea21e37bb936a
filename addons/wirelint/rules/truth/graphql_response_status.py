"""A GraphQL response's status contradicts its content.

What it does
------------
Looks at responses of the type ``application/graphql-response+json``. Reports a 2xx status where there is no ``data``
entry, and an error status where ``data`` is there and not null.

Why it matters
--------------
With this media type the status is promised to be true, which is why clients ask for it: caches, gateways and
dashboards rely on it without reading the content.

Known exceptions
----------------
``application/json`` makes no such promise and is not looked at. ``data: null`` beside errors is a response whose
execution began; its status is left open.

How to fix
----------
Answer 400 to a document that cannot be parsed or executed, 200 once execution began. graphql-http, Apollo Server 4
and Yoga do so when the client accepts the media type; do not override the status in a plugin.

References
----------
- https://graphql.github.io/graphql-over-http/draft/#sec-application-graphql-response-json
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import Verdict

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="the media type promises a status by the content, and both were seen",
    basis="MUST: GraphQL over HTTP, application/graphql-response+json",
    when=When(status="2xx 4xx 5xx", media=(Kind.JSON,)),
    reads=Reads.WHOLE,
    json_keys=frozenset({"errors"}),
)

_MEDIA: Final = "application/graphql-response+json"


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the status with the presence of data."""
    response = exchange.response
    if response.headers.media_type.essence != _MEDIA:
        return
    members = response.body.members
    if members is None:
        return
    status = response.status
    if 200 <= status < 300 and "data" not in members and "errors" in members:
        yield Hit(
            f"{status} for a GraphQL request that was not executed",
            f"{status}, no data entry",
            suggested_status=400,
            verdict=Verdict.CLIENT_ERROR,
        )
    elif status >= 400 and members.get("data") is not None:
        yield Hit(
            f"{status} for a GraphQL request that was executed",
            f"{status}, data entry present",
            suggested_status=200,
            verdict=Verdict.OK if not members.get("errors") else None,
        )


BAD = (
    """\
POST /graphql HTTP/1.1
Host: api.example
Accept: application/graphql-response+json
Content-Type: application/json

{"query": "{ me { id } }"}
HTTP/1.1 500 Internal Server Error
Content-Type: application/graphql-response+json

{"data": {"me": {"id": 7}}}
""",
)

GOOD = (
    """\
POST /graphql HTTP/1.1
Host: api.example
Accept: application/graphql-response+json
Content-Type: application/json

{"query": "{ me { id"}
HTTP/1.1 400 Bad Request
Content-Type: application/graphql-response+json

{"errors": [{"message": "expected } at the end"}]}
""",
    """\
POST /graphql HTTP/1.1
Host: api.example
Accept: application/graphql-response+json
Content-Type: application/json

{"query": "{ me { id } }"}
HTTP/1.1 200 OK
Content-Type: application/graphql-response+json

{"data": {"me": {"id": 7}}}
""",
)
