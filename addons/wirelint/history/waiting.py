"""Remember clients that were asked to wait, and on which routes."""

from __future__ import annotations

from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.state import Opens, State, Table
from wirelint.core.visit import Visit
from wirelint.core.when import When
from wirelint.history.visits import Present

_MOST: Final = 4096


class Waiting:
    """Refusals by 429 and 503 with a time to wait, by client and route, for any method and service."""

    wants = When(status="429 503")
    view = Present

    def __init__(self, state: State) -> None:
        self._asked: Table[tuple[int, str], bool] = Table(_MOST)

    def holds(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether the client of an exchange was asked to wait before, on its route."""
        return len(self._asked) > 0 and self._asked.get((visit.client, visit.route), visit.ended) is not None

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record a refusal that says how long to wait."""
        if visit.wait is not None:
            self._asked.keep((visit.client, visit.route), True, visit.ended)

    def __len__(self) -> int:
        return len(self._asked)


def was_asked_to_wait(state: State) -> Opens:
    """Return ``Waiting.holds`` as a gate."""
    return state.recall(Waiting).holds
