"""A protocol on top of HTTP carries an error under 200

What it does
------------
Notes errors of GraphQL, JSON-RPC, XML-RPC, SOAP and gRPC under status 200, as these protocols specify, S3's ``<Error>``
under 200 (CompleteMultipartUpload, CopyObject), and batches in which every part failed. A SOAP fault under 200 is more
than a note.

Why it matters
--------------
Except for SOAP, the status is correct by the protocol's own rules, so there is nothing to fix: SOAP 1.1 (section 6.2)
and the WS-I Basic Profile (R1126) require 500 with a fault, SOAP 1.2 requires 400 or 500. But dashboards and alerts by
status code miss all of these errors. wirelint counts them here, and the verdict is the actual outcome.

Known exceptions
----------------
Partial GraphQL responses of type ``application/graphql-response+json`` are correct.

How to fix
----------
SOAP: let the framework send the fault (500), and do not set the status in a handler. S3: check the content of a 200 for
``<Error>`` before you count an upload as done. GraphQL over ``application/graphql-response+json`` allows 4xx and 5xx
for requests that yield no data. For the others there is nothing to fix. Alert on the protocol's own codes, or on
wirelint's verdict, not on the status.

References
----------
- https://graphql.github.io/graphql-over-http/draft/
- https://www.jsonrpc.org/specification#error_object
- https://grpc.github.io/grpc/core/md_doc_statuscodes.html
- https://www.w3.org/TR/soap12-part2/#soapinhttp
- https://www.w3.org/TR/2000/NOTE-SOAP-20000508/#_Toc478383529
- https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.protocol_errors import protocol_error
from wirelint.evidence.protocols import Protocol

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    because="the protocol and its error were both seen",
    basis="policy: the protocols' own conventions",
    when=When(status="200"),
    needs_fields=False,
    reads=Reads.PREFIX,
    json_keys=frozenset({"errors", "error", "jsonrpc", "responses"}),
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
            severity=Severity.LOW if error.protocol is Protocol.SOAP else None,
            suggested_status=500 if error.protocol is Protocol.SOAP else None,
        )


BAD = (
    """\
POST /mcp HTTP/1.1
Host: tools.example
Content-Type: application/json

{"jsonrpc": "2.0", "id": 1, "method": "tools/nope"}

HTTP/1.1 200 OK
Content-Type: text/event-stream

event: message
data: {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info"}}

event: message
data: {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "Method not found"}}

""",
    """\
POST /soap HTTP/1.1
Host: api.example
SOAPAction: "Get"

HTTP/1.1 200 OK
Content-Type: text/xml

<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>no store</faultstring></s:Fault></s:Body></s:Envelope>
""",
    """\
POST /key?uploadId=VXBs HTTP/1.1
Host: bucket.example

HTTP/1.1 200 OK
Content-Type: application/xml
x-amz-request-id: 656c

<?xml version="1.0" encoding="UTF-8"?>

<Error><Code>InternalError</Code><Message>We encountered an internal error. Please try again.</Message></Error>
""",
    """\
POST /v1.0/$batch HTTP/1.1
Host: graph.example
Content-Type: application/json

{"requests": [{"id": "1", "method": "GET", "url": "/me"}]}

HTTP/1.1 200 OK
Content-Type: application/json

{"responses": [{"id": "1", "status": 401, "body": {"error": {"code": "InvalidAuthenticationToken"}}}]}
""",
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
POST /soap HTTP/1.1
Host: api.example
SOAPAction: "Get"

HTTP/1.1 500 Internal Server Error
Content-Type: text/xml

<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>no store</faultstring></s:Fault></s:Body></s:Envelope>
""",
    """\
POST /v1.0/$batch HTTP/1.1
Host: graph.example
Content-Type: application/json

{"requests": [{"id": "1", "method": "GET", "url": "/me"}, {"id": "2", "method": "GET", "url": "/you"}]}

HTTP/1.1 200 OK
Content-Type: application/json

{"responses": [{"id": "1", "status": 200, "body": {}}, {"id": "2", "status": 404, "body": {}}]}
""",
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
