"""Remember the recent content of resources: successful GETs, within a limit."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

from wirelint.core.exchange import Exchange
from wirelint.core.media import Kind
from wirelint.core.state import WINDOW, State, moment
from wirelint.core.visit import Visit
from wirelint.core.when import When
from wirelint.evidence.caches import from_cache
from wirelint.history.visits import Present

LONGEST: Final = 16 * 1024
"""Most octets of a content that is kept."""

_MOST: Final = 4096
_MOST_BYTES: Final = 4 * 1024 * 1024
_KINDS: Final = frozenset({Kind.JSON, Kind.XML})
_BARE: Final = frozenset({b"{}", b"[]", b"null", b'""'})


class Content(NamedTuple):
    """The content of a GET."""

    visit: Visit
    octets: bytes


def content_of(exchange: Exchange) -> bytes | None:
    """Return the data of a resource in a response; None if it is none, too long, or from a cache.

    Pages do not count: the same page may be served under every path.
    """
    response = exchange.response
    if exchange.status != 200 or response is None or response.headers.media_type.kind not in _KINDS:
        return None
    body = response.body
    if not body.raw or len(body.raw) > LONGEST or from_cache(exchange):
        return None
    content = body.content
    if not content or len(content) > LONGEST or not body.complete or (len(content) < 8 and content.strip() in _BARE):
        return None
    return content


class Contents:
    """The latest content of each resource."""

    wants = When(status="200", method="GET")
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._latest: OrderedDict[int, Content] = OrderedDict()
        self._held = 0
        self._due = float("-inf")  # nothing has expired until then

    def of(self, exchange: Exchange) -> Content | None:
        """Return the latest content of an exchange's resource."""
        content = self._latest.get(self._state.visit(exchange).resource)
        return None if content is None or content.visit.ended < moment(exchange) - WINDOW else content

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record the content of a GET; content that cannot be kept removes the earlier one."""
        octets = content_of(exchange) if visit.succeeded else None
        self._drop(visit.resource)
        if octets is None:
            return
        self._latest[visit.resource] = Content(visit, octets)
        self._held += len(octets)
        if visit.ended > self._due:
            oldest, content = next(iter(self._latest.items()))
            self._due = content.visit.ended + WINDOW
            if visit.ended > self._due:
                self._drop(oldest)
        while len(self._latest) > _MOST or self._held > _MOST_BYTES:
            self._drop(next(iter(self._latest)))

    def _drop(self, resource: int) -> None:
        content = self._latest.pop(resource, None)
        if content is not None:
            self._held -= len(content.octets)

    def __len__(self) -> int:
        return len(self._latest)
