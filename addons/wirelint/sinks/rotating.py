"""Write to files that are rotated at a size, and to open streams."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

_MODE: Final = 0o640


class Stream:
    """A descriptor that is open already, such as standard output.

    Python's buffers are bypassed: they have locks, and a lock held by a hanging thread would keep the process from
    exiting.

    :param descriptor: of the open file; it is not closed here.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, line: bytes) -> None:
        """Write a line.

        :raises OSError: it cannot be written, or not in full.
        """
        _write(self._descriptor, line)

    def close(self) -> None:
        """Do nothing: others use it, too."""


class RotatingFile:
    """A file that becomes ``NAME.1`` when the next line would make it too large, and what was ``NAME.1`` ``NAME.2``.

    If another program moves or removes the file, the next line begins a new one. A partly written line is removed
    again. A path that is not a regular file, such as ``/dev/stdout``, is only written to.

    :param path: the file; if it exists, lines are appended.
    :param size: most octets; 0 for no limit.
    :param keep: number of old files to keep; if 0, a full file is truncated.
    """

    def __init__(self, path: Path, size: int = 0, keep: int = 0) -> None:
        self._path = path
        self._size = size
        self._keep = keep
        self._descriptor: int | None = None
        self._identity: tuple[int, int] | None = None
        self._regular = True
        self._at = 0

    def write(self, line: bytes) -> None:
        """Append a line, to a new file if it does not fit.

        :raises OSError: it cannot be written; nothing of it was.
        """
        descriptor = self._open()
        if self._regular and self._size and self._at and self._at + len(line) > self._size:
            descriptor = self._rotate()
        try:
            _write(descriptor, line)
        except OSError:
            if self._regular:
                with contextlib.suppress(OSError):
                    os.ftruncate(descriptor, self._at)
            raise
        self._at += len(line)

    def check(self) -> None:
        """Open the file, and create it if it is missing. A pipe without a reader is left for later.

        :raises OSError: it cannot be written.
        """
        if not self._path.exists() or self._path.is_file() or self._path.is_dir():
            self._open()

    def close(self) -> None:
        """Close the file."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _open(self) -> int:
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                there = os.stat(self._path)
                if (there.st_dev, there.st_ino) == self._identity:
                    return self._descriptor
            self.close()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
        descriptor = self._descriptor = os.open(self._path, flags, _MODE)
        there = os.fstat(descriptor)
        self._regular = stat.S_ISREG(there.st_mode)
        self._identity = (there.st_dev, there.st_ino)
        self._at = there.st_size
        return descriptor

    def _rotate(self) -> int:
        self.close()
        names = [self._path, *(Path(f"{self._path}.{number}") for number in range(1, self._keep + 1))]
        for older, newer in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
            with contextlib.suppress(FileNotFoundError):
                newer.replace(older)
        descriptor = self._open()
        if self._at:  # no old file is kept
            os.ftruncate(descriptor, 0)
            self._at = 0
        return descriptor


def _write(descriptor: int, line: bytes) -> None:
    rest = memoryview(line)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
