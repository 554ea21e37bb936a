"""Export whether the latest reload succeeded."""

from __future__ import annotations

import time

from wirelint.sinks.metrics.families import Families, gauge


class Reloads:
    """The result of the latest reload; success at the start."""

    def __init__(self) -> None:
        self._successful = True
        self._at = time.time()

    def succeeded(self) -> None:
        """Record a successful load now."""
        self._successful, self._at = True, time.time()

    def failed(self) -> None:
        """Record a failed reload; the old settings stay in force."""
        self._successful = False

    def collect(self) -> Families:
        """Yield the families."""
        yield gauge(
            "config_last_reload_successful", "1 if the latest reload of the configuration succeeded.", self._successful
        )
        yield gauge(
            "config_last_reload_success_timestamp_seconds",
            "Time of the latest successful load of the configuration.",
            self._at,
        )
