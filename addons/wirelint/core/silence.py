"""Skip content that was read a moment ago, in an equal answer to an equal request, and in which no rule found anything.

Polls, health checks and popular resources make most traffic, and their answers are mostly equal.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from wirelint.core.answers import PASSING
from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Response
from wirelint.core.quiet import likeness

_LASTS: Final = 5.0
_LONGEST: Final = 16 * 1024
_MOST: Final = 4096
_MOST_OCTETS: Final = 4 * 1024 * 1024

_Fields = list[tuple[str, bytes | tuple[bytes, ...] | None]]


class _Read(NamedTuple):
    """A response without findings, and when its request began."""

    at: float
    fields: _Fields
    body: Body


class Silence:
    """The latest responses without findings, by request; bounded in number and octets."""

    __slots__ = ("_octets", "_read")

    def __init__(self) -> None:
        self._read: dict[int, _Read | None] = {}  # None for a request that came once: most do not come again
        self._octets = 0

    def holds(self, exchange: Exchange, response: Response) -> bool:
        """Return whether an equal response to an equal request was read within five seconds.

        Its content then also has the views of that one, so that nobody parses it again.
        """
        key = likeness(exchange)
        read = None if key is None else self._read.get(key)
        return (
            read is not None
            and 0 <= exchange.started - read.at < _LASTS
            and _fields(response) == read.fields
            and response.body.shares(read.body)
        )

    def keep(self, exchange: Exchange, response: Response) -> None:
        """Keep a response whose content was read without a finding, from the second one to equal requests on."""
        key, body = likeness(exchange), response.body
        if key is None or not body.complete or not body.raw or len(body.raw) > _LONGEST:
            return
        if len(self._read) >= _MOST or self._octets > _MOST_OCTETS:
            self._read.clear()
            self._octets = 0
        if key not in self._read:
            self._read[key] = None
            return
        before = self._read[key]
        self._octets += len(body.raw) - (0 if before is None else len(before.body.raw or b""))
        self._read[key] = _Read(exchange.started, _fields(response), body)


def _fields(response: Response) -> _Fields:
    """Return the fields of a response, without the values that differ in every one."""
    return [(name, None if name in PASSING else value) for name, value in response.headers.index.items()]
