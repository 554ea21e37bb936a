"""How much is remembered of earlier exchanges."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wirelint.sinks.metrics.families import Families, gauge


class Memories:
    """Collect the sizes of memories.

    :param sizes: returns the number of entries by memory.
    """

    def __init__(self, sizes: Callable[[], Mapping[str, int]]) -> None:
        self._sizes = sizes

    def collect(self) -> Families:
        """Yield the family."""
        yield gauge("remembered", "Entries kept of earlier exchanges, by memory.", self._sizes(), "memory")
