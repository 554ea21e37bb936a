"""404 for invalid input; 400 or 422 is expected

What it does
------------
Reports a 404 whose code or text is about validation (a required field, a value out of range) and not about anything
missing.

Why it matters
--------------
404 says that there is nothing at this target. Clients drop the reference, or conclude that the endpoint is gone, when
they should correct a field.

Known exceptions
----------------
A reference to something that does not exist is neither reported here nor as validation. If the request has no members
to validate, as in an upload, the target is invalid, and 404 is correct.

How to fix
----------
Answer 422 for content that was understood and is not acceptable, 400 for other invalid requests.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.5
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.21
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.faults import fault
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import Meaning

_plain: Final = re.compile(
    r"\bvalidation (?:failed|error)|\bmust (?:be|have|contain|match)\b|\b(?:is|are) required\b|\bmissing required\b|\bfield validation for\b|\binvalid page (?:number|size)\b|\bout of range\b|\bis not (?:a )?valid\b|\binvalid (?:value|format|param|email|input|json|argument)",
    re.IGNORECASE,
)
_target: Final = re.compile(
    r"\b(?:endpoint|url|uri|path|route|page(?!['\"`]| (?:number|size|must|should|is)\b)|resource|method|version|ids?|identifier|uuid|slug)s?\b|_id\b",
    re.IGNORECASE,
)
# Payment and model services call all errors of clients "invalid_request_error", a missing object included.
_code: Final = re.compile(r"validation|invalid(?![ _-]?request)", re.IGNORECASE)

_BROKEN: Final = frozenset({Meaning.INVALID, Meaning.MALFORMED})
_LONGEST: Final = 4096
_MOST_VALUES: Final = 24

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the text is about validation and nothing missing",
    basis="policy: RFC 9110 section 15.5.5",
    when=When(status="404"),
    needs_fields=False,
    reads=Reads.PREFIX,
    suggested_status=422,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for validation alone; when reading, an invalid id may be one that does not exist."""
    about = meanings(exchange)
    request = exchange.request
    words = said(exchange)
    if about and about <= _BROKEN and (found := fault(exchange, words.prose)) is not None and _is_of_query(exchange):
        yield Hit("404 for invalid input", words.prose, suggested_status=found.status, severity=Severity.INFO)
        return
    if about != {Meaning.INVALID}:
        return
    # Content without members has nothing to validate: then the target is invalid.
    writes = request.method in ("POST", "PUT", "PATCH") and request.headers.media_type.kind in (
        Kind.JSON,
        Kind.FORM,
        Kind.XML,
    )
    if _target.search(f"{words.prose} {' '.join(words.codes)}"):
        return
    if not _plain.search(words.prose) and not (writes and any(map(_code.search, words.codes))):
        return
    yield Hit(
        "404 for invalid input",
        words.prose or " ".join(words.codes),
        suggested_status=422 if writes else 400,
        severity=Severity.MEDIUM if writes else Severity.INFO,
    )


def _is_of_query(exchange: Answered) -> bool:
    """Return whether a text quotes a value of the query: ``strconv.ParseInt: parsing "x": invalid syntax``."""
    prose = said(exchange).prose[:_LONGEST]
    pairs = parse_qsl(exchange.request.query[:_LONGEST])[:_MOST_VALUES]
    return any(f"{mark}{value}{mark}" in prose for _, value in pairs for mark in "'\"`")


BAD = (
    """\
POST /users HTTP/1.1
Host: shop.example
Content-Type: application/json

{"email": "nonsense"}

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "email must be a valid address"}
""",
    """\
GET /orders?page=x HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "strconv.ParseInt: parsing \\"x\\": invalid syntax"}
""",
)

GOOD = (
    """\
POST /v1/customers/cus_none HTTP/1.1
Host: pay.example
Content-Type: application/x-www-form-urlencoded

name=ada

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": {"type": "invalid_request_error", "message": "Not Found"}}
""",
    """\
GET /orders/x HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "strconv.ParseInt: parsing \\"x\\": invalid syntax"}
""",
    """\
POST /messages HTTP/1.1
Host: llm.example
Content-Type: application/json

{"model": "nonsense"}

HTTP/1.1 404 Not Found
Content-Type: application/json

{"type": "error", "error": {"type": "not_found_error", "message": "model: nonsense"}}
""",
    """\
POST /v1/customers/cus_7 HTTP/1.1
Host: pay.example
Content-Type: application/x-www-form-urlencoded

name=Ada

HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": {"message": "Not Found", "type": "invalid_request_error"}}
""",
)
