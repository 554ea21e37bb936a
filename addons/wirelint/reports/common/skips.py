"""What an audit of files had to leave out."""

from __future__ import annotations

from typing import Final

import msgspec

from wirelint.sources import Skipped

_MOST: Final = 500


class Skip(msgspec.Struct):
    """Records of one file that were left out for one reason: the position of the first, and how many."""

    file: str
    why: str
    index: int
    count: int = 0


class Skips:
    """Count skipped records by file and reason; of very many reasons, those after the first 500 together."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], Skip] = {}

    def add(self, file: str, record: Skipped) -> None:
        """Count a record."""
        key = (file, record.why)
        if key not in self._kinds and len(self._kinds) >= _MOST:
            key = (file, "other reasons")
        kind = self._kinds.setdefault(key, Skip(file, key[1], record.index))
        kind.count += 1

    @property
    def total(self) -> int:
        """Return how many records were skipped."""
        return sum(kind.count for kind in self._kinds.values())

    def kinds(self) -> list[Skip]:
        """Return all kinds in the order in which they came."""
        return list(self._kinds.values())
