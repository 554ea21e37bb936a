"""Error budgets: how many exchanges of a service may be errors, in 30 days."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from wirelint.monitoring.yaml import scalar

OBJECTIVE: Final = 0.999
"""The target share of exchanges without a hidden error, in 30 days."""

LOWEST: Final = 0.95
"""The lowest objective: with less, the fastest pace is more than all exchanges."""


class ServiceBudget(NamedTuple):
    """The objective of one service, or of all that have none of their own.

    :ivar objective: the target share of exchanges without an error.
    :ivar services: the service; or, if ``rest``, those that are left out.
    :ivar rest: it is the objective of all others.
    """

    objective: float = OBJECTIVE
    services: tuple[str, ...] = ()
    rest: bool = True

    @property
    def selector(self) -> str:
        """Return matchers in braces; empty for all services."""
        sign = "!=" if self.rest else "="
        matchers = ",".join(f"service{sign}{scalar(service)}" for service in self.services)
        return f"{{{matchers}}}" if matchers else ""

    @property
    def labels(self) -> dict[str, str]:
        """Return the labels that tell alerts of one budget from those of another."""
        return {} if self.rest else {"objective": percent(self.objective)}


def budgets(objective: float = OBJECTIVE, own: Mapping[str, float] = MappingProxyType({})) -> tuple[ServiceBudget, ...]:
    """Return the budgets of all services.

    :param objective: the target of services without one of their own, as a share.
    :param own: service → its target.
    """
    return (
        ServiceBudget(objective, tuple(own)),
        *(ServiceBudget(share, (service,), rest=False) for service, share in own.items()),
    )


def percent(share: float) -> str:
    """Return a share as alerts and panels write it."""
    return f"{round(100 * share, 6):g}%"
