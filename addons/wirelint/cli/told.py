"""What a proxy says when it begins and ends, for those who read its log by machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wirelint.logs import say

if TYPE_CHECKING:
    from wirelint.live import Live
    from wirelint.web.site import Listener


def begun(listeners: Iterable[Listener], page: str) -> None:
    """Log where what is.

    :param page: the address of the page and of ``/metrics``.
    """
    for listener in listeners:
        say("listening", url=listener.url, service=listener.service or None)
    say("ready", page=f"{page}/", metrics=f"{page}/metrics")


def ended(live: Live) -> None:
    """Log what there was."""
    totals, stats = live.journal.services()["totals"], live.stats
    lost = {reason: count for reason, count in stats.dropped.items() if count}
    faults = {place: count for place, count in stats.faults.items() if count}
    say("stopped", **totals, unsampled=stats.unsampled, dropped=lost, faults=faults)
