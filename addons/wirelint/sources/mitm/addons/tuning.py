"""Apply the options that change mitmproxy itself."""

from __future__ import annotations

import logging
from typing import Final

from mitmproxy import ctx

from wirelint.sources.mitm.addons import has_screen
from wirelint.sources.mitm.patches import addon_dispatch, http1

_OPTIONS: Final = frozenset({"termlog_verbosity", "wirelint_compat", "wirelint_fast_dispatch", "wirelint_lazy"})


class Tuning:
    """Applies patches, silences log lines that nothing shows, and delays connections to services."""

    name = "wirelint_tuning"

    def __init__(self) -> None:
        self._running = False

    def running(self) -> None:
        """Apply the options that are set at the start."""
        self._running = True
        self.configure(set(_OPTIONS))

    def configure(self, updated: set[str]) -> None:
        """Apply changed options, once mitmproxy runs."""
        if not self._running:
            return
        chosen = ctx.options
        if "termlog_verbosity" in updated and not has_screen():
            # One log line for each streamed body costs a tenth of the throughput, even if nothing shows it.
            unseen = "termlog_verbosity" not in chosen or chosen.termlog_verbosity in ("error", "warn")
            logging.getLogger("mitmproxy.proxy.server").setLevel(logging.WARNING if unseen else logging.NOTSET)
        if "wirelint_compat" in updated:
            http1.switch(on=chosen.wirelint_compat)
        if "wirelint_fast_dispatch" in updated:
            addon_dispatch.switch(ctx.master.addons, on=chosen.wirelint_fast_dispatch)
        if "wirelint_lazy" in updated and chosen.wirelint_lazy and not chosen.has_changed("connection_strategy"):
            chosen.update(connection_strategy="lazy")
