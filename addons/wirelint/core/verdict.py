"""Decide the actual outcome of an exchange, whatever its status line says."""

from __future__ import annotations

import enum
from typing import Final

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, FailureKind
from wirelint.core.media import Kind

_SPEAKING: Final = frozenset({Kind.JSON, Kind.XML, Kind.GRPC})
"""Content that can contradict its status line; if it is unknown, so is the outcome."""


class Verdict(enum.StrEnum):
    """The actual outcome; ``unknown`` never counts as ok."""

    OK = "ok"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    UNKNOWN = "unknown"


_OK: Final = Verdict.OK


def of_status(status: int) -> Verdict:
    """Return the outcome that a status code claims (RFC 9110 §15)."""
    if 400 <= status < 500:
        return Verdict.CLIENT_ERROR
    if 500 <= status < 600:
        return Verdict.SERVER_ERROR
    return Verdict.OK if 100 <= status < 400 else Verdict.UNKNOWN


def presumed(exchange: Exchange) -> Verdict:
    """Return the verdict unless a finding implies another one."""
    response, failure = exchange.response, exchange.failure
    if failure is not None and failure.kind is not FailureKind.CLIENT_GONE:
        return Verdict.SERVER_ERROR
    if response is None:
        return Verdict.UNKNOWN
    status = response.status
    if not 200 <= status < 300:
        return of_status(status)
    body = response.body
    if not body.complete and response.headers.media_type.kind in _SPEAKING and _might_contradict(body):
        return Verdict.UNKNOWN
    return _OK


def _might_contradict(body: Body) -> bool:
    """Return whether the unseen rest may have an error: that of a truncated object, not of a list."""
    return body.unavailable is not None or (not body.complete and (body.content or b"").lstrip()[:1] == b"{")
