"""Read the lines that a program appends to a file, across rotation and truncation."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO, Final

_LONGEST_LINE: Final = 1024 * 1024
_CHUNK: Final = 32 * 1024
_CALM: Final = 2
"""Reads in a row without a new line, before a rotated file counts as complete: its writer goes on for a moment."""


class Follower:
    """The new lines of one file. What stands in it before is not read.

    - If the file is renamed or removed, and another one under its name has content, the other one is read from its
      beginning, after the rest of the old one.
    - If the file is truncated, it is read from its beginning.
    - A line counts once its end was written. One of more than 1 MiB is left out and counted.

    :param path: the file; it may come to exist later, and then it is read from its beginning.
    :raises OSError: it is no regular file, or may not be read.

    Attributes:
        too_long: how many lines were too long.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.too_long = 0
        self._rest = b""
        self._cutting = False
        self._calm = 0
        self._file = self._opened()
        if self._file is not None:
            self._file.seek(0, os.SEEK_END)
            if self._file.tell() and self._last_octet() != b"\n":
                self._cutting = True  # in the middle of a line

    def lines(self) -> list[bytes]:
        """Return the next complete lines without their ends, of some 32 KiB at most; none if there is nothing new.

        :raises OSError: the file cannot be read any more.
        """
        if self._file is None:
            self._file = self._opened()
            if self._file is None:
                return []
        file = self._file
        if os.fstat(file.fileno()).st_size < file.tell():
            file.seek(0)
            self._rest, self._cutting = b"", False
        chunk = file.read(_CHUNK)
        if chunk:
            self._calm = 0
            return self._split(chunk)
        self._calm += 1
        if self._calm >= _CALM and self._is_replaced():
            file.close()
            self._file = None
            self._rest, self._cutting, self._calm = b"", False, 0
        return []

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _split(self, chunk: bytes) -> list[bytes]:
        first, *others = chunk.split(b"\n")
        if not others:
            self._keep(self._rest + first)
            return []
        *whole, rest = others
        found = [] if self._cutting else [self._rest + first]
        self._cutting = False
        self._keep(rest)
        return [line for line in (*found, *whole) if line.strip()]

    def _keep(self, rest: bytes) -> None:
        """Keep the beginning of a line, unless it is too long."""
        if not self._cutting and len(rest) > _LONGEST_LINE:
            self.too_long += 1
            self._cutting = True
        self._rest = b"" if self._cutting else rest

    def _is_replaced(self) -> bool:
        """Return whether another file with content has the name."""
        if self._file is None:
            return False
        try:
            named = self.path.stat()
        except OSError:
            return False
        return named.st_size > 0 and not os.path.samestat(named, os.fstat(self._file.fileno()))

    def _last_octet(self) -> bytes:
        if self._file is None:
            return b""
        self._file.seek(-1, os.SEEK_END)
        return self._file.read(1)

    def _opened(self) -> IO[bytes] | None:
        """Return the file; None if there is none yet."""
        try:
            # A pipe would block until somebody writes to it.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(0, "it is no regular file", str(self.path))
        return open(descriptor, "rb", buffering=0)
