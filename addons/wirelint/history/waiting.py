"""Which clients were told to wait, and on which routes."""

from __future__ import annotations

from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.state import State, Table
from wirelint.core.verdict import Verdict
from wirelint.core.when import When
from wirelint.history.visits import visit_of

_MOST: Final = 4096


class Waiting:
    """Refusals by 429 and 503 with a time to wait, by client and route, whichever the method and the service."""

    wants = When(status="429 503")

    def __init__(self, state: State) -> None:
        self._state = state
        self._told: Table[tuple[int, str], bool] = Table(_MOST)

    def holds(self, exchange: Exchange) -> bool:
        """Whether the client of an exchange was told to wait before, on its route."""
        if not len(self._told):
            return False
        visit = visit_of(exchange, self._state)
        return self._told.get((visit.client, visit.route), visit.ended) is not None

    def note(self, exchange: Exchange, verdict: Verdict) -> None:
        """Keep a refusal that says how long to wait."""
        visit = visit_of(exchange, self._state, verdict)
        if visit.wait is not None:
            self._told.keep((visit.client, visit.route), True, visit.ended)

    def __len__(self) -> int:
        return len(self._told)


def was_told_to_wait(exchange: Exchange, state: State) -> bool:
    """See ``Waiting.holds``."""
    return state.recall(Waiting).holds(exchange)
