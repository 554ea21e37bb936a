"""A 500 is caused by the client's input

What it does
------------
Reports a 500 whose code or text shows that the request was at fault: the exception of a parser or validator, a
database that could not store the value, a code that names validation, absence or a conflict, a text that finds a value
of the request's own target invalid or absent.

Why it matters
--------------
The service looks broken although it works, alerts go off, clients retry what can never succeed, and the sender is not
told what to mend.

Known exceptions
----------------
The service may itself have called another one wrongly. A text that also speaks of an upstream is not reported here,
and what a service misses of its own (a table, a template, a host) says nothing of the request.
SOAP, XML-RPC and JSON-RPC send errors of their own, the client's among them, under 500.

How to fix
----------
Catch the validator's exception at the edge and answer 400 or 422, 409 for a violated unique constraint, 404 for a
lookup that finds nothing. Spring: an ``@ExceptionHandler``; Express: an error handler with four parameters; FastAPI
and pydantic: validate in the signature, since a ``ValidationError`` raised later becomes a 500.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.1
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.1
"""

import re
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.evidence.asked import faulted, quoted_value
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.requests import malformation
from wirelint.evidence.said import said
from wirelint.evidence.texts import Meaning, best_status, of_code, of_prose

_exception: Final = re.compile(
    r"\b(?:JSONDecodeError|JsonParseException|JsonMappingException|JsonSyntaxException|HttpMessageNotReadableException|MethodArgument\w{0,24}Exception|NumberFormatException"
    r"|MissingServletRequestParameterException|ConstraintViolationException|ValidationError|ValidationException|CastError|BSONTypeError|ZodError|InvalidArgumentException|INVALID_VALUE|INVALID_ARGUMENT"
    r"|UnicodeDecodeError|DateTimeParseException|InvalidFormatException|StrictParameterException)\b"
    r"|\binvalid input syntax for (?:type )?\w+|\bviolates (?:unique|not-null|check|foreign key) constraint|\bduplicate key value\b|\bDuplicate entry\b|\bUNIQUE constraint failed\b"
    r"|\binvalid literal for int\(\)|\bUnexpected token .{1,12} in JSON\b|\bCannot cast \w+|\bdate/time field value out of range\b|\bvalue too long for type\b|\bOut of range value for column\b|\bData too long for column\b",
    re.IGNORECASE,
)
_required: Final = re.compile(
    r"\b(?:missing|required) (?:required )?(?:param\w*|field|argument|query)|\b(?:parameter|field|argument)s? \S{1,40} (?:is|are) (?:required|missing|invalid)",
    re.IGNORECASE,
)
_READ: Final = 32 * 1024
_CLIENT: Final = frozenset(
    {Meaning.INVALID, Meaning.MALFORMED, Meaning.NOT_FOUND, Meaning.CONFLICT, Meaning.AUTHN, Meaning.AUTHZ}
)

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.STRONG,
    because="exception or code names the client's input",
    basis="policy: RFC 9110 section 15.6.1",
    when=When(status="500"),
    reads=Reads.PREFIX,
    verdict=Verdict.CLIENT_ERROR,
    suggested_status=400,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Exceptions by name first, then codes, then what can hardly mean anything else."""
    if protocol(exchange) in (Protocol.JSON_RPC, Protocol.SOAP, Protocol.XML_RPC):
        return  # which send their errors, the client's too, under 500
    if malformation(exchange) is not None:
        return  # server-error-on-malformed-request has the better proof
    response = exchange.response
    words = said(exchange)
    about = of_prose(words.prose)
    if about & {Meaning.TIMEOUT, Meaning.UPSTREAM, Meaning.RATE}:
        return
    text = f"{words.prose}\n{' '.join(words.codes)}"
    if (match := _exception.search(text)) is not None:
        yield Hit("500 for input that was not acceptable", match[0], suggested_status=_status_of(match[0]))
        return
    named = frozenset().union(*map(of_code, words.codes)) & _CLIENT if words.codes else frozenset()
    told = about & {Meaning.CONFLICT} if Meaning.INTERNAL not in about else frozenset()
    if named or told or _required.search(words.prose):
        yield Hit(
            "500 for what the client sent",
            words.prose or " ".join(words.codes),
            suggested_status=best_status(named or told) or 400,
            severity=Severity.MEDIUM,
        )
        return
    if (fault := faulted(exchange, words.prose)) is not None:
        yield Hit(
            "500 for what the client asked for by name",
            fault.evidence,
            suggested_status=404 if fault.absent else 400,
            severity=Severity.MEDIUM,
        )
    elif response.headers.media_type.kind in (Kind.HTML, Kind.TEXT):
        quoted = quoted_value(exchange, (response.body.text or "")[:_READ])
        if quoted is not None:
            yield Hit("500 for input that was not acceptable", quoted)


def _status_of(exception: str) -> int:
    return 409 if "unique" in exception.lower() or "duplicate" in exception.lower() else 400


BAD = (
    """\
POST /users HTTP/1.1
Host: shop.example
Content-Type: application/json

{"age": "x"}

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "invalid input syntax for type integer: x"}
""",
    """\
GET /handles/10 HTTP/1.1
Host: handles.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"responseCode": 2, "message": "HandleException (INVALID_VALUE) The prefix does not live here"}
""",
    """\
DELETE /api/v2/silence/7c0a HTTP/1.1
Host: alerts.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

"silence not found"
""",
    """\
GET /devices?id=zz HTTP/1.1
Host: sync.example

HTTP/1.1 500 Internal Server Error
Content-Type: text/plain

"zz": device ID invalid: incorrect length
""",
    """\
GET /pages?n=abc HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: text/html

<html><head><title>HTTP Status 500</title></head><body><pre>java.lang.NumberFormatException: For input string: &quot;abc&quot;</pre></body></html>
""",
)

GOOD = (
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"message": "Internal Server Error"}
""",
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"message": "template not found"}
""",
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Table 'shop.orders' does not exist"}
""",
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "price list not found"}
""",
)
