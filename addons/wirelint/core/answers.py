"""Cache facts about errors for all equal responses."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from wirelint.core.exchange import Exchange
from wirelint.core.trace import TRACING

PASSING: Final = TRACING | {
    "age", "cf-ray", "content-length", "date", "etag", "expires", "last-modified", "report-to", "server-timing",
    "set-cookie", "x-amz-cf-id", "x-amz-id-2", "x-amz-request-id", "x-amzn-requestid", "x-amzn-trace-id",
    "x-correlation-id", "x-ms-request-id", "x-request-id", "x-response-time", "x-runtime",
}  # fmt: skip
"""Response fields that differ in every response."""

_LONGEST: Final = 2048
_MOST: Final = 512
_KNOWN: Final[dict[tuple[int, tuple[Any, ...], bytes], dict[str, Any]]] = {}
"""What was found out about errors of late, by status, fields and content."""
_HERE: Final = f"{__name__}.facts"


def once_per_answer[T](fact: Callable[[Exchange], T]) -> Callable[[Exchange], T]:
    """Run a pure function of a response once for all equal errors, because services repeat a few of them.

    The function may depend on the status, the content and the response's fields other than ``PASSING``. It must not
    depend on the request, on the service or on settings. For other facts use ``core.once``.
    """
    name = f"{fact.__module__}.{fact.__qualname__}"

    @functools.wraps(fact)
    def remembered(exchange: Exchange) -> T:
        own = exchange.__dict__
        facts = own[_HERE] if _HERE in own else own.setdefault(_HERE, _facts(exchange))
        if name in facts:
            value: T = facts[name]
            return value
        value = facts[name] = fact(exchange)
        return value

    return remembered


def _facts(exchange: Exchange) -> dict[str, Any]:
    response = exchange.response
    if response is None or response.status < 400:
        return {}
    body = response.body
    raw = body.raw
    if raw is None or len(raw) > _LONGEST or body.coding or not body.complete:
        return {}
    fields = tuple([field for field in response.headers.index.items() if field[0] not in PASSING])
    key = (response.status, fields, raw)
    facts = _KNOWN.get(key)
    if facts is None:
        facts = {}
        if sum([_octets(*field) for field in fields]) <= _LONGEST:  # what is kept must be short
            if len(_KNOWN) >= _MOST:
                _KNOWN.clear()
            _KNOWN[key] = facts
    return facts


def _octets(name: str, value: bytes | tuple[bytes, ...]) -> int:
    """Return the size of a field, which may have several lines."""
    return len(name) + (len(value) if isinstance(value, bytes) else sum(map(len, value)))
