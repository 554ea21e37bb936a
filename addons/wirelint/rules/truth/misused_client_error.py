"""A 4xx that its own content contradicts

What it does
------------
Reports a 4xx other than 401 whose code or text clearly names another one: 403 for a missing resource or a conflict, 404
for a method or a rejected credential, 409, 412, 417 or 422 for permission or absence.

Why it matters
--------------
Each of these statuses makes clients react differently: log in, give up, retry after a read, drop a reference. The wrong
one makes them do the wrong thing, and statistics by status mean nothing.

Known exceptions
----------------
Hiding existence by 404 is allowed, so permission under 404 is not reported here. ACME and OAuth have their own texts
and codes. A machine-readable code outranks prose. «Is required» under 403 may be about a permission or a plan, so only
texts about values count as validation.

How to fix
----------
Map each kind of error to one status in one place, and let handlers raise the kind, not a number.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.faults import names_something
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.refusals import ABOUT_VALUES
from wirelint.evidence.said import Said, meanings, said
from wirelint.evidence.texts import STATUS, Meaning, of_code

_ANY: Final = frozenset({Meaning.AUTHN, Meaning.AUTHZ, Meaning.NOT_FOUND, Meaning.CONFLICT, Meaning.METHOD})
_WRONG: Final = {
    400: frozenset({Meaning.METHOD, Meaning.TOO_LARGE, Meaning.UNSUPPORTED}),
    403: frozenset({Meaning.NOT_FOUND, Meaning.CONFLICT, Meaning.METHOD, Meaning.INVALID}),
    404: frozenset({Meaning.METHOD, Meaning.AUTHN, Meaning.CONFLICT}),
    405: frozenset({Meaning.AUTHN, Meaning.NOT_FOUND, Meaning.CONFLICT}),
    406: _ANY - {Meaning.NOT_FOUND},
    409: frozenset(
        {Meaning.AUTHN, Meaning.AUTHZ, Meaning.NOT_FOUND, Meaning.METHOD, Meaning.MALFORMED, Meaning.INVALID}
    ),
    410: frozenset({Meaning.AUTHN, Meaning.AUTHZ, Meaning.CONFLICT, Meaning.METHOD}),
    412: _ANY | {Meaning.INVALID},
    417: _ANY | {Meaning.INVALID},
    423: _ANY - {Meaning.CONFLICT},
}
"""Status → meanings that clearly belong to another one."""
_values: Final = re.compile(
    r"validation|\b(?:is|are) not valid\b|\binvalid (?:value|param|argument|format|input|json|field|body)|must be (?:an? |one of|between|at )|out of range",
    re.IGNORECASE,
)
_lacking: Final = re.compile(r"\b(?:is|are) (?:required|missing)\b|\bmissing required\b", re.IGNORECASE)
_condition: Final = re.compile(r"lease|match|condition|etag|version|revision", re.IGNORECASE)
_media: Final = re.compile(r"\b(?:content|media)[ -]?type", re.IGNORECASE)
_of_file: Final = re.compile(r"\bfile\b|\battachment|\bimage\b|\bupload", re.IGNORECASE)
_head: Final = re.compile(r"\b(?:header|cookie|field|uri|url|line|query)\b", re.IGNORECASE)
_UPLOADS: Final = frozenset({Kind.MULTIPART, Kind.OTHER})
_LONGEST: Final = 2048

RULE = Rule(
    severity=Severity.INFO,
    confidence=Confidence.STRONG,
    because="code or text names exactly one kind of error, which has another status",
    basis="policy: RFC 9110 section 15.5 defines the statuses",
    when=When(status="400 403 404 405 406 409 410 412 417 422 423"),
    reads=Reads.PREFIX,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for one meaning under another status than its own."""
    status = exchange.status or 0
    about = meanings(exchange) - {Meaning.UNAVAILABLE, Meaning.INTERNAL}
    wrong = _WRONG.get(status, _ANY)
    if status in (400, 404) and _is_unrouted(exchange):
        about = frozenset({Meaning.METHOD})
    if status != 422:
        about = about - {Meaning.INVALID} or about
    if len(about) != 1 or not about <= wrong:
        return
    if protocol(exchange) in (Protocol.OAUTH, Protocol.ACME, Protocol.GRAPHQL, Protocol.JSON_RPC, Protocol.S3):
        return
    meaning = next(iter(about))
    words = said(exchange)
    if _is_own(exchange, meaning, words):
        return
    yield Hit(
        f"{status} for {meaning.value}",
        words.prose or " ".join(words.codes),
        suggested_status=400 if meaning is Meaning.INVALID and exchange.request.body.empty else STATUS[meaning],
        discriminator=meaning.name,
    )


def _is_unrouted(exchange: Answered) -> bool:
    """Return whether a router has no method for a resource: ``Cannot DELETE /orders/7``."""
    request = exchange.request
    if request.method not in ("DELETE", "PUT", "PATCH") or not names_something(request):
        return False
    text = (exchange.response.body.text or "")[:_LONGEST]
    return f"Cannot {request.method} {request.path}" in text


def _is_own(exchange: Answered, meaning: Meaning, words: Said) -> bool:
    """Return whether the text fits the status after all."""
    status, prose = exchange.status, words.prose
    if status == 412:
        # An empty destination is a precondition (RFC 4918 section 10.6), and so is a lease.
        return "destination" in exchange.request.headers or _condition.search(prose) is not None
    if meaning is Meaning.AUTHN:
        # A request can conflict with the state of its session.
        return status == 409 and "session" in prose.lower()
    if meaning is Meaning.INVALID:
        # «premium is required» is a reason for 403, and what is not valid may be in conflict with something.
        plain = _lacking.search(prose) is not None and any(map(of_code, words.codes))
        return (status == 409 and not plain) or (
            status == 403 and not _values.search(f"{prose} {' '.join(words.codes)}")
        )
    if status == 400 and meaning is Meaning.UNSUPPORTED:
        # A file of another kind than a form takes is a value that is not valid.
        return _media.search(prose) is None or _of_file.search(prose) is not None
    if status == 400 and meaning is Meaning.TOO_LARGE:
        # The head of a request has statuses of its own, 414 and 431, which are younger than many servers.
        # Neither is a file that this request only announces its content.
        return _head.search(prose) is not None or (
            _of_file.search(prose) is not None and exchange.request.headers.media_type.kind not in _UPLOADS
        )
    # «column x is not allowed to filter by»
    return meaning is Meaning.AUTHZ and ABOUT_VALUES.search(prose) is not None


BAD = (
    """\
GET /zones/gone.example/records HTTP/1.1
Host: dns.example
Authorization: Bearer of-a-user-1234567

HTTP/1.1 403 Forbidden
Content-Type: application/json

{"message": "domain not found"}
""",
    """\
POST /2/files/list_folder HTTP/1.1
Host: files.example
Authorization: Bearer of-a-user-1234567

HTTP/1.1 422 Unprocessable Content
Content-Type: application/json

{"error_summary": "no_permission/..", "error": {".tag": "no_permission"}}
""",
    """\
DELETE /orders/7 HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: text/html; charset=utf-8

<!DOCTYPE html><html><head><title>Error</title></head><body><pre>Cannot DELETE /orders/7</pre></body></html>
""",
)

GOOD = (
    """\
GET /projects/7 HTTP/1.1
Host: git.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"message": "Not Found"}
""",
    """\
POST /users HTTP/1.1
Host: shop.example

HTTP/1.1 409 Conflict
Content-Type: application/json

{"message": "Account already exists"}
""",
)
