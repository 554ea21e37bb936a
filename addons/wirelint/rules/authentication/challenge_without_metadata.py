"""An MCP server's 401 does not say where its authorization server is described

What it does
------------
Reports a 401 of an MCP endpoint whose ``WWW-Authenticate`` has no ``resource_metadata``.

Why it matters
--------------
Clients of the Model Context Protocol learn from ``resource_metadata`` where to get a token. Without it they cannot
offer a login, and the server looks broken.

Known exceptions
----------------
Clients may find the metadata at its well-known path as well. Protocol versions before 2025-06-18 did not require the
parameter, and version 2025-11-25 permits either way.

How to fix
----------
Send ``WWW-Authenticate: Bearer resource_metadata="https://…/.well-known/oauth-protected-resource"``.

References
----------
- https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1
- https://modelcontextprotocol.io/specification/2025-06-18/basic/authorization
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When
from wirelint.evidence.challenges import challenges

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="the protocol's field in the request and the challenge are seen",
    basis="MUST: MCP 2025-06-18, authorization server location; RFC 9728 section 5.1",
    when=When(status="401", request_fields=("mcp-protocol-version", "mcp-session-id")),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for the parameter in any challenge."""
    found = challenges(exchange).items
    if not found or any("resource_metadata" in dict(each.parameters) for each in found):
        return
    if all(each.scheme not in ("bearer", "dpop") for each in found):
        return
    yield Hit(
        "401 of an MCP server without resource_metadata in its challenge",
        "WWW-Authenticate without resource_metadata",
    )


BAD = (
    """\
POST /mcp HTTP/1.1
Host: mcp.example
MCP-Protocol-Version: 2025-06-18
Content-Type: application/json

{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}
HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer
Content-Type: application/json

{"error": "Missing Authorization header"}
""",
)

GOOD = (
    """\
POST /mcp HTTP/1.1
Host: mcp.example
MCP-Protocol-Version: 2025-06-18
Content-Type: application/json

{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}
HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer resource_metadata="https://mcp.example/.well-known/oauth-protected-resource"
Content-Type: application/json

{"error": "Missing Authorization header"}
""",
)
