"""500 for the client's own mistake; 4xx is expected

What it does
------------
Reports a 500 whose code or text shows that the request was wrong: the exception of a parser or validator, a database
that could not store the value, a code for validation, absence or a conflict, or a text that calls a value of the
request's target invalid or missing.

Why it matters
--------------
The service looks broken although it works. Alerts fire, clients retry without any chance of success, and the sender
does not learn what to correct.

Known exceptions
----------------
The service may itself have made a wrong call to another one, so a text that also mentions an upstream is not reported
here. Something that the service itself lacks (a table, a template, a host) says nothing about the request. SOAP,
XML-RPC and JSON-RPC send all of their errors under 500, including the client's.

How to fix
----------
Catch the validator's exception at the edge and answer 400 or 422. Answer 409 for a violated unique constraint, 404 for
a lookup without result. Spring: an ``@ExceptionHandler``; Express: an error handler with four parameters; FastAPI and
pydantic: validate in the signature, since a ``ValidationError`` raised later becomes a 500.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.1
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.1
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from wirelint.core.exchange import Answered
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.core.verdict import Verdict
from wirelint.evidence.asked import Faulted, argument_named, faulted, quoted_value
from wirelint.evidence.credentials import credentials, is_anonymous
from wirelint.evidence.expiry import is_expired
from wirelint.evidence.faults import fault, names_something
from wirelint.evidence.located import located, names_sent
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.relayed import relayed_status
from wirelint.evidence.requests import malformation
from wirelint.evidence.said import Said, is_status, said
from wirelint.evidence.texts import Meaning, best_status, of_code, of_prose

_required: Final = re.compile(
    r"\b(?:missing|required) (?:required )?(?:param\w*|field|argument|query)|\b(?:parameter|field|argument)s? \S{1,40} (?:is|are) (?:required|missing|invalid)",
    re.IGNORECASE,
)
# Limits on a value, as validators state them; what a program must be for its own sake is none.
_constraint: Final = re.compile(
    r"\b(?:payload|body|content|document|input) (?:does not|doesn't|do not) (?:match|contain)\b"
    r"|\b(?:must|should|has to|have to) (?:not )?(?:contain|match|start|begin|end|consist|equal|be (?:at (?:least|most)|between|one of"
    r"|(?:greater|less|larger|smaller|longer|shorter|higher|lower) than|unique|positive|non-?negative|non-?empty|alphanumeric))\b",
    re.IGNORECASE,
)
_set_up: Final = re.compile(
    r"\b(?:config\w{0,8}|settings?|environment|env|variable|secret[_ ]key|server|database|bean|property|credentials?|pool|workers?|threads?)\b",
    re.IGNORECASE,
)
_nothing: Final = re.compile(
    r"\bno (?:[\w-]{1,24} ){1,4}(?:was |were )?(?:provided|specified|given|supplied|uploaded|attached|selected)\b"
    r"|\b(?:parameter|param|field|argument|value|name|body)s? (?:can ?not|can't|must not|may not) be (?:empty|blank|null|omitted)\b",
    re.IGNORECASE,
)
_bad: Final = re.compile(
    r"\b(?:invalid|illegal|malformed) (?:[\w-]{1,24} )?(?:names?|email|date|parameter|params?|ids?|identifier|uuid|username|phone|attributes?|propert(?:y|ies)|filter|sort|limit|offset|cursor|page number)\b",
    re.IGNORECASE,
)
# The language is the service's, the words in it the client's.
_unparsed: Final = re.compile(
    r"\b(?:query|expression|filter|reg(?:ular )?ex(?:pression)?|pattern|cron|selector) (?:parse|parsing|syntax) error\b"
    r"|\b(?:parsing|parse|in|invalid) (?:the )?(?:search )?(?:query|expression|filter|regex|cron expression|selector)\b",
    re.IGNORECASE,
)
_PLAIN_STATUSES: Final = (401, 403, 404)
_member: Final = re.compile(
    r"\W{0,3}(?:error: )?(?:(?:the )?[\"'`]?(?P<name>\w{2,32})[\"'`]?(?: field| parameter)? (?:is )?(?:required|missing)|missing (?:required )?[\"'`]?(?P<other>\w{2,32})[\"'`]?)\W{0,3}",
    re.IGNORECASE,
)
_denied: Final = re.compile(
    r"\b(?:you|user|caller|account|client)\b.{0,24}\b(?:not (?:allowed|authori[sz]ed|permitted)|(?:do|does)(?: not|n't) have .{0,40}\b(?:permissions?|access|rights?|privileges?|role|scope))"
    r"|\bnot (?:allowed|authori[sz]ed|permitted) to\b|\binsufficient (?:permissions?|privileges?|scopes?|rights)\b"
    r"|\badmin(?:istrator)?s? (?:role|access|rights|privileges?) (?:is |are )?required\b",
    re.IGNORECASE,
)
# A validator's words about the kind of a value.
_kind: Final = re.compile(
    r"\b(?:must|should) be (?:of type |an? |one of )?(?:valid )?[\"'`]?(?:number|integer|numeric|string|bool(?:ean)?|array|object|list|date|e-?mail|uuid|url)\b"
    r"|\bis not (?:of type|an? valid|one of)\b|\bis not a (?:number|string|date)\b|\b(?:unknown|unexpected|unrecogni[sz]ed|unsupported) (?:field|member|property|parameter|key|keyword argument|argument)\b",
    re.IGNORECASE,
)
_of_a_token: Final = re.compile(
    r"token|\bjwt|credential|authenticat|unauthori|session|expired|log ?in\b", re.IGNORECASE
)
_http_method: Final = re.compile(
    r"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b|[Mm]ethod [Nn]ot [Aa]llowed|\bHTTP method"
)
_password: Final = re.compile(r"\b(?:password|passwd|username|user name|login|credentials)\b", re.IGNORECASE)
_signing_in: Final = re.compile(r"log-?in|sign-?in|session|auth|token", re.IGNORECASE)
_absent: Final = re.compile(
    r"\b(?:missing|no|required|requires?|not (?:provided|found|present|supplied|sent|set)|must be|log(?:ged)? in|sign(?:ed)? in|unauthenticated)\b",
    re.IGNORECASE,
)
# A service has its own credentials for its upstreams.
_of_the_service: Final = re.compile(
    r"\b(?:database|db|smtp|ldap|redis|s3|bucket|aws|azure|upstream|backend|provider|openai|anthropic|server certificate|host|relation|table|user ['\"]?\w+['\"]?@)\b",
    re.IGNORECASE,
)
_name: Final = re.compile(r"\w{2,32}")
_LONGEST: Final = 512
_READ: Final = 32 * 1024
_CLIENT: Final = frozenset(
    {
        Meaning.INVALID,
        Meaning.MALFORMED,
        Meaning.NOT_FOUND,
        Meaning.CONFLICT,
        Meaning.AUTHN,
        Meaning.AUTHZ,
        Meaning.METHOD,
        Meaning.TOO_LARGE,
        Meaning.UNSUPPORTED,
    }
)
_NAMES: Final = {401: "credentials that are not accepted", 403: "a request that is not allowed"}
_PLAIN: Final = frozenset({Meaning.CONFLICT, Meaning.TOO_LARGE, Meaning.METHOD})
"""What prose alone makes plain."""

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.STRONG,
    because="exception or code names the client's input",
    basis="policy: RFC 9110 section 15.6.1",
    when=When(status="500"),
    needs_fields=False,
    reads=Reads.PREFIX,
    verdict=Verdict.CLIENT_ERROR,
    suggested_status=400,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Check exceptions by name first, then codes, then unambiguous texts."""
    if protocol(exchange) in (Protocol.JSON_RPC, Protocol.SOAP, Protocol.XML_RPC):
        return  # which send their errors, also the client's, under 500
    if malformation(exchange) is not None:
        return  # server-error-on-malformed-request has better proof
    words = said(exchange)
    about = of_prose(words.prose)
    if about & {Meaning.TIMEOUT, Meaning.UPSTREAM, Meaning.RATE} or relayed_status(words.prose) is not None:
        return
    yield from islice(_hits(exchange, words, about), 1)


