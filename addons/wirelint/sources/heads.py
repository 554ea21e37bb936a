"""Bound the heads that are audited. Every source skips and counts exchanges beyond these bounds.

Servers refuse far smaller heads: 8 KiB (Tomcat), 16 KiB (Node.js), 32 KiB (nginx), 60 KiB and 100 lines (Envoy).
"""

from __future__ import annotations

from typing import Final

from wirelint.core.exchange import Exchange

LINES_LIMIT: Final = 2000
"""Most field lines of a head, or of the trailers."""
OCTETS_LIMIT: Final = 128 * 1024
"""Most octets of a head's names and values, with the request target or the reason phrase."""

NAME_LIMIT: Final = 256
"""Most octets of a name in a head of more than 8 KiB. The engine caches sets of names."""
_SMALL: Final = 8 * 1024

Fields = tuple[tuple[bytes, bytes], ...]


def octets(fields: Fields, more: int = 0) -> int | None:
    """Return the number of octets of a head, None if it is too large to audit.

    :param fields: the field lines.
    :param more: further octets, such as the request target.
    """
    if len(fields) > LINES_LIMIT:
        return None
    for name, value in fields:
        more += len(name) + len(value)
    if more > _SMALL and any(len(name) > NAME_LIMIT for name, _ in fields):
        return None
    return more if more <= OCTETS_LIMIT else None


def are_usual(exchange: Exchange) -> bool:
    """Return whether the heads and trailers of an exchange are small enough to audit."""
    request, response = exchange.request, exchange.response
    heads = [octets(request.headers.fields, len(request.target))]
    if response is not None:
        heads.append(octets(response.headers.fields, len(response.reason)))
        heads.append(octets(response.trailers.fields) if response.trailers is not None else 0)
    return None not in heads
