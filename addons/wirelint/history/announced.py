"""Remember resources that services announced: by Location, or by the id of a created one."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import quote

from wirelint.core.exchange import Exchange, Response
from wirelint.core.methods import UNSAFE
from wirelint.core.state import State, Table, moment
from wirelint.core.visit import Visit
from wirelint.core.when import When
from wirelint.evidence.lifecycle import is_unfinished
from wirelint.evidence.locations import location
from wirelint.history.visits import Present, resource_of

_MOST: Final = 4096
_STATUSES: Final = frozenset({201, 202, 302, 303})
_LONGEST_ID: Final = 128


class Announcement(NamedTuple):
    """The answer to a write that announced a resource.

    ``named``: it had the resource's address, not just an id. ``created``: it was 201, and did not say that the resource
    comes later.
    """

    visit: Visit
    named: bool
    created: bool


class Announced:
    """The latest announcement of each resource."""

    wants = When(status="201 202 302 303", method=UNSAFE)
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._places: Table[int, Announcement] = Table(_MOST)

    def of(self, exchange: Exchange) -> Announcement | None:
        """Return the latest announcement of an exchange's resource."""
        if not len(self._places):
            return None
        return self._places.get(self._state.visit(exchange).resource, moment(exchange))

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record the announcement in the answer to a write."""
        response = exchange.response
        if response is None:
            return
        target, named = location(exchange), True
        if target is None:
            target, named = _by_id(exchange, response), False
        if target is not None:
            announcement = Announcement(visit, named, response.status == 201 and _is_done(response))
            self._places.keep(resource_of(exchange, target), announcement, visit.ended)

    def __len__(self) -> int:
        return len(self._places)


def _by_id(exchange: Exchange, response: Response) -> str | None:
    """Return the path of a resource that a POST created in a collection, from the collection's path and the new id."""
    request = exchange.request
    if request.method != "POST" or response.status != 201 or request.query or "location" in response.headers:
        return None
    members = response.body.members
    made = members.get("id") if members is not None else None
    if isinstance(made, bool) or not isinstance(made, int | str) or not 0 < len(str(made)) <= _LONGEST_ID:
        return None
    return f"{request.path.rstrip('/')}/{quote(str(made), safe='')}"


def _is_done(response: Response) -> bool:
    return "retry-after" not in response.headers and not is_unfinished(response.body.text or "")
