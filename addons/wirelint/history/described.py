"""The services whose traffic an API description describes, and those among them that are sent credentials."""

from __future__ import annotations

from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.state import State, Table
from wirelint.core.visit import Visit
from wirelint.core.when import When
from wirelint.evidence.contract import operation
from wirelint.evidence.credentials import is_anonymous
from wirelint.history.visits import Present

_MOST: Final = 1024
_LASTS: Final = 86_400.0


class Described:
    """Services with at least one documented request that succeeded.

    A document that is given for all services may describe only one of them. Recorders may remove credentials: a request
    without one counts only if other requests have some.
    """

    wants = When(status="2xx")
    view = Present

    def __init__(self, state: State) -> None:
        self._services: Table[str, bool] = Table(_MOST, _LASTS)

    def is_described(self, service: str, now: float) -> bool:
        """Return whether a documented operation of a service succeeded."""
        return self._services.get(service, now) is not None

    def is_sent_credentials(self, service: str, now: float) -> bool:
        """Return whether a secured operation of a service succeeded with a credential."""
        return self._services.get(service, now) is True

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Keep the service of a documented operation."""
        asked = operation(exchange)
        if asked is None:
            return
        known = self._services.get(exchange.service, visit.ended)
        if known is None or (asked.secured and not known):
            self._services.keep(exchange.service, asked.secured and not is_anonymous(exchange), visit.ended)

    def __len__(self) -> int:
        return len(self._services)
