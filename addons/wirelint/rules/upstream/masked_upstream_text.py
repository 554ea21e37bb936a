"""The text reports an upstream failure, the status hides it; 502 or 504 is expected

What it does
------------
Reports a 500, an error under 2xx, or a 400, 404 or 408 whose code or text names an upstream failure: a gateway timeout,
a refused or reset connection, an expired deadline. Under 4xx the words must be those of an HTTP client library.

Why it matters
--------------
502 and 504 send the engineer on call one hop further, and tell clients and meshes that a retry may help. Under 500 the
wrong team searches; under 200 no one does.

Known exceptions
----------------
A 503 that says that the upstream is down, and 502 or 504 with any text, are honest. Results of connection tests are
data. Under 4xx, a request that itself contains an address may have the wrong one, and is not reported.

How to fix
----------
Catch the client library's timeout and connection errors at the call, and answer 504 or 502 (httpx: ``TimeoutException``
and ``TransportError``; requests: ``Timeout`` and ``ConnectionError``; axios: ``ECONNABORTED``, ``ECONNREFUSED``; Go:
``context.DeadlineExceeded``). nginx: no ``=200`` or ``=500`` in ``error_page 502 504``.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.3
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.5
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
from wirelint.evidence.envelope import JSON_KEYS, Grade, envelope
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.relayed import relayed_status
from wirelint.evidence.said import meanings, said
from wirelint.evidence.texts import NONE, TEXT_LIMIT, Meaning, of_client, of_prose

_upstream: Final = re.compile(r"\bupstream\b", re.IGNORECASE)
# The client may have given a wrong address.
_address: Final = re.compile(
    r"://|%3a%2f%2f|\b(?:url|uri|host|hostname|server|endpoint|address|port|domain|webhook|callback|feed|remote)s?\b",
    re.IGNORECASE,
)
_REFUSED: Final = frozenset({401, 403, 404, 405, 410, 429})
"""Statuses of an upstream that say nothing about what is wrong with the service's own request."""
_LONGEST: Final = 4096
_WARNINGS: Final = frozenset({"warning", "warnings"})
_MOST_WARNINGS: Final = 8