def _hits(exchange: Answered, words: Said, about: frozenset[Meaning]) -> Iterator[Hit]:
    """Yield the hits that the text proves, the clearest first."""
    text = f"{words.prose}\n{' '.join(words.codes)}"
    if (found := fault(exchange, text)) is not None:
        yield Hit(
            f"500 for {_NAMES.get(found.status, 'invalid input')}", words.prose or text, suggested_status=found.status
        )
    ran_out = _of_a_token.search(words.prose) is not None and is_expired(exchange)
    about_credentials = Meaning.AUTHN in about and Meaning.INTERNAL not in about
    if ran_out or (about_credentials and _concerns_the_caller(exchange, words.prose)):
        yield Hit("500 for missing or invalid credentials", words.prose, suggested_status=401)
    named = frozenset().union(*map(of_code, words.codes)) & _CLIENT if words.codes else frozenset()
    plain = about & _PLAIN if Meaning.INTERNAL not in about else frozenset()
    if Meaning.METHOD in plain and not _http_method.search(words.prose):
        plain -= {Meaning.METHOD}  # programs have methods, too
    if (
        named
        or plain
        or _lacks(exchange, about, words.prose)
        or _is_constraint(exchange, about, words.prose)
        or _is_kind(exchange, about, words.prose)
        or _is_unparsed(exchange, about, words.prose)
        or located(exchange)
    ):
        yield Hit(
            "500 for an invalid request",
            words.prose or " ".join(words.codes),
            suggested_status=best_status(named or plain) or 400,
            severity=Severity.MEDIUM,
        )
    if about == {Meaning.AUTHZ} and credentials(exchange) and _denied.search(words.prose):
        yield Hit("500 for missing permission", words.prose, suggested_status=403, severity=Severity.MEDIUM)
    by_name = _named(exchange, words)
    if by_name is not None:
        yield Hit(
            "500 for something that the client named",
            by_name.evidence,
            suggested_status=404 if by_name.absent else 400,
            severity=Severity.MEDIUM,
        )
    if exchange.response.headers.media_type.kind in (Kind.HTML, Kind.TEXT):
        page = (exchange.response.body.text or "")[:_READ]
        quoted = quoted_value(exchange, page) or argument_named(exchange, page)
        if quoted is not None:
            yield Hit("500 for invalid input", quoted)
    yield from _by_phrase(exchange, words.prose)


