"""Remember answers to HEAD and GET of resources that are requested by HEAD."""

from __future__ import annotations

from typing import Final, NamedTuple

from wirelint.core.exchange import Exchange
from wirelint.core.state import Opens, State, Table, moment
from wirelint.core.visit import Visit
from wirelint.core.when import When
from wirelint.evidence.caches import from_cache
from wirelint.history.visits import Present

_MOST: Final = 2048
_LOOKED: Final = 60.0
_CONDITIONS: Final = (
    "if-none-match",
    "if-modified-since",
    "if-match",
    "if-unmodified-since",
    "if-range",
    "range",
)
# Temporary states, and HEAD that is not implemented.
_PASSING: Final = frozenset({206, 405, 408, 425, 429, 501, 502, 503, 504})
_NEGOTIATION: Final = ("accept", "accept-encoding", "accept-language", "accept-charset")


class Look(NamedTuple):
    """The answer to one HEAD or GET.

    ``length`` is Content-Length in bytes, ``coding`` is Content-Encoding. ``asked`` is a number for the accepted forms.
    """

    visit: Visit
    length: int | None
    etag: str | None
    coding: str | None
    asked: int

    @property
    def outcome(self) -> int:
        """Return the class of the status: 2, 4 or 5."""
        return (self.visit.status or 0) // 100

    def agrees(self, other: Look) -> bool:
        """Return whether two looks show the same state in one form: status, length, validator."""
        return (
            self.visit.status == other.visit.status
            and self.length == other.length
            and self.etag == other.etag
            and self.coding == other.coding
            and self.asked == other.asked
        )


def look_of(exchange: Exchange, visit: Visit) -> Look | None:
    """Return the look of a HEAD or GET; None if it was conditional, for a part, or not answered by the service."""
    response, fields = exchange.response, exchange.request.headers
    if response is None or exchange.failure is not None:
        return None
    status = response.status
    if status in _PASSING or not (200 <= status < 300 or 400 <= status < 600):
        return None
    if any(name in fields for name in _CONDITIONS) or from_cache(exchange):
        return None
    headers = response.headers
    length = (headers.get("content-length") or "").strip()
    tag = (headers.get("etag") or "").strip()[:128]
    return Look(
        visit,
        int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None,
        tag if tag.startswith('"') else None,
        headers.get("content-encoding"),
        hash(tuple(map(fields.get, _NEGOTIATION))),
    )


class Looks:
    """The latest two looks of each resource; consecutive equal ones count as one. The first is a HEAD."""

    wants = When(method="GET HEAD")
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._looks: Table[int, tuple[Look, ...]] = Table(_MOST, _LOOKED)

    def of(self, exchange: Exchange) -> tuple[Look, ...]:
        """Return at most two looks at an exchange's resource within a minute, the older first."""
        if not len(self._looks):
            return ()
        return self._looks.get(self._state.visit(exchange).resource, moment(exchange)) or ()

    def concerns(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether the resource of an exchange was requested by HEAD within a minute."""
        return visit.resource in self._looks and self._looks.get(visit.resource, visit.ended) is not None

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record a look."""
        method = exchange.request.method
        if method == "GET" and not len(self._looks):
            return
        before = self._looks.get(visit.resource, visit.ended) or ()
        if method == "GET" and not before:
            return
        look = look_of(exchange, visit)
        if look is None:
            self._looks.drop(visit.resource)
            return
        if before and before[-1].visit.method == method and before[-1].agrees(look):
            before = before[:-1]
        self._looks.keep(visit.resource, (*before[-1:], look), visit.ended)

    def __len__(self) -> int:
        return len(self._looks)


def was_looked_at(state: State) -> Opens:
    """Return ``Looks.concerns`` as a gate."""
    return state.recall(Looks).concerns
