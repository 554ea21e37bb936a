"""A protocol on top of HTTP carries an error under 200

What it does
------------
Notes errors of GraphQL, JSON-RPC, XML-RPC, SOAP and gRPC that travel under status 200, as these protocols have it.

Why it matters
--------------
The status is right by the protocol's own rules, so nothing is to be mended. But dashboards and alerts that look at
status codes see none of these errors; here they are counted, and the verdict tells what happened.

Known exceptions
----------------
Partial GraphQL answers of type ``application/graphql-response+json`` are what that media type is for.

How to fix
----------
Nothing has to be. GraphQL over ``application/graphql-response+json`` lets requests that yield no data answer with
4xx and 5xx. Alert on the protocol's own codes, or on wirelint's verdict, instead of on the status.

References
----------
- https://graphql.github.io/graphql-over-http/draft/
- https://www.jsonrpc.org/specification#error_object
- https://grpc.github.io/grpc/core/md_doc_statuscodes.html
- https://www.w3.org/TR/soap12-part2/#soapinhttp
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.protocol_errors import protocol_error

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="the protocol and its error are both in plain sight",
    basis="policy: the protocols' own conventions",
    when=When(status="200"),
    reads=Reads.PREFIX,
    json_keys=frozenset({"errors", "error", "jsonrpc"}),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Read the protocol's own error."""
    error = protocol_error(exchange)
    if error is not None:
        yield Hit(
            f"{error.protocol.value} error under 200: {error.code or 'no code'}",
            error.evidence,
            verdict=error.verdict,
            discriminator=error.code,
        )


BAD = (
    """\
POST /graphql HTTP/1.1
Host: api.example
Content-Type: application/json

{"query": "{ node(id: 7) { id } }"}

HTTP/1.1 200 OK
Content-Type: application/json

{"data": {"node": null}, "errors": [{"type": "NOT_FOUND", "message": "no node 7"}]}
""",
    """\
POST /rpc HTTP/1.1
Host: api.example
Content-Type: application/json

{"jsonrpc": "2.0", "method": "substract", "id": 1}

HTTP/1.1 200 OK
Content-Type: application/json

{"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": 1}
""",
    """\
POST /xmlrpc HTTP/1.1
Host: api.example
Content-Type: text/xml

<methodCall><methodName>domain.info</methodName></methodCall>

HTTP/1.1 200 OK
Content-Type: text/xml

<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>4</int></value></member><member><name>faultString</name><value><string>Too many parameters.</string></value></member></struct></value></fault></methodResponse>
""",
)

GOOD = (
    """\
POST /rpc HTTP/1.1
Host: api.example
Content-Type: application/json

{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}

HTTP/1.1 200 OK
Content-Type: application/json

{"jsonrpc": "2.0", "result": 19, "id": 1}
""",
    """\
POST /graphql HTTP/1.1
Host: api.example
Content-Type: application/json
Accept: application/graphql-response+json

{"query": "{ me { name } orders { id } }"}

HTTP/1.1 200 OK
Content-Type: application/graphql-response+json

{"data": {"me": {"name": "Ada"}, "orders": null}, "errors": [{"message": "orders are down", "path": ["orders"]}]}
""",
)
