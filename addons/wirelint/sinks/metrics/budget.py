"""Bound the number of time series, and fold label values once there is no room for more.

Prometheus keeps every combination of label values that it has ever scraped, so the number that wirelint exposes is
bounded whatever goes over the wire. Past a bound only the label that offends is folded to ``_other``; all others stay
exact.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Container, Sequence
from typing import Final

import msgspec

from wirelint.core.exchange import Direction, Exchange, FailureKind

OTHER: Final = "_other"
"""The label value that stands for all values that found no room."""

IDLE: Final = 3600.0
"""Seconds after which a service or a route that was not seen makes room for others."""

_PATIENCE: Final = 60.0
"""Seconds between two searches for room."""
_LONGEST_VALUE: Final = 200
_CONNECTED: Final = frozenset({FailureKind.TLS, FailureKind.RESET, FailureKind.PROTOCOL})


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds on label values and on series.

    ``services``: distinct values of ``service``. ``routes``: distinct values of ``route``, per service. ``series``:
    time series in all, a histogram counting one per bucket.
    """

    services: int = 100
    routes: int = 100
    series: int = 10_000


class Budget:
    """Decide which series may be added, and count folded values.

    Exchanges and failures matter most, so the others stop taking room earlier, and findings by route first. A tenth is
    kept back for the series that everything can be folded into.

    :param limits: the bounds.
    :param fixed: series that exist whatever comes.
    """

    def __init__(self, limits: Limits, fixed: int) -> None:
        self.used = fixed
        self.overflow: dict[str, int] = {"service": 0, "route": 0, "method": 0, "code": 0, "reason": 0}
        self._limits = limits
        self.vital = limits.series * 9 // 10
        self.useful = limits.series * 3 // 4
        self.findings = limits.series * 3 // 5
        self.routed = limits.series * 9 // 20
        self.timed = limits.series * 3 // 8
        self.zeros = limits.series * 3 // 10
        self._step = limits.series // 40
        self._services: set[str] = set()
        self._routes: dict[str, set[str]] = {}
        self._reasons: set[str] = set()
        self._searched = -math.inf

    @property
    def services(self) -> Collection[str]:
        """Return the services with their own value."""
        return self._services

    @property
    def routes(self) -> int:
        """Return the limit of routes per service with their own label."""
        return self._limits.routes

    @property
    def limit(self) -> int:
        """Return the limit of series."""
        return self._limits.series

    def crowded(self, service: str) -> bool:
        """Return whether there is no room for a service."""
        return service not in self._services and len(self._services) >= self._limits.services

    def full(self, service: str) -> bool:
        """Return whether there is no room for one more route of a service."""
        return self.used >= self.routed or len(self._routes.get(service, ())) >= self._limits.routes

    def may_search(self, now: float) -> bool:
        """Return whether it is time to look for labels that were not seen of late; then it counts as done.

        :param now: Unix seconds.
        """
        if abs(now - self._searched) < _PATIENCE:
            return False
        self._searched = now
        return True

    def forget(self, services: Collection[str], routes: Collection[tuple[str, str]] = ()) -> None:
        """Give back the values of services, and of routes (service, route)."""
        self._services.difference_update(services)
        for service in services:
            self._routes.pop(service, None)
        for service, template in routes:
            self._routes.get(service, set()).discard(template)

    def fold(self, label: str) -> str:
        """Return ``_other``, and count it for ``label``."""
        self.overflow[label] += 1
        return OTHER

    def service(self, name: str) -> tuple[str, bool]:
        """Return the value of ``service`` for a name, and whether it is seen for the first time."""
        if name in self._services:
            return name, False
        if len(self._services) >= self._limits.services:
            return self.fold("service"), False
        self._services.add(name)
        return name, True

    def route(self, service: str, template: str) -> str:
        """Return the value of ``route`` for a template of a service."""
        known = self._routes.setdefault(service, set())
        if template in known:
            return template
        if len(known) >= self._limits.routes:
            return self.fold("route")
        known.add(template)
        return template

    def reason(self, reason: str) -> str:
        """Return the value of ``reason``. Reasons are named by the code, so the bound only guards against a mistake."""
        if reason in self._reasons:
            return reason
        if len(self._reasons) >= 16:
            return self.fold("reason")
        self._reasons.add(reason)
        return reason

    def admit(
        self,
        there: Container[tuple[str, ...]],
        labels: tuple[str, ...],
        give: Sequence[tuple[int, str]],
        ceiling: int,
        cost: int = 1,
    ) -> tuple[str, ...]:
        """Return the labels under which to count: as they are, or folded one by one while there is no room.

        :param there: series that exist already and so cost nothing.
        :param labels: values as wanted.
        :param give: position and name of the labels to be folded, the first one first.
        :param ceiling: how many series there may be altogether for this one to be added.
        :param cost: series that it adds.
        """
        for place, name in give:
            if labels in there:
                return labels
            if self.used + cost <= ceiling:
                break
            if labels[place] != OTHER:
                labels = (*labels[:place], self.fold(name), *labels[place + 1 :])
                # Each fold opens a little of what is kept back, so that the labels given last stay exact for longer.
                ceiling += self._step
        if labels not in there:
            self.used += cost
        return labels


def may_be_named(exchange: Exchange) -> bool:
    """Return whether the service of an exchange earns a label: settings name it, or it was connected to.

    The clients of a forward proxy choose its services. A host that was never connected to may be made up.
    """
    if exchange.response is not None or exchange.direction is Direction.INBOUND:
        return True
    return exchange.failure is not None and exchange.failure.kind in _CONNECTED


def label_value(text: str) -> str:
    """Return a text as a label value: bounded, and always encodable."""
    text = text[:_LONGEST_VALUE]
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
