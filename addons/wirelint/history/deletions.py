"""Remember deletions of resources that had been seen before."""

from __future__ import annotations

from typing import Final, NamedTuple

from wirelint.core.exchange import Exchange, Response
from wirelint.core.state import Opens, State, Table, moment
from wirelint.core.visit import Visit
from wirelint.core.when import When
from wirelint.evidence.failing import holds_error
from wirelint.evidence.lifecycle import is_unfinished
from wirelint.history.contents import Contents
from wirelint.history.turns import in_turn
from wirelint.history.visits import Present

_MOST: Final = 2048
_ASYNCHRONOUS: Final = ("location", "operation-location", "azure-asyncoperation", "retry-after")


class Deletion(NamedTuple):
    """A successful DELETE, the GET by the same caller before it, and a number for its content."""

    visit: Visit
    seen: Visit
    content: int


class Deletions:
    """The latest deletion of each resource that is a single thing and, by the answer, deleted."""

    wants = When(method="DELETE")
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._contents = state.recall(Contents)
        self._deletions: Table[int, Deletion] = Table(_MOST)

    def of(self, exchange: Exchange) -> Deletion | None:
        """Return the deletion of an exchange's resource."""
        if not len(self._deletions):
            return None
        return self._deletions.get(self._state.visit(exchange).resource, moment(exchange))

    def concerns(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether the resource of an exchange was deleted before."""
        return visit.resource in self._deletions and self._deletions.get(visit.resource, visit.ended) is not None

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record a DELETE of something that existed; the latest one counts."""
        response = exchange.response
        if response is None:
            return
        self._deletions.drop(visit.resource)
        if response.status not in (200, 204):
            return
        before = self._contents.of(exchange)
        if (
            before is not None
            and visit.succeeded
            and names_one(exchange, visit)
            and is_done(exchange, response)
            and in_turn(before.visit, visit)
        ):
            self._deletions.keep(visit.resource, Deletion(visit, before.visit, hash(before.octets)), visit.ended)

    def __len__(self) -> int:
        return len(self._deletions)


def was_deleted(state: State) -> Opens:
    """Return ``Deletions.concerns`` as a gate."""
    return state.recall(Deletions).concerns


def names_one(exchange: Exchange, visit: Visit) -> bool:
    """Return whether a request is about one whole thing: its path ends in an id, without query or content.

    After DELETE, a collection or a setting still exists.
    """
    request = exchange.request
    return not request.query and request.body.empty and visit.route.rpartition("/")[2].startswith("{")


def is_done(exchange: Exchange, response: Response) -> bool:
    """Return whether a response says neither that it failed nor that the work is still to be done.

    The status for pending work is 202 (RFC 9110 §9.3.5), but services use others, too.
    """
    body = response.body
    if any(name in response.headers for name in _ASYNCHRONOUS) or body.unavailable is not None:
        return False
    return not is_unfinished(body.text or "") and not holds_error(exchange)
