"""Count things, and keep a few as evidence."""

from __future__ import annotations

from typing import Final

from wirelint.core.visit import Visit

_SAMPLES: Final = 3
_MOST_ROUTES: Final = 8


class Sightings:
    """How often something was seen, on which routes (the first eight), the first three times, and the last one."""

    __slots__ = ("count", "last", "routes", "samples")

    def __init__(self) -> None:
        self.count = 0
        self.routes: set[tuple[str, str]] = set()
        self.samples: list[Visit] = []
        self.last: Visit | None = None

    def add(self, visit: Visit) -> None:
        """Count it once more."""
        self.count += 1
        self.last = visit
        if len(self.routes) < _MOST_ROUTES:
            self.routes.add((visit.method, visit.route))
        if len(self.samples) < _SAMPLES:
            self.samples.append(visit)
