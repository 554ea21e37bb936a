"""Count internal faults. They never reach the traffic."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from wirelint.sources.stats import Stats

_log: Final = logging.getLogger(__name__)


class Faults:
    """Counts faults by the place where they were caught, and logs the first of each.

    :param stats: where to count; ``Stats.faults`` has the places.
    :param on_fault: called with the place of each fault.
    """

    def __init__(self, stats: Stats, on_fault: Callable[[str], None] | None = None) -> None:
        self._stats = stats
        self._on_fault = on_fault

    def add(self, place: str, error: Exception) -> None:
        """Count a fault."""
        self._stats.faults[place] += 1
        if self._stats.faults[place] == 1:
            # The type alone: a message may quote what went over the wire.
            _log.warning("wirelint: fault in %s (%s), counted from now on", place, type(error).__name__)
            _log.debug("wirelint: fault in %s", place, exc_info=error)
        if self._on_fault is not None:
            self._on_fault(place)