def _named(exchange: Answered, words: Said) -> Faulted | None:
    """Return the fault in something that the client named."""
    prose = f"KeyError: {words.prose}" if "KeyError" in words.codes else words.prose
    found = faulted(exchange, prose)
    if found is None and "\n" in prose:  # the exception, at the end of a page for developers
        found = faulted(exchange, prose.rstrip().rpartition("\n")[2])
    return found


def _by_phrase(exchange: Answered, prose: str) -> Iterator[Hit]:
    """Find the phrase of another status alone: ``Unauthorized``."""
    for status in _PLAIN_STATUSES:
        if is_status(prose, status) and (status != 404 or names_something(exchange.request)):
            yield Hit(
                f"500 that says no more than {status} does",
                prose,
                suggested_status=status,
                severity=Severity.LOW,
            )


def _is_constraint(exchange: Answered, about: frozenset[Meaning], prose: str) -> bool:
    """Return whether a text states what a value must be like, and the request sent values."""
    return (
        about <= {Meaning.INVALID}
        and (not exchange.request.body.empty or bool(exchange.request.query))
        and (_constraint.search(prose) is not None or _bad.search(prose) is not None)
        and _set_up.search(prose) is None
    )


def _is_unparsed(exchange: Answered, about: frozenset[Meaning], prose: str) -> bool:
    """Return whether a query language could not read what the client wrote in it."""
    return (
        bool(about)
        and about <= {Meaning.INVALID, Meaning.MALFORMED}
        and (bool(exchange.request.query) or not exchange.request.body.empty)
        and len(prose) <= _LONGEST
        and _unparsed.search(prose) is not None
        and "sql" not in prose.lower()
    )


