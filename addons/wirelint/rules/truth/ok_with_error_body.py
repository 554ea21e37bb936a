"""200 with an error in the body

What it does
------------
Reports a 2xx response whose content says that the request failed: a JSON object with a negative flag or a filled
error member (also nested, or beside mere echoes of the request), a list in which every outcome is an error, a pair of
a negative outcome and its reason, an XML
document with an error root or status, a short text that is nothing but an error, a form-encoded error, a stream whose
only event or last line is an error, or a server's own error field.

Why it matters
--------------
Clients, retries, caches, load balancers and dashboards read the status line. A failure under 200 is cached as an
answer, counted as success, never retried, and never triggers an alert, until someone reads the content.

Known exceptions
----------------
The state of a job, a payment or a delivery is data: objects that look like a resource (an id, a link, creation times,
progress) are not reported. GraphQL, JSON-RPC, XML-RPC, SOAP, gRPC, batches, bulk operations and S3's copy operations
send errors under 200 by design. Requested reports (validation, health, connection tests) are not errors either, except
for a failed ``application/health+json``. Translations, chat messages, files and texts that the request itself sent may
mention errors.

How to fix
----------
Send the status of the actual outcome: 401 for failed credentials, 403 for missing permission, 404, 409, 422 or 400 for
the client's mistakes, 502 or 504 for your upstream's failures, 500 for all others. Keep the content, best as problem
details (RFC 9457). Express: ``res.status(404).json(…)``. Flask: return ``(body, 404)``. FastAPI: raise
``HTTPException``. Spring: ``ResponseEntity.status(…)`` or ``@ResponseStatus`` on the exception. Django REST framework:
raise an ``APIException`` instead of returning ``Response({"success": False})``.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3
- https://www.rfc-editor.org/rfc/rfc9457.html
- https://www.rfc-editor.org/rfc/rfc9205.html#section-4.6
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import Verdict, of_status
from wirelint.evidence.envelope import JSON_KEYS, Grade, envelope
from wirelint.evidence.own_status import own_status
from wirelint.evidence.protocols import IN_CONTENT, is_token_request, protocol
from wirelint.evidence.said import meanings, said, suggested_status
from wirelint.evidence.texts import Meaning

_LONGEST_REASON: Final = 100
_WEIGHT: Final = {
    Grade.STRONG: (Severity.MEDIUM, Confidence.STRONG),
    Grade.MEDIUM: (Severity.LOW, Confidence.STRONG),
    Grade.WEAK: (Severity.INFO, Confidence.WEAK),
}

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the content says explicitly that it failed, and nothing in it looks like a resource",
    basis="policy: RFC 9110 section 15.3 says that 2xx means the request was successfully received and accepted",
    when=When(
        status="2xx", media=(Kind.JSON, Kind.XML, Kind.HTML, Kind.TEXT, Kind.FORM, Kind.EVENTS, Kind.LINES, Kind.NONE)
    ),
    needs_fields=False,
    reads=Reads.PREFIX,
    json_keys=JSON_KEYS,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for an error in the content; suggest a status if the content implies one."""
    if exchange.status in (204, 205, 207) or exchange.request.method in ("HEAD", "OPTIONS"):
        return
    found = envelope(exchange)
    if found is None or protocol(exchange) in IN_CONTENT or is_token_request(exchange):
        return
    about = meanings(exchange)
    if found.grade is Grade.STRONG and about & {Meaning.TIMEOUT, Meaning.UPSTREAM}:
        return  # masked-upstream-text reports it
    own = own_status(exchange)
    suggested = own.code if own is not None else suggested_status(exchange)
    severity, confidence = _WEIGHT[found.grade]
    reason = said(exchange).prose.partition("\n")[0][:_LONGEST_REASON].strip()
    if own is not None and found.grade is Grade.STRONG:
        severity = Severity.HIGH
    yield Hit(
        f"{exchange.status}, but the content says that it failed: {reason or found.marker}",
        found.evidence,
        suggested_status=suggested,
        verdict=Verdict.UNKNOWN if suggested is None else of_status(suggested),
        severity=severity,
        confidence=confidence,
    )


