"""The content of a message: complete, truncated, empty, or unavailable; its views are parsed once, on first use.

Unknown is not empty. Every view returns *nothing* (``None`` or ``NOTHING``) both for content of another form and for
content that could not be inspected; ``unavailable`` and ``complete`` distinguish these.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from wirelint.core.coding import UndecodableError, decode
from wirelint.core.json_parts import (
    NOTHING,
    Nothing,
    array_of,
    beginnings,
    first_of,
    is_beginning,
    members_of_prefix,
    object_of,
    unguarded,
    value_of,
)
from wirelint.core.media import MediaType, media_type

DECODED_LIMIT: Final = 256 * 1024
"""Most bytes that are decoded from a body's content coding; the rest is ignored."""

MEMBERS_LIMIT: Final = 16 * 1024
"""In content longer than this, only the start of long members is parsed; of truncated content, this much is read."""

_SMALL: Final = 512
"""Up to this size, parsing all members costs no more than skipping most of them."""


class Body:
    """Content of one message.

    :param raw: the octets as captured, with their content coding; None if there are none.
    :param complete: whether ``raw`` is all of it.
    :param size: length on the wire in bytes, if known.
    :param coding: value of Content-Encoding, empty if ``raw`` is already decoded.
    :param media: the message's media type.
    :param reason: why ``raw`` is None: ``streamed``, ``too_large``, ``not_captured``, ``undecodable``.
    """

    __slots__ = (
        "_complete",
        "_content",
        "_elements",
        "_json",
        "_members",
        "_names",
        "_octets",
        "_reason",
        "_text",
        "_top",
        "coding",
        "media",
        "raw",
        "size",
    )

    def __init__(  # noqa: PLR0913 - what is known of a body, by name
        self,
        raw: bytes | None,
        *,
        complete: bool = True,
        size: int | None = None,
        coding: str = "",
        media: MediaType | None = None,
        reason: str | None = None,
    ) -> None:
        self.raw = raw
        self.coding = coding
        self.media = media or media_type(None)
        self.size = len(raw) if size is None and raw is not None and complete else size
        self._complete = complete
        self._reason = reason or ("not_captured" if raw is None else None)
        self._content: bytes | Nothing | None = NOTHING
        self._text: str | Nothing | None = NOTHING
        self._octets: bytes | None = None
        self._json: Any = None
        self._members: dict[str, Any] | Nothing | None = NOTHING
        self._top: dict[str, msgspec.Raw] | Nothing | None = NOTHING
        self._names: frozenset[str] | Nothing | None = NOTHING
        self._elements: list[msgspec.Raw] | Nothing | None = NOTHING

    @classmethod
    def unknown(cls, reason: str, *, size: int | None = None) -> Body:
        """Return a body that existed, or may have, but was not captured."""
        return cls(None, complete=False, size=size, reason=reason)

    @property
    def content(self) -> bytes | None:
        """Return the decoded content or its prefix (at most ``DECODED_LIMIT`` bytes); None if unavailable."""
        content = self._content
        if content is NOTHING:
            content = self.raw
            if content and self.coding:
                try:
                    content, whole = decode(content, self.coding, DECODED_LIMIT)
                    self._complete = self._complete and whole
                except UndecodableError:
                    content, self._reason = None, "undecodable"
            self._content = content
        return content

    @property
    def unavailable(self) -> str | None:
        """Return why the content cannot be inspected, None if it can."""
        if self.coding and self._content is NOTHING:
            _ = self.content
        return self._reason

    @property
    def complete(self) -> bool:
        """Return whether ``content`` is the whole content."""
        if self.coding and self._content is NOTHING:
            _ = self.content
        return self._complete and self._reason is None

    @property
    def empty(self) -> bool:
        """Return whether the message is known to have no content."""
        return self.raw == b"" and self._complete and self._reason is None

    @property
    def text(self) -> str | None:
        """Return the content as text by its charset, else UTF-8; invalid octets are replaced."""
        text = self._text
        if text is NOTHING:
            content = self.content
            text = None if content is None else _decode_text(content, self.media.charset)
            self._text = text
        return text

    @property
    def top_level(self) -> dict[str, msgspec.Raw] | None:
        """Return names and unparsed values of a complete JSON object; None for anything else. Cheaper than ``json``."""
        top = self._top
        if top is NOTHING:
            top = self._top = object_of(self._json_octets())
        return top

    @property
    def elements(self) -> list[msgspec.Raw] | None:
        """Return unparsed elements of a complete JSON array; None for anything else. Cheaper than ``json``."""
        elements = self._elements
        if elements is NOTHING:
            elements = self._elements = array_of(self._json_octets())
        return elements

    @property
    def names(self) -> frozenset[str] | None:
        """Return the folded names of a JSON object's members, or of an array's first element; None for anything else.

        Elements of a list are usually alike; elements that are not objects have no names. Two elements may be an
        outcome and its reason, ``[false, "not found"]``, which is anything else.
        """
        names = self._names
        if names is NOTHING:
            top = self._named()
            names = self._names = None if top is None else frozenset(map(str.lower, top))
        return names

    def _named(self) -> Iterable[str] | None:
        value = self._json  # a dictionary or a list only if it is parsed already
        if isinstance(value, list):
            first = value[0] if value else None
            if isinstance(first, dict):
                return first
            return None if len(value) == 2 and not isinstance(first, list) else ()
        if isinstance(value, dict):
            return value
        if self.top_level is None and (elements := self.elements) is not None:
            if len(elements) == 2 and memoryview(elements[0])[:1].tobytes() not in (b"{", b"["):
                return None
            return first_of(elements)
        return self.top_level

    @property
    def json(self) -> Any:
        """Return the complete content parsed as JSON, whatever its media type; NOTHING if it is not JSON."""
        value = self._json
        if value is None:
            octets = self._json_octets()
            value = value_of(octets) if octets else NOTHING
            # None means "not yet parsed", so JSON's own null is kept wrapped.
            self._json = value = _NULL if value is None else value
        return None if value is _NULL else value

    @property
    def members(self) -> dict[str, Any] | None:
        """Return the members of a JSON object; of a prefix, those that end before the cut. None for anything else.

        Beyond ``MEMBERS_LIMIT``, nested long arrays and objects contain only their start: the marks of an error are
        short or come first, and parsing a long list costs more than the rest of the audit.
        """
        members = self._members
        if members is NOTHING:
            if not self.complete:
                members = members_of_prefix((self.text or "")[:MEMBERS_LIMIT])
            elif self._json_octets()[:1] != b"{":
                members = None
            elif len(self.content or b"") > MEMBERS_LIMIT:
                members = None if self.top_level is None else beginnings(self.top_level)
            else:
                value = self.json
                members = value if isinstance(value, dict) else None
            self._members = members
        return members

    def pick(self, names: frozenset[str]) -> dict[str, Any]:
        """Return the ``members`` whose folded names are in ``names``, by these; usually, no others are parsed."""
        members = self._members
        if members is NOTHING and self.complete and len(self.content or b"") > _SMALL:
            top = self.top_level or {}
            return beginnings({folded: raw for name, raw in top.items() if (folded := name.lower()) in names}) or {}
        return {folded: value for name, value in (self.members or {}).items() if (folded := name.lower()) in names}

    @property
    def is_broken_json(self) -> bool:
        """Return whether complete, non-empty content is provably not JSON (RFC 8259)."""
        content = self.content
        return bool(self.complete and content and content.strip(b" \t\r\n") and self.json is NOTHING)

    @property
    def is_cut_json(self) -> bool:
        """Return whether invalid JSON only ends early, as if a recorder had truncated it silently."""
        return self.is_broken_json and is_beginning(self._json_octets())

    def _json_octets(self) -> bytes:
        """Return complete content in UTF-8, without prefixes before JSON; empty if it is not complete."""
        octets = self._octets
        if octets is None:
            octets = self.content if self.complete else None
            if octets and self.media.charset not in ("", "utf-8", "utf8", "us-ascii", "ascii"):
                octets = (self.text or "").encode("utf-8", "replace")
            octets = self._octets = unguarded(octets or b"")
        return octets

    def shares(self, other: Body) -> bool:
        """Return whether this is the same as some complete content; if so, take over the views that it has."""
        if (
            other.raw != self.raw
            or not (other.complete and self._complete and self._reason is None)
            or (other.coding, other.media) != (self.coding, self.media)
        ):
            return False
        self._content, self._text, self._octets = other._content, other._text, other._octets
        self._json, self._members, self._elements = other._json, other._members, other._elements
        self._top, self._names = other._top, other._names
        return True

    def __copy__(self) -> Body:
        """Return the same content without cached views."""
        complete, size, coding = self._complete, self.size, self.coding
        return Body(self.raw, complete=complete, size=size, coding=coding, media=self.media, reason=self._reason)

    def __repr__(self) -> str:
        # Never the content: a repr may end up in logs.
        return f"Body({self._reason or self.size or 0})"


_NULL: Final = object()


def _decode_text(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset or "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")
    except (ValueError, TypeError):  # a codec that is not a text encoding, or one without "replace"
        return content.decode("latin-1")


EMPTY: Final = Body(b"")
