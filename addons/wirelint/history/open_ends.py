"""Remember requests that may have taken effect although they failed."""

from __future__ import annotations

from typing import Final

from wirelint.core.exchange import Exchange, FailureKind
from wirelint.core.state import Opens, State, Table
from wirelint.core.visit import Visit
from wirelint.core.when import When
from wirelint.history.visits import Present

_MOST: Final = 4096
_UNSENT: Final = frozenset({FailureKind.CONNECT, FailureKind.TLS})


def is_open(visit: Visit) -> bool:
    """Return whether a request may have taken effect although it failed."""
    if visit.status is not None:
        return visit.status >= 500 and visit.wait is None
    return visit.failure not in _UNSENT


class OpenEnds:
    """Failed POST and PATCH with an unknown outcome: target and content of each."""

    wants = When(status="none 5xx", method="POST PATCH")
    view = Present

    def __init__(self, state: State) -> None:
        self._requests: Table[int, bool] = Table(_MOST)

    def holds(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether the same request had an unknown outcome before, by any client."""
        return visit.request is not None and self._requests.get(visit.request, visit.ended) is not None

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Record a request with an unknown outcome."""
        if visit.request is not None and is_open(visit):
            self._requests.keep(visit.request, True, visit.ended)

    def __len__(self) -> int:
        return len(self._requests)


def was_left_open(state: State) -> Opens:
    """Return ``OpenEnds.holds`` as a gate."""
    return state.recall(OpenEnds).holds
