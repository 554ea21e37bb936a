"""The status of a GraphQL response contradicts its content

What it does
------------
Checks responses of the type ``application/graphql-response+json``. Reports a 2xx status without a ``data`` entry, and
an error status with a ``data`` entry that is not null. With ``application/json``, reports an error status for a request
that was executed: one that has a ``data`` entry, even null.

Why it matters
--------------
With this media type the status must be true, which is why clients request it: caches, gateways and dashboards rely on
it without reading the content.

Known exceptions
----------------
With ``application/json``, clients cannot trust a status other than 2xx, so the specification requires 200 for every
well-formed request. A document that was refused before execution (no ``data``) is not judged, since many servers answer
it with 400. With ``application/graphql-response+json``, ``data: null`` beside errors means that execution began; its
status is not judged.

How to fix
----------
Answer 400 to a document that cannot be parsed or executed, 200 once execution began. graphql-http, Apollo Server 4 and
Yoga do so if the client accepts the media type; do not override the status in a plugin.

References
----------
- https://graphql.github.io/graphql-over-http/draft/#sec-application-json
- https://graphql.github.io/graphql-over-http/draft/#sec-application-graphql-response-json
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.evidence.protocols import Protocol, protocol

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    because="the media type ties the status to the content, and both were seen",
    basis="MUST: GraphQL over HTTP, application/graphql-response+json; SHOULD: application/json",
    when=When(status="2xx 4xx 5xx", media=(Kind.JSON,)),
    needs_fields=False,
    reads=Reads.WHOLE,
    json_keys=frozenset({"errors"}),
)

_MEDIA: Final = "application/graphql-response+json"


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the status with the presence of data."""
    response = exchange.response
    essence = response.headers.media_type.essence
    top = response.body.top_level if essence in (_MEDIA, "application/json") else None
    # Most errors have no data: the names tell so before anything is parsed.
    if top is None or ("data" not in top and essence != _MEDIA):
        return
    members = response.body.members or {}
    status = response.status
    if essence != _MEDIA:
        # Layers in front of the executor send 401, 403 and 429 themselves.
        executed = status >= 400 and status not in (401, 403, 429) and members.keys() >= {"data", "errors"}
        if executed and protocol(exchange) is Protocol.GRAPHQL:
            yield Hit(
                f"{status} for a GraphQL request that was executed; 200 is expected with application/json",
                f"{status}, data entry present",
                suggested_status=200,
                severity=Severity.LOW,
            )
        return
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
Content-Type: application/json

{"query": "{ me { id } }"}
HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"errors": [{"message": "Cannot return null for non-nullable field", "path": ["me"]}], "data": null}
""",
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
Content-Type: application/json

{"query": "{ me { id"}
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"errors": [{"message": "expected } at the end"}]}
""",
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
