"""Remember the fields that a rejected write would have changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.core.state import Opens, State, Table, moment
from wirelint.core.visit import Visit
from wirelint.core.when import When
from wirelint.history.contents import LONGEST, Content, Contents
from wirelint.history.turns import in_turn
from wirelint.history.visits import Present

_MOST: Final = 1024
_MOST_FIELDS: Final = 64
_DEEPEST: Final = 3
# These say that the resource changed in between, or that the outcome is unknown.
_OPEN: Final = frozenset({408, 409, 412, 423, 424, 425, 499})


class RejectedWrite(NamedTuple):
    """A write that got 4xx, the GET before it, and the requested changes: field → hash of its new value.

    ``fields`` has only fields that had another value before.
    """

    visit: Visit
    seen: Visit
    fields: Mapping[str, int]


class Attempts:
    """The latest rejected PUT or PATCH of each resource, if both contents are JSON."""

    wants = When(method="PUT PATCH")
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._contents = state.recall(Contents)
        self._attempts: Table[int, RejectedWrite] = Table(_MOST)

    def of(self, exchange: Exchange) -> RejectedWrite | None:
        """Return the latest rejected write to an exchange's resource."""
        if not len(self._attempts):
            return None
        return self._attempts.get(self._state.visit(exchange).resource, moment(exchange))

    def concerns(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether a write to the resource of an exchange was rejected before."""
        return visit.resource in self._attempts and self._attempts.get(visit.resource, visit.ended) is not None

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record a rejected write."""
        status = exchange.status
        if status is None:
            return
        self._attempts.drop(visit.resource)
        if not 400 <= status < 500 or status in _OPEN:
            return
        before = self._contents.of(exchange)
        if before is None or not in_turn(before.visit, visit):
            return
        fields = _changes(exchange, before)
        if fields:
            self._attempts.keep(visit.resource, RejectedWrite(visit, before.visit, fields), visit.ended)

    def __len__(self) -> int:
        return len(self._attempts)


def write_was_rejected(state: State) -> Opens:
    """Return ``Attempts.concerns`` as a gate."""
    return state.recall(Attempts).concerns


def _changes(exchange: Exchange, before: Content) -> dict[str, int]:
    body = exchange.request.body
    if body.raw is None or len(body.raw) > LONGEST or body.members is None:
        return {}
    try:
        shown = msgspec.json.decode(before.octets)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    old = values(shown)
    return {name: value for name, value in values(body.members).items() if name in old and old[name] != value}


def values(document: Any) -> dict[str, int]:
    """Return hashes of the scalar values of a JSON object, by dotted path: the first 64, three levels deep."""
    found: dict[str, int] = {}
    if isinstance(document, dict):
        for name, value in _scalars(document, "", _DEEPEST):
            if len(found) >= _MOST_FIELDS:
                break
            found[name] = hash((type(value), value))
    return found


def _scalars(members: Mapping[str, Any], prefix: str, deep: int) -> Iterator[tuple[str, str | float]]:
    for name, value in members.items():
        if isinstance(value, str | int | float):
            yield f"{prefix}{name}", value
        elif isinstance(value, dict) and deep > 1:
            yield from _scalars(value, f"{prefix}{name}.", deep - 1)