RULE = Rule(
    severity=Severity.MEDIUM,
    confidence=Confidence.STRONG,
    because="the text names a failure that only happens between a service and its upstream",
    basis="policy: RFC 9110 sections 15.6.3 and 15.6.5 define the statuses for it",
    when=When(
        status="500 2xx 400 401 403 404 408 409 422", media=(Kind.JSON, Kind.XML, Kind.TEXT, Kind.HTML, Kind.NONE)
    ),
    needs_fields=False,
    reads=Reads.PREFIX,
    json_keys=JSON_KEYS | _WARNINGS,
    verdict=Verdict.SERVER_ERROR,
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for an upstream failure: under 500 in any text, under 2xx in an error, under 4xx from an HTTP client."""
    success = exchange.status < 300
    if success and (warning := _warning(exchange)):
        yield Hit(
            f"{exchange.status} with a warning that the service's upstream failed",
            warning,
            severity=Severity.INFO,
            verdict=Verdict.OK,
            discriminator="warning",
        )
        return
    if success and ((found := envelope(exchange)) is None or found.grade is not Grade.STRONG):
        return
    if protocol(exchange) in (Protocol.GRAPHQL, Protocol.JSON_RPC, Protocol.BULK, Protocol.BATCH, Protocol.GRPC):
        return
    words = said(exchange)
    relayed = relayed_status(words.prose)
    if relayed is not None and not _is_masked(exchange, relayed):
        return
    about = _of_client_error(exchange, words.prose) if 400 <= exchange.status < 500 else meanings(exchange)
    if relayed is None and not about & {Meaning.TIMEOUT, Meaning.UPSTREAM}:
        return
    yield Hit(
        f"{exchange.status} for an upstream failure",
        words.prose or " ".join(words.codes),
        suggested_status=504 if Meaning.TIMEOUT in about else 502,
        severity=Severity.HIGH
        if success
        else Severity.LOW
        if relayed is not None and relayed < 500
        else Severity.MEDIUM,
    )


def _is_masked(exchange: Answered, relayed: int) -> bool:
    """Return whether a status hides the one that an upstream sent.

    A 404 may pass on a 404; a client's own mistake, such as a wrong address, stays one.
    """
    if exchange.status >= 500 or exchange.status < 300:
        return True
    refused = exchange.status == 400 and relayed in _REFUSED
    return (relayed >= 500 or refused) and not _chose_address(exchange)


def _warning(exchange: Answered) -> str:
    """Return the text of a warning beside the data of a success that an upstream failed; empty where there is none."""
    body = exchange.response.body
    if _WARNINGS.isdisjoint(body.names or ()):
        return ""
    picked = body.pick(_WARNINGS) or {}
    for value in picked.values():
        for each in value[:_MOST_WARNINGS] if isinstance(value, list) else (value,):
            text = (
                next((t for t in each.values() if isinstance(t, str) and " " in t), "")
                if isinstance(each, dict)
                else each
            )
            if isinstance(text, str) and of_prose(text) & {Meaning.TIMEOUT, Meaning.UPSTREAM}:
                return text
    return ""


def _of_client_error(exchange: Answered, prose: str) -> frozenset[Meaning]:
    """Return the upstream failure in a 4xx, unless the client may have chosen that upstream."""
    about = of_client(prose) if exchange.status in (401, 403) else _of_prose(prose)
    if not about & {Meaning.TIMEOUT, Meaning.UPSTREAM}:
        return NONE
    return NONE if _chose_address(exchange) else about


@by_beginning(TEXT_LIMIT, most=512)
def _of_prose(prose: str) -> frozenset[Meaning]:
    """Return what an error says, whether or not it is about the client. Errors repeat."""
    about = of_client(prose)
    return of_prose(prose) if not about and _upstream.search(prose) else about


def _chose_address(exchange: Answered) -> bool:
    """Return whether the client may have chosen the upstream."""
    request = exchange.request
    if request.body.unavailable is not None:
        return True
    sent = f"{request.query[:_LONGEST]} {(request.body.text or '')[:_LONGEST]}"
    return _address.search(sent) is not None


BAD = (
    """\
GET /quotes/7 HTTP/1.1
Host: gateway.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"error": "connect ECONNREFUSED 10.0.0.7:8080"}
""",
    """\
GET /weather/berlin HTTP/1.1
Host: gateway.example

HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"detail": "Client error '404 Not Found' for url 'http://weather.example/v1/berlin'"}
""",
    """\
GET /weather/berlin HTTP/1.1
Host: gateway.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"message": "Could not fetch: 503, message='Service Unavailable', url='http://weather.example/v1/berlin'"}
""",
    """\
GET /quotes/7 HTTP/1.1
Host: gateway.example

HTTP/1.1 422 Unprocessable Content
Content-Type: application/json

{"reason": "HTTPConnectionPool(host='10.0.0.7', port=80): Read timed out. (read timeout=1)"}
""",
    """\
GET /quotes/7 HTTP/1.1
Host: gateway.example

HTTP/1.1 200 OK
Content-Type: application/json

{"success": false, "message": "upstream request timeout"}
""",
)

GOOD = (
    """\
GET /pokemon/zz HTTP/1.1
Host: gateway.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"message": "Request failed with status code 404"}
""",
    """\
GET /quotes/7 HTTP/1.1
Host: gateway.example

HTTP/1.1 504 Gateway Timeout
Content-Type: application/json

{"error": "upstream request timeout"}
""",
    """\
GET /notes/7 HTTP/1.1
Host: notes.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 7, "title": "what to do about ECONNREFUSED", "message": "connection refused"}
""",
)
