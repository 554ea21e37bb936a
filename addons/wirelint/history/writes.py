"""Where something was written, so that rules can tell a resource that changed by itself from one that was changed.

A write concerns what it is sent to, but also what lies below (an order's lines go with the order) and what lies above
(``POST /orders/7/restore``). What had no effect by its own account, a 4xx, is none.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.methods import SAFE
from wirelint.core.state import WINDOW, State
from wirelint.core.verdict import Verdict
from wirelint.core.visit import Visit
from wirelint.core.when import When
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.history.visits import resource_of, visit_of

_MOST_PLACES: Final = 8192
_DEEPEST: Final = 12
_LONGEST: Final = 2048
# Calls whose path says nothing about what they change.
_ANYWHERE: Final = frozenset(
    {
        Protocol.GRAPHQL,
        Protocol.JSON_RPC,
        Protocol.XML_RPC,
        Protocol.SOAP,
        Protocol.GRPC,
        Protocol.BATCH,
        Protocol.BULK,
    }
)
# By these, all that there is may come and go: tests set their fixtures up anew, backups are played back.
_resetting: Final = re.compile(
    r"/[\w-]{0,32}(?:reset|restor|recover|seed|fixture|rollback|import|snapshot|undelet|migrat|sync)", re.IGNORECASE
)
# One of these stands in all that ``_resetting`` finds, and hardly ever in a path.
_RESETTING_STEMS: Final = (
    "reset", "restor", "recover", "seed", "fixture", "rollback", "import", "snapshot", "undelet", "migrat", "sync",
)  # fmt: skip
_removing: Final = re.compile(
    r"delet|remov|purg|clear|cancel|reset|trunc|destroy|archiv|prune|batch|bulk|flush|wipe|drop", re.IGNORECASE
)


class _Place:
    """The latest writes to a path, to anything below it, and such as take away what is below it."""

    __slots__ = ("at", "below", "removal", "when")

    def __init__(self, when: float) -> None:
        self.at: Visit | None = None
        self.below: Visit | None = None
        self.removal: Visit | None = None
        self.when = when


class Writes:
    """The latest writes by path, queries left out."""

    wants = When(status="none 1xx 2xx 3xx 5xx")

    def __init__(self, state: State) -> None:
        self._state = state
        self._places: OrderedDict[int, _Place] = OrderedDict()
        self._forgotten = float("-inf")
        self._oldest = float("-inf")  # no place is older than that

    def touched(self, exchange: Exchange, since: Visit) -> bool:
        """Whether the resource of an exchange may have been changed: by a write to it, above or below.

        :param since: the visit after which writes count; itself it does not.
        """
        own, above = self._around(exchange)
        if since.ended <= self._forgotten:
            return True
        found = [place.at for place in above]
        if own is not None:
            found += (own.at, own.below)
        return any(_is_later(write, since) for write in found)

    def removed(self, exchange: Exchange, since: Visit) -> bool:
        """Whether the resource of an exchange may have been taken away: by a write to it or below, a removal above.

        :param since: the visit after which writes count; itself it does not.
        """
        own, above = self._around(exchange)
        if since.ended <= self._forgotten:
            return True
        found = [place.removal for place in above]
        if own is not None:
            found += (own.at, own.below, own.removal)
        return any(_is_later(write, since) for write in found)

    def _around(self, exchange: Exchange) -> tuple[_Place | None, list[_Place]]:
        *above, own = (self._places.get(resource_of(exchange, path)) for path in _paths(exchange.request.path))
        return own, [place for place in above if place is not None]

    def note(self, exchange: Exchange, verdict: Verdict) -> None:
        """Add an exchange, if it may have changed something."""
        request = exchange.request
        if request.method in SAFE:
            return
        visit = visit_of(exchange, self._state, verdict)
        anywhere = _resets(request.path[:_LONGEST]) or protocol(exchange) in _ANYWHERE
        paths = list(_paths("/" if anywhere else request.path))
        for above in paths[:-1]:
            self._place(exchange, above, visit).below = visit
        own = self._place(exchange, paths[-1], visit)
        own.at = visit
        if request.method == "DELETE" or anywhere:
            own.removal = visit
        elif _removing.search(paths[-1].rpartition("/")[2]) or _removing.search(request.query[:_LONGEST]):
            own.removal = visit
            if len(paths) > 1:  # POST /orders/purge
                self._place(exchange, paths[-2], visit).removal = visit

    def _place(self, exchange: Exchange, path: str, visit: Visit) -> _Place:
        places, key = self._places, resource_of(exchange, path)
        place = places.get(key)
        if place is None:
            place = places[key] = _Place(visit.ended)
        else:
            places.move_to_end(key)
            place.when = visit.ended
        self._age(visit.ended)
        return place

    def _age(self, now: float) -> None:
        """Let go of a place that has expired, or of the oldest where there are too many."""
        places = self._places
        if len(places) > _MOST_PLACES:
            self._forgotten = max(self._forgotten, places.popitem(last=False)[1].when)
        elif self._oldest < now - WINDOW:
            self._oldest = next(iter(places.values())).when
            if self._oldest < now - WINDOW:
                places.popitem(last=False)

    def __len__(self) -> int:
        return len(self._places)


def _resets(path: str) -> bool:
    folded = path.lower()
    return any(stem in folded for stem in _RESETTING_STEMS) and _resetting.search(path) is not None


def _paths(path: str) -> Iterator[str]:
    """The path and those above it, the shortest first; a slash at the end makes no difference."""
    path = path[:_LONGEST].rstrip("/")
    at = 0
    for _ in range(_DEEPEST):
        yield path[:at]
        if at >= len(path):
            return
        at = path.find("/", at + 1)
        if at < 0:
            at = len(path)
    yield path[:at]


def _is_later(write: Visit | None, since: Visit) -> bool:
    return write is not None and write is not since and write.ended >= since.ended