def _is_kind(exchange: Answered, about: frozenset[Meaning], prose: str) -> bool:
    """Return whether a validator's text about the kind of a value names a member or a parameter of the request."""
    if not about <= {Meaning.INVALID} or _kind.search(prose) is None:
        return False
    words = set(_name.findall(prose[:_LONGEST]))
    return not words.isdisjoint(names_sent(exchange.request))


def _lacks(exchange: Answered, about: frozenset[Meaning], prose: str) -> bool:
    """Return whether a text says that something is missing that a request should have brought."""
    if _required.search(prose):
        return True
    if Meaning.AUTHN in about or exchange.request.method not in ("POST", "PUT", "PATCH") or _set_up.search(prose):
        return False
    if _nothing.search(prose):
        return True
    match = _member.fullmatch(prose)
    body = exchange.request.body
    if match is None or body.unavailable is not None or not body.complete:
        return False
    # Proven: the content has no such member, or nothing in it.
    members = {} if body.empty else body.members
    name = (match["name"] or match["other"]).lower()
    return members is not None and not any(key.lower() == name and value for key, value in members.items())


def _concerns_the_caller(exchange: Answered, prose: str) -> bool:
    """Return whether a text about credentials is about those of the request, not the service's own."""
    if _of_the_service.search(prose):
        return False
    if _password.search(prose):
        return _signing_in.search(exchange.request.path[:1024]) is not None or "basic" in credentials(exchange)
    return bool(credentials(exchange)) or (is_anonymous(exchange) and _absent.search(prose) is not None)


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
    """\
POST /signup HTTP/1.1
Host: shop.example
Content-Type: application/json

{"email": "nonsense"}

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"errors": [{"type": "field", "value": "nonsense", "msg": "Invalid value", "path": "email", "location": "body"}]}
""",
    """\
POST /orders HTTP/1.1
Host: shop.example
Content-Type: application/json

{"qty": "many"}

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "\\"qty\\" must be a number"}
""",
    """\
GET /api/query?q=zz HTTP/1.1
Host: ledger.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Query parse error: syntax error."}
""",
    """\
GET /account HTTP/1.1
Host: shop.example
Authorization: Bearer of-a-user-1234567

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": {"message": "Unauthorized", "code": 500}}
""",
    """\
GET /orders HTTP/1.1
Host: shop.example
Origin: https://other.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Not allowed by CORS"}
""",
    """\
GET /todo/z9 HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: text/html

<title>Internal Server Error</title><dl><dt>Exception type:</dt><dd>KeyError</dd><dd>'z9'</dd></dl>
<p>KeyError: 'z9'</p>
""",
)

GOOD = (
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "Not allowed by CORS"}
""",
    """\
GET /orders HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"message": "Not Found"}
""",
    """\
GET /orders?status=open HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"message": "You have an error in your SQL syntax; error parsing query near 'FROM'"}
""",
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
POST /chat HTTP/1.1
Host: llm.example
Content-Type: application/json

{"prompt": "Hello"}

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "\\"choices\\" must be an array"}
""",
    """\
POST /chat HTTP/1.1
Host: llm.example
Content-Type: application/json

{"prompt": "Hello"}

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "'choices'"}
""",
    """\
GET /orders/42 HTTP/1.1
Host: shop.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "price list not found"}
""",
)
