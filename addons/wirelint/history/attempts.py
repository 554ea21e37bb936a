"""Which fields a rejected write would have changed, had it been accepted."""

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
# These say that the resource has changed meanwhile, or that the outcome is open.
_OPEN: Final = frozenset({408, 409, 412, 423, 424, 425, 499})


class RejectedWrite(NamedTuple):
    """A write that was answered 4xx, the GET before it, and what it asked for: field → what stands for its new value.

    Only fields that were there before with another value are among ``fields``.
    """

    visit: Visit
    seen: Visit
    fields: Mapping[str, int]


class Attempts:
    """The latest rejected PUT or PATCH by resource, where its content is JSON and so is that of the resource."""

    wants = When(method="PUT PATCH")
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._contents = state.recall(Contents)
        self._attempts: Table[int, RejectedWrite] = Table(_MOST)

    def of(self, exchange: Exchange) -> RejectedWrite | None:
        """The write to the resource of an exchange that was rejected last."""
        if not len(self._attempts):
            return None
        return self._attempts.get(self._state.visit(exchange).resource, moment(exchange))

    def concerns(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether a write to the resource of an exchange was rejected before."""
        return visit.resource in self._attempts and self._attempts.get(visit.resource, visit.ended) is not None

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Keep a write that was rejected."""
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
    """See ``Attempts.concerns``."""
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
    """What stands for the scalar values of a JSON object, by dotted path: of the first 64, three levels deep."""
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
