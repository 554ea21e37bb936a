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
_UNKNOWN: Final = object()
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
        facts = own.get(_HERE)
        if facts is None:
            facts = own[_HERE] = _facts(exchange)
        value: T = facts.get(name, _UNKNOWN)
        if value is _UNKNOWN:
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
    if sum([_octets(*field) for field in fields]) > _LONGEST:
        return {}
    return _known(response.status, fields, raw)


def _octets(name: str, value: bytes | tuple[bytes, ...]) -> int:
    """Return the size of a field, which may have several lines. Cached values must be short."""
    return len(name) + (len(value) if isinstance(value, bytes) else sum(map(len, value)))


@functools.lru_cache(maxsize=_MOST)
def _known(status: int, fields: tuple[Any, ...], raw: bytes) -> dict[str, Any]:  # noqa: ARG001 - the key
    """Return the cached facts about an answer: none the first time."""
    return {}
