"""Keep the services that cannot be connected to, from the first exchange that fails so until the next response."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from wirelint.core.audit import Audit
from wirelint.core.exchange import Direction, Failure
from wirelint.sinks.metrics.budget import label_value, may_be_named
from wirelint.sinks.metrics.families import Families, gauge
from wirelint.sinks.outcomes import is_unreachable

PAUSE: Final = 60.0
"""Seconds between two notices about one service, so that one that comes and goes does not fill the terminal."""


class _Down(msgspec.Struct):
    """A service that cannot be reached: its address, the reason, since when (Unix seconds), failed exchanges."""

    address: str
    reason: str
    since: float
    announced: bool
    count: int = 1


class Reachability:
    """Keep the services that cannot be connected to, and announce each at once.

    A host that a client of a forward proxy chose is followed once it has answered: before that, it may be made up.

    Attributes:
        hints: what to do, by the reason of a failure.

    :param announce: called with ``NAME: cannot connect to ADDRESS (REASON)``, and later with ``NAME: answers again``.
    :param services: most services to follow; further ones are not announced.
    :param clock: the wall clock in Unix seconds, for exchanges that carry no time.
    """

    def __init__(
        self, announce: Callable[[str], None], *, services: int = 100, clock: Callable[[], float] = time.time
    ) -> None:
        self.hints: Mapping[str, str] = {}
        self._announce = announce
        self._most = services
        self._clock = clock
        self._lock = threading.Lock()
        self._down: dict[str, _Down] = {}
        self._answered: set[str] = set()
        self._announced: dict[str, float] = {}

    def accept(self, audit: Audit) -> None:
        """Note whether the service of one exchange could be reached."""
        exchange = audit.exchange
        service, failure = exchange.service, exchange.failure
        if exchange.response is not None:
            if service in self._down:
                with self._lock:
                    down = self._down.pop(service)
                if down.announced:
                    self._announce(f"{label_value(service)}: answers again")
            elif exchange.direction is Direction.OUTBOUND and len(self._answered) < self._most:
                self._answered.add(service)
        elif failure is not None and is_unreachable(exchange) and (may_be_named(exchange) or service in self._answered):
            self._fail(service, failure, self._clock() if exchange.timestamp is None else exchange.timestamp)

    def now(self) -> list[dict[str, Any]]:
        """Return the services that cannot be reached, as plain values."""
        with self._lock:
            return [
                {
                    "service": label_value(service),
                    "address": down.address,
                    "reason": down.reason,
                    "since": down.since,
                    "count": down.count,
                }
                for service, down in self._down.items()
            ]

    def collect(self) -> Families:
        """Yield the number of services that cannot be reached, as a metric."""
        with self._lock:
            number = len(self._down)
        yield gauge("unreachable_services", "Services that refuse connections or cannot be reached.", number)

    def _fail(self, service: str, failure: Failure, at: float) -> None:
        down = self._down.get(service)
        if down is not None:
            down.count += 1
            return
        if len(self._down) >= self._most:
            return
        last = self._announced.get(service)
        announced = last is None or at - last >= PAUSE
        reason = failure.message or str(failure.kind)
        down = _Down(label_value(failure.address or service), label_value(reason), at, announced)
        with self._lock:
            self._down[service] = down
        if announced:
            if len(self._announced) >= self._most:
                del self._announced[next(iter(self._announced))]
            self._announced[service] = at
            why = f" ({down.reason})" if down.reason != "cannot connect" else ""
            hint = self.hints.get(reason)
            text = f"{label_value(service)}: cannot connect to {down.address}{why}"
            self._announce(text if hint is None else f"{text}: {hint}")
