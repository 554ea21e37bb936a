"""101 to a protocol that the client did not offer

What it does
------------
Reports a 101 response to a request without ``Upgrade``, one with a protocol that the request did not offer, one without
a protocol, and any 101 on HTTP/2 or HTTP/3.

Why it matters
--------------
After the 101, the two ends disagree about the meaning of the bytes on the connection. At best it breaks; at worst one
end's data is read as another's request.

Known exceptions
----------------
WebSockets over HTTP/2 and HTTP/3 open with an extended CONNECT and a 2xx, so there is no 101 to report. Recordings
without any request fields are not judged.

How to fix
----------
Answer 101 only if the request's ``Upgrade`` contains the protocol, compared case-insensitively, and name it in the
response's ``Upgrade``. Check that gateways forward ``Connection`` and ``Upgrade`` (nginx: ``proxy_set_header Upgrade
$http_upgrade``).

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-7.8
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.2.2
- https://www.rfc-editor.org/rfc/rfc9113.html#section-8.6
"""

from collections.abc import Iterator

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Rule, When

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.CERTAIN,
    because="the offer and the answer were both seen",
    basis="MUST NOT: RFC 9110 section 7.8",
    when=When(status="101"),
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Compare the protocols offered with the one chosen."""
    request, response = exchange.request, exchange.response
    if not len(request.headers):
        return
    if response.http_version.upper().startswith(("HTTP/2", "HTTP/3")):
        yield Hit(f"101 on {response.http_version}, which has no upgrade", f"{response.http_version} 101")
        return
    offered, chosen = _protocols(request.headers.get("upgrade")), _protocols(response.headers.get("upgrade"))
    if not offered:
        yield Hit("101 to a request without Upgrade", f"101 {response.reason}".rstrip())
    elif not chosen:
        yield Hit("101 without a protocol", f"101 {response.reason}".rstrip())
    elif not chosen <= offered:
        yield Hit("101 to a protocol that was not offered", f"Upgrade: {response.headers.get('upgrade')}")


def _protocols(value: str | None) -> set[str]:
    return {part for name in (value or "")[:1024].split(",") if (part := name.strip().lower())}


BAD = (
    """\
GET /v1/stream HTTP/1.1
Host: api.example

HTTP/1.1 101 Switching Protocols
Upgrade: websocket
Connection: upgrade

""",
    """\
GET /v1/stream HTTP/1.1
Host: api.example
Upgrade: websocket
Connection: upgrade

HTTP/1.1 101 Switching Protocols
Upgrade: h2c
Connection: upgrade

""",
)

GOOD = (
    """\
GET /v1/stream HTTP/1.1
Host: api.example
Upgrade: WebSocket
Connection: upgrade

HTTP/1.1 101 Switching Protocols
Upgrade: websocket
Connection: upgrade

""",
)