BAD = (
    """\
POST /devices/7/restart HTTP/1.1
Host: iot.example

HTTP/1.1 200 OK
Content-Type: application/json

[false, "ERR_NOT_FOUND"]
""",
    """\
POST /devices/7/restart HTTP/1.1
Host: iot.example

HTTP/1.1 200 OK
Content-Type: application/json

["error", "no device with this name"]
""",
    """\
GET /query?db=metrics&q=SELECT+1 HTTP/1.1
Host: tsdb.example

HTTP/1.1 200 OK
Content-Type: application/json

{"results": [{"statement_id": 0, "error": "max-select-series limit exceeded"}]}
""",
    """\
GET /v1/thing HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json

{"message": "Unauthorized"}
""",
    """\
POST /v1/chat HTTP/1.1
Host: llm.example

HTTP/1.1 200 OK
Content-Type: text/event-stream

data: {"error": {"message": "The model is overloaded", "code": 503}}

data: [DONE]

""",
    """\
POST /login HTTP/1.1
Host: shop.example
Content-Type: application/json

{"email": "ada@shop.example", "password": "hunter22"}

HTTP/1.1 200 OK
Content-Type: application/json

{"success": false, "error": "Wrong e-mail or password"}
""",
    """\
GET /xml.response?Command=domains.getinfo HTTP/1.1
Host: registrar.example

HTTP/1.1 200 OK
Content-Type: text/xml

<?xml version="1.0"?><ApiResponse Status="ERROR"><Errors><Error Number="2030166">Domain is invalid</Error></Errors></ApiResponse>
""",
    """\
GET /elevation?lat=a HTTP/1.1
Host: geo.example

HTTP/1.1 200 OK
Content-Type: text/plain

ERR:14:invalid number
""",
    """\
POST /start HTTP/1.1
Host: node.example
Content-Type: application/json

{"address": "bad"}

HTTP/1.1 200 OK
Content-Type: application/json

{"status": "Failed, wrong address", "credits": 0, "untrusted": false}
""",
    """\
POST /anmelden HTTP/1.1
Host: shop.example
Content-Type: application/x-www-form-urlencoded

name=ada&passwort=x

HTTP/1.1 200 OK
Content-Type: text/html

Benutzername oder Passwort ist falsch
""",
    """\
GET /orders/7 HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"code": "ResourceNotFound", "message": "no such order"}
""",
)

GOOD = (
    """\
GET /devices/states HTTP/1.1
Host: iot.example

HTTP/1.1 200 OK
Content-Type: application/json

["failed", "not found"]
""",
    """\
GET /locales/de.json HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"errors": {"not_found": "Nicht gefunden"}}
""",
    """\
GET /runs/9/status HTTP/1.1
Host: jobs.example

HTTP/1.1 200 OK
Content-Type: application/json

{"status": "error", "message": "connection refused"}
""",
    """\
GET /tests/report HTTP/1.1
Host: jobs.example

HTTP/1.1 200 OK
Content-Type: application/json

{"passed": false, "errors": [{"test": "login", "message": "user not found"}]}
""",
    """\
POST /start HTTP/1.1
Host: node.example
Content-Type: application/json

{"threads": 1}

HTTP/1.1 200 OK
Content-Type: application/json

{"status": "Error budget left", "credits": 12}
""",
    """\
DELETE /lists/7/members/9 HTTP/1.1
Host: lists.example

HTTP/1.1 200 OK
Content-Type: application/json

{"message": "Mailing list member has been deleted"}
""",
    """\
GET /payments/8d2 HTTP/1.1
Host: pay.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": "8d2", "status": "failed", "error": {"code": "card_declined"}, "created": 1700000000}
""",
    """\
POST /reset HTTP/1.1
Host: bmc.example

HTTP/1.1 200 OK
Content-Type: application/json

{"error": {"message": "Success"}}
""",
    """\
GET /monitors/7/can-delete HTTP/1.1
Host: api.example

HTTP/1.1 200 OK
Content-Type: application/json

{"data": {"ok": [7]}, "errors": null}
""",
)
