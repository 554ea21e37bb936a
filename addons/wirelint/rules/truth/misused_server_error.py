"""500 for what is not implemented, switched off or in maintenance

What it does
------------
Reports a 500 whose code or text says that the server works as it was set up: a function is not implemented or is
switched off, or the service is in maintenance, overloaded or still starting.

Why it matters
--------------
500 is for unexpected conditions. Alerts and error budgets count these answers as defects, and clients do not learn
whether to come back later (503), to stop asking (501) or to ask for access (403).

Known exceptions
----------------
«Please try again later» is also sent for defects, and proves nothing. An unavailable upstream is masked-upstream-text,
and a faulty request is server-error-for-client-input.

How to fix
----------
Answer 501 if the function is not implemented, 503 with ``Retry-After`` in maintenance and under overload, and 403, 404
or 501 for a disabled function.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.1
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.2
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.4
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.protocols import IN_CONTENT, protocol
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning, of_prose

_LONGEST: Final = 240
_maintenance: Final = re.compile(
    r"\bmaintenance\b|(?<!either the )\b(?:server|service|system) is (?:currently |temporarily )?overloaded\b|\b(?:is|are) (?:still )?(?:temporarily unavailable|starting up|shutting down|warming up|initiali[sz]ing|restarting)\b",
    re.IGNORECASE,
)
_not_implemented: Final = re.compile(
    r"\W{0,3}(?:error: )?(?:[\w '\"`./-]{0,60}\b)?not (?:yet )?implemented(?: yet)?\W{0,3}"
    r"|(?:[\w. -]{1,40}[.: ])?(?:NotImplementedError|NotImplementedException|UnsupportedOperationException)\W{0,3}"
    r"|(?:[\w -]{1,40} )?unsupported (?:feature|operation)\b.{0,120}",
    re.IGNORECASE,
)
_unsupported: Final = re.compile(
    r"\W{0,3}(?P<name>[\w-]{3,32}) (?:is )?(?:unsupported|not supported)\b.{0,60}", re.IGNORECASE | re.DOTALL
)
_switched_off: Final = re.compile(
    r"\b(?:features?|apis?|endpoints?|functions?|functionality|modules?|plugins?|operations?|registrations?|sign-?ups?|uploads?|downloads?|exports?|imports?|search|commands?|methods?|protocols?)\b"
    r"[^.\n]{0,40}?\b(?:disabled|not enabled|switched off|turned off|deactivated)\b",
    re.IGNORECASE,
)
_MAINTENANCE_MEANINGS: Final = frozenset({Meaning.UNAVAILABLE, Meaning.INTERNAL})

RULE = Rule(
    severity=Severity.LOW,
    confidence=Confidence.STRONG,
    because="the text says that the server works as configured",
    basis="policy: RFC 9110 section 15.6.1 defines 500 as an unexpected condition",
    when=When(status="500"),
    needs_fields=False,
    reads=Reads.PREFIX,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for a short text that only says so."""
    if protocol(exchange) in IN_CONTENT:
        return
    words = said(exchange)
    prose = words.prose
    if len(prose) > _LONGEST or not (prose or words.codes):
        return
    about = meanings(exchange)
    if _not_implemented.fullmatch(prose) or _is_unsupported(exchange, prose):
        yield Hit(
            "500 sent for a function that is not implemented; 501 is expected",
            prose,
            suggested_status=501,
            discriminator="501",
        )
    elif _maintenance.search(prose) and of_prose(prose) <= _MAINTENANCE_MEANINGS:
        yield Hit("500 sent in maintenance or under overload; 503 is expected", prose, suggested_status=503)
    elif _switched_off.search(prose) and about <= _MAINTENANCE_MEANINGS | {Meaning.NOT_IMPLEMENTED}:
        yield Hit(
            "500 sent for a function that is switched off; 403, 404 or 501 is expected", prose, discriminator="off"
        )


def _is_unsupported(exchange: Answered, prose: str) -> bool:
    """Return whether what the path names is not supported: «upgrade unsupported» at /system/upgrade."""
    match = _unsupported.fullmatch(prose)
    last = exchange.request.path[-128:].rstrip("/").rpartition("/")[2]
    return match is not None and match["name"].lower() == last.lower()


BAD = (
    """\
POST /api/v1/admin/snapshot HTTP/1.1
Host: metrics.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"status": "error", "error": "admin APIs disabled"}
""",
    """\
GET /reports/7/pdf HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "PDF export is not implemented yet"}
""",
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "The system is under maintenance"}
""",
    """\
POST / HTTP/1.1
Host: identity.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"__type": "Unsupported", "message": "Unsupported feature: InitAuth with AuthFlow=CUSTOM"}
""",
)

GOOD = (
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Something went wrong, please try again later"}
""",
    """\
GET /reports/7/pdf HTTP/1.1
Host: shop.example

HTTP/1.1 501 Not Implemented
Content-Type: application/json

{"error": "PDF export is not implemented yet"}
""",
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "method not implemented in class OrderService$Proxy because of a wrong build"}
""",
)
