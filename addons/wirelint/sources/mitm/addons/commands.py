"""Define commands for mitmproxy's screens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mitmproxy import addonmanager, ctx, flow, hooks, http

from wirelint.sources import heads
from wirelint.sources.mitm.adapter import exchange_of_flow
from wirelint.sources.mitm.addons.auditing import Auditing
from wirelint.sources.mitm.faults import Faults
from wirelint.sources.mitm.marks import mark
from wirelint.sources.mitm.recorder import Recorder
from wirelint.sources.stats import Stats


class Commands:
    """Offers ``wirelint.stats`` and ``wirelint.audit``."""

    name = "wirelint_commands"

    def __init__(
        self, capture: Recorder, auditing: Auditing, stats: Stats, faults: Faults, count: Callable[[], None]
    ) -> None:
        """Offer commands.

        :param count: updates ``stats``.
        """
        self._capture = capture
        self._auditing = auditing
        self._stats = stats
        self._faults = faults
        self._count = count

    def load(self, loader: addonmanager.Loader) -> None:
        """Declare the commands."""
        loader.add_command("wirelint.stats", self.show_stats)
        loader.add_command("wirelint.audit", self.audit_flows)

    def show_stats(self) -> Sequence[str]:
        """Show how many exchanges were captured, audited and dropped so far."""
        self._count()
        return self._stats.lines()

    def audit_flows(self, flows: Sequence[flow.Flow]) -> None:
        """Audit flows again, and mark them with their findings."""
        touched = []
        for each in flows:
            exchange = exchange_of_flow(each, self._capture.naming) if isinstance(each, http.HTTPFlow) else None
            if exchange is not None and heads.are_usual(exchange):
                mark(each, self._auditing.consume(exchange), self._faults)
                touched.append(each)
        if touched:
            ctx.master.addons.trigger(hooks.UpdateHook(touched))
