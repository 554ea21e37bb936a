"""Whether the configuration that was read last is in force."""

from __future__ import annotations

import time

from wirelint.sinks.metrics.families import Families, gauge


class Reloads:
    """Note how the configuration was last read: at the start, successfully."""

    def __init__(self) -> None:
        self._successful = True
        self._at = time.time()

    def succeeded(self) -> None:
        """A configuration came into force now."""
        self._successful, self._at = True, time.time()

    def failed(self) -> None:
        """One could not be used; the old one stays in force."""
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
