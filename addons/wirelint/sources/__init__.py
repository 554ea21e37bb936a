"""Sources of exchanges: live traffic (``mitm``), and recorded files, one kind per module.

A module with a ``SOURCE`` is a kind of file: ``har.py`` reads HAR. It is found by its folder; no list names it. It
recognises its files by their first octets. It must be cheap to import, so it imports expensive modules when it reads.
It yields an ``Exchange`` for each record that it understands and ``Skipped`` for each other one: a broken record never
hides the others. ``open`` handles unpacking, standard input and bounds.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import IO, Protocol

import msgspec

from wirelint.core.exchange import Exchange


class Skipped(msgspec.Struct, frozen=True):
    """A record that is not an auditable exchange: its zero-based position in the file, and a short reason."""

    index: int
    why: str


class UnreadableError(Exception):
    """The file as a whole cannot be read; the message fits on one line."""


class FileContent(Protocol):
    """A file's octets, unpacked."""

    @property
    def name(self) -> str:
        """Return the file's name for messages and origins."""

    def open(self) -> IO[bytes]:
        """Return the octets as a stream that can seek, from the beginning. The caller closes it."""

    def whole(self) -> bytearray:
        """Return all octets.

        :raises UnreadableError: they are more than the size limit.
        """


class Recording(msgspec.Struct, frozen=True):
    """An opened file: its name, its exchanges, and how many records it has, None if unknown."""

    name: str
    exchanges: Iterator[Exchange | Skipped]
    records: int | None = None


class Source(msgspec.Struct, frozen=True):
    """A kind of file.

    :param name: its usual name, in the plural or as a mass noun: ``HAR``, ``mitmproxy flows``.
    :param recognises: returns whether a file is of this kind, from up to 64 KiB of its beginning, as UTF-8 without byte
        order mark and leading white space. True if the beginning is too short to decide.
    :param read: opens such a file. It, or the iteration over exchanges, raises ``UnreadableError`` if the whole file is
        broken.
    """

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[[FileContent], Recording]


@functools.cache
def sources() -> tuple[Source, ...]:
    """Return all kinds of files, by name."""
    modules = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__) if not m.ispkg]
    found: list[Source] = [module.SOURCE for module in modules if hasattr(module, "SOURCE")]
    return tuple(sorted(found, key=lambda source: source.name.casefold()))
