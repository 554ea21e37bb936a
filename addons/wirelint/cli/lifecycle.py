"""Log the start and end of a proxy as events for programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wirelint.sinks.own_log import say

if TYPE_CHECKING:
    from wirelint.live import Live
    from wirelint.web.page import Addresses
    from wirelint.web.site import Endpoint


def begun(listeners: Iterable[Endpoint], addresses: Addresses) -> None:
    """Log the addresses of services, page and metrics.

    :param addresses: of page and metrics; the page's is empty if it is off.
    """
    for listener in listeners:
        say("listening", url=listener.url, service=listener.service or None)
    say("ready", page=f"{addresses.page}/" if addresses.page else None, metrics=f"{addresses.metrics}/metrics")


def ended(live: Live) -> None:
    """Log the totals of a run."""
    totals, stats = live.journal.services()["totals"], live.stats
    lost = {reason: count for reason, count in stats.dropped.items() if count}
    faults = {place: count for place, count in stats.faults.items() if count}
    say("stopped", **totals, unsampled=stats.unsampled, dropped=lost, faults=faults)
