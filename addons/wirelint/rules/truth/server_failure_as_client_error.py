"""400, 404, 409 or 422 with the text of a failure of the service itself; 500 is expected

What it does
------------
Reports a 400, 404, 409 or 422 whose text says that the service failed: an internal error, a database that is down or
locked, a lost connection, a full disk, an exception such as NullPointerException. The text must say nothing about the
request.

Why it matters
--------------
The client is blamed and may not try again, and no alert on 5xx sees the failure.

Known exceptions
----------------
Texts that also name a mistake in the request. "Something went wrong" and the like, which say nothing about the service.
Connections, if the request itself holds an address: the client may have given a wrong one. Failures in the words of an
HTTP client library are masked-upstream-text. Protocols that have their own statuses.

How to fix
----------
Let the failure reach the framework's handler for unexpected errors, which answers 500, or answer 503 with Retry-After.
Do not turn every exception into a 400 (Express: ``res.status(400).json({error: e.message})`` in a catch block).

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.1
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.caching import by_beginning
from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.evidence.protocols import protocol
from wirelint.evidence.relayed import relayed_status
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning, of_client, of_prose

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the text names a part of the service that failed, and nothing about the request",
    basis="policy: RFC 9110 section 15.5 keeps 4xx for errors of the client",
    when=When(status="400 404 409 422", media=(Kind.JSON, Kind.XML, Kind.TEXT, Kind.NONE)),
    needs_fields=False,
    reads=Reads.PREFIX,
    verdict=Verdict.SERVER_ERROR,
    suggested_status=500,
)

_OWN: Final = frozenset({Meaning.INTERNAL, Meaning.UPSTREAM, Meaning.UNAVAILABLE, Meaning.TIMEOUT})
_part: Final = re.compile(
    r"\binternal (?:server )?(?:error|fault|failure|exception)\b|\bserver (?:error|failure|exception)\b"
    r"|\b(?:database|db|redis|mongo\w{0,8}|postgres\w{0,4}|mysql|mariadb|sqlite|cassandra|kafka|rabbitmq|memcached?)\b"
    r"|\bsqlstate\b|\bora-\d{5}\b|\bdeadlock\b|\bentitymanager\b|\bout of memory\b|\bdisk (?:is )?full\b|\bno space left\b"
    r"|\bconnection (?:refused|reset|lost|closed|pool|timed out)\b|\bcould not connect\b|\bconnection to [^.:,]{1,60} (?:timed out|refused|failed|lost)\b"
    r"|nullpointerexception|nullreferenceexception|\bobject reference not set\b|\bdivision by zero\b|\bsegmentation fault\b|\bstack overflow\b|\bpanic: |\bunhandled (?:exception|error)\b"
    r"|\bservice (?:is )?(?:temporarily )?unavailable\b",
    re.IGNORECASE,
)
# They say so even where no phrase is known.
_plain: Final = re.compile(
    r"\bdeadlock found\b|\bora-1[0-9]{4}\b|\bentitymanager\b|\bpanic: runtime error\b", re.IGNORECASE
)
_connecting: Final = re.compile(r"connect|timed out|timeout|unavailable", re.IGNORECASE)
_address: Final = re.compile(
    r"://|%3a%2f%2f|\b(?:url|uri|host|hostname|server|endpoint|address|port|domain|webhook|callback|feed|remote|dsn|database|db|connection)\w{0,12}\b",
    re.IGNORECASE,
)
_LONGEST: Final = 4096


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a failure of the service in the text, and nothing beside it."""
    words = said(exchange)
    prose = (words.prose or " ".join(words.codes))[:_LONGEST]
    if not prose or not _may_tell(prose) or protocol(exchange) is not None or relayed_status(prose) is not None:
        return
    about = meanings(exchange) or of_prose(prose)
    if not about <= _OWN and _plain.search(prose) is None:
        return
    if not about and _plain.search(prose) is None:
        return
    if of_client(prose) & _OWN or (_connecting.search(prose) and _has_address(exchange)):
        return
    yield Hit(
        f"{exchange.status} for a failure of the service",
        prose,
        suggested_status=503 if Meaning.UNAVAILABLE in about else 500,
    )


@by_beginning(_LONGEST, most=512)
def _may_tell(prose: str) -> bool:
    """Return whether a text has words about a failure of the service. Errors repeat."""
    return _part.search(prose) is not None


def _has_address(exchange: Answered) -> bool:
    """Return whether the client may have chosen what was connected to."""
    request = exchange.request
    if request.body.unavailable is not None:
        return True
    sent = f"{request.target[:_LONGEST]} {(request.body.text or '')[:_LONGEST]}"
    return _address.search(sent) is not None


BAD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": 7}
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": "Internal error: connection to database refused"}
""",
    """\
PUT /profile HTTP/1.1
Host: shop.example
Content-Type: application/json

{"name": "Ada"}
HTTP/1.1 422 Unprocessable Content
Content-Type: application/json

{"message": "Deadlock found when trying to get lock; try restarting transaction"}
""",
)

GOOD = (
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": 7}
HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Internal error: connection to database refused"}
""",
    """\
POST /datasources HTTP/1.1
Host: charts.example
Content-Type: application/json

{"database": "sales", "host": "10.0.0.7"}
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": "could not connect to database: connection refused"}
""",
    """\
GET /databases/sales HTTP/1.1
Host: charts.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "database sales not found"}
""",
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"item": "x"}
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error": "Something went wrong"}
""",
)
