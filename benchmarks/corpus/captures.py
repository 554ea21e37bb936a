"""Read a folder of captures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.sources import Skipped, UnreadableError
from wirelint.sources.open import open_capture

_ENDINGS: Final = (".har", ".har.gz", ".mitm", ".flow", ".flows")


class Captures:
    """The captures in a folder, and their unreadable parts.

    Attributes:
        files: the captures, by name.
        unread: records that are not exchanges, as ``file: why`` or ``file#index: why``; filled while reading.
    """

    def __init__(self, folder: Path) -> None:
        """List the folder.

        :raises OSError: the folder cannot be listed.
        """
        self.files = sorted(path for path in folder.iterdir() if path.is_file() and path.name.endswith(_ENDINGS))
        self.unread: list[str] = []

    def exchanges(self) -> Iterator[tuple[str, int, Exchange]]:
        """Yield file name, position in the file, exchange."""
        self.unread.clear()
        for path in self.files:
            index = -1
            try:
                for index, found in enumerate(open_capture(str(path)).exchanges):
                    if isinstance(found, Skipped):
                        self.unread.append(f"{path.name}#{found.index}: {found.why}")
                    else:
                        yield path.name, found.origin.index if found.origin else index, found
            except UnreadableError as error:
                self.unread.append(str(error))
