"""The fields of a message, indexed by name once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, KeysView
from typing import Final

from wirelint.core.media import MediaType, media_type

# Field names repeat; folding each spelling once reduces indexing a message to dict look-ups. Bounded, because a client
# may send any name.
_NAMES: dict[bytes, str] = {}
_NAMES_LIMIT: Final = 4096
_LONGEST_NAME: Final = 128


def _fold(raw: bytes) -> str:
    name = raw.decode("latin-1").lower()
    if len(_NAMES) < _NAMES_LIMIT and len(raw) <= _LONGEST_NAME:
        _NAMES[raw] = name
    return name


class Headers:
    """The fields of one message: ordered, multi-value, names case-insensitive (RFC 9110 §5).

    ``fields`` has the pairs as on the wire. The methods decode values as latin-1, which cannot fail and keeps every
    octet.
    """

    __slots__ = ("_index", "_media_type", "fields")

    def __init__(self, fields: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.fields: tuple[tuple[bytes, bytes], ...] = tuple(fields)
        self._index: dict[str, bytes | tuple[bytes, ...]] | None = None
        self._media_type: MediaType | None = None

    @classmethod
    def of(cls, *pairs: tuple[str, str]) -> Headers:
        """Make fields from text pairs; characters outside latin-1 become UTF-8 octets, as recorders write them."""
        return cls((name.encode("utf-8"), _octets(value)) for name, value in pairs)

    @property
    def index(self) -> dict[str, bytes | tuple[bytes, ...]]:
        """Return folded name → raw value, or a list of values in order if there are several lines."""
        index = self._index
        if index is None:
            index = self._index = _indexed(self.fields)
        return index

    @property
    def media_type(self) -> MediaType:
        """Return the Content-Type field, parsed once."""
        media = self._media_type
        if media is None:
            media = self._media_type = media_type(self.get("content-type"))
        return media

    def get(self, name: str) -> str | None:
        """Return field ``name`` (lower case), its lines joined by a comma (RFC 9110 §5.3), or None."""
        value = (self._index or self.index).get(name)
        if value is None:
            return None
        return (b", ".join(value) if isinstance(value, tuple) else value).decode("latin-1")

    def get_all(self, name: str) -> list[str]:
        """Return the lines of field ``name`` (lower case)."""
        value = self.index.get(name, ())
        return [each.decode("latin-1") for each in (value if isinstance(value, tuple) else (value,))]

    def names(self) -> KeysView[str]:
        """Return the folded names, a set-like view."""
        return self.index.keys()

    def __contains__(self, name: object) -> bool:
        return name in self.index

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((name.decode("latin-1"), value.decode("latin-1")) for name, value in self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.fields == other.fields

    def __hash__(self) -> int:
        return hash(self.fields)

    def __repr__(self) -> str:
        # Names only: values carry credentials, and a repr may end up in logs.
        return f"Headers({', '.join(self.names())})"


def _octets(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogateescape")


def _indexed(fields: tuple[tuple[bytes, bytes], ...]) -> dict[str, bytes | tuple[bytes, ...]]:
    names = _NAMES
    try:
        index: dict[str, bytes | tuple[bytes, ...]] = {names[raw]: value for raw, value in fields}
    except KeyError:
        names = {raw: _fold(raw) for raw, _ in fields}
        index = {names[raw]: value for raw, value in fields}
    if len(index) == len(fields):
        return index
    lines: dict[str, list[bytes]] = {}
    for raw, value in fields:
        lines.setdefault(names[raw], []).append(value)
    return {name: tuple(values) if len(values) > 1 else values[0] for name, values in lines.items()}


NO_HEADERS: Final = Headers()
