"""Compare an exchange with the service's API description: the operation, the documented answer, broken schemas.

All of it is None or empty without a description (``Knowledge.contract``), and where content cannot be judged: truncated,
undecodable, no JSON.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import unquote_plus

from wirelint.core.body import Body
from wirelint.core.contract import Breach, Check, Contract, DocumentedContent, DocumentedOperation, Located, Parameter
from wirelint.core.exchange import Exchange, Request
from wirelint.core.json_parts import NOTHING
from wirelint.core.knowledge import known
from wirelint.core.media import Kind
from wirelint.core.once import once

REQUIRED: Final = "required"
"""The keyword of schemas that names members which must be there."""


class DocumentedAnswer(NamedTuple):
    """The documented answer of an operation for the status of an exchange.

    :param key: ``200``, ``4XX`` or ``default``.
    """

    operation: DocumentedOperation
    key: str
    content: DocumentedContent


def contract(exchange: Exchange) -> Contract | None:
    """Return the description of the service of an exchange."""
    return known(exchange).contract


@once
def located(exchange: Exchange) -> Located | None:
    """Return what is documented of the path and the method of a request; None if the path is not documented."""
    promised = contract(exchange)
    if promised is None:
        return None
    request = exchange.request
    found = promised.locate(request.method, request.path)
    if found is not None and found.operation is None and request.method == "HEAD":
        # A GET implies it (RFC 9110 section 9.3.2).
        return promised.locate("GET", request.path)
    return found


def operation(exchange: Exchange) -> DocumentedOperation | None:
    """Return the documented operation of a request."""
    found = located(exchange)
    return None if found is None else found.operation


def is_undocumented(exchange: Exchange) -> bool:
    """Return whether the path of a request is not documented."""
    return located(exchange) is None


def is_secured(exchange: Exchange) -> bool:
    """Return whether the operation of a request is documented to demand a credential."""
    asked = operation(exchange)
    return asked is not None and asked.secured


@once
def answer(exchange: Exchange) -> DocumentedAnswer | None:
    """Return the documented answer for the status of an exchange."""
    asked, response = operation(exchange), exchange.response
    if asked is None or response is None:
        return None
    key = asked.answer(response.status)
    return None if key is None else DocumentedAnswer(asked, key, asked.answers[key])


@once
def response_breaches(exchange: Exchange) -> tuple[Breach, ...]:
    """Return how the content of a response breaks its documented schema."""
    documented, response = answer(exchange), exchange.response
    if documented is None or response is None or exchange.failure is not None:
        return ()
    media = response.headers.media_type
    if media.kind is not Kind.JSON:
        return ()
    return _breaches(documented.content.check(media.essence), response.body)


@once
def request_breaches(exchange: Exchange) -> tuple[Breach, ...]:
    """Return how the content of a request breaks its documented schema."""
    asked = operation(exchange)
    media = exchange.request.headers.media_type
    if asked is None or media.kind is not Kind.JSON:
        return ()
    return _breaches(asked.request.check(media.essence), exchange.request.body)


@once
def lacking(exchange: Exchange) -> tuple[str, ...]:
    """Return the required content and parameters that a request lacks, in words."""
    asked, request = operation(exchange), exchange.request
    if asked is None or not (asked.required or asked.request.required):
        return ()
    content = ("content",) if asked.request.required and request.body.empty else ()
    return content + tuple([f"{each.place} {each.name}" for each in asked.required if not _is_sent(request, each)])


def _is_sent(request: Request, parameter: Parameter) -> bool:
    name = parameter.name
    if parameter.place != "query":
        return name in request.headers
    if f"&{name}=" in f"&{request.query}":
        return True
    # Objects in a query have names of their own: filter[a].
    sent = {unquote_plus(pair.partition("=")[0]).partition("[")[0] for pair in request.query.split("&")}
    return name.partition("[")[0] in sent


def differs(exchange: Exchange) -> bool:  # noqa: PLR0911 - one difference after the other
    """Return whether anything in an exchange is not as documented, or documented as worth a note.

    The rules that need no other exchange share this condition: each of them is silent if it does not hold. It is tested
    once for each exchange, so it takes the shortest way to what the facts above say one by one.
    """
    found, response = located(exchange), exchange.response
    if found is None or response is None:
        return False
    asked, status = found.operation, response.status
    if asked is None or asked.deprecated or asked.failures:
        return True
    key = asked.answer(status)
    if key is None:
        return bool(asked.answers)
    documented, media = asked.answers[key], response.headers.media_type
    if documented.media and media.essence:
        known = documented.range_of(media.essence)
        if known is None:
            return True
        if media.kind is Kind.JSON and exchange.failure is None and _breaches(documented.media[known], response.body):
            return True
    if status >= 300:
        return False
    if (asked.required or asked.request.required) and lacking(exchange):
        return True
    return bool(asked.request.media and request_breaches(exchange))


def _breaches(check: Check | None, body: Body) -> tuple[Breach, ...]:
    if check is None or body.empty or not body.complete:
        return ()
    value = body.json
    return () if value is NOTHING else check(value)


def described(breach: Breach) -> str:
    """Return a breach in words that quote nothing of the content."""
    return f"{breach.expected} expected at {breach.where or 'the top'}, {breach.found} found"
