"""The content of a message: whole, a prefix, empty, or unavailable; its views are parsed once, when asked for.

Unknown is not empty. Every view answers *nothing* (``None`` or ``NOTHING``) both for content that is not of that
form and for content that could not be inspected; ``unavailable`` and ``complete`` tell these apart.
"""

from __future__ import annotations

import enum
import json
import re
from typing import Any, Final

import msgspec

from wirelint.core.coding import UndecodableError, decode
from wirelint.core.media import MediaType, media_type

DECODED_LIMIT: Final = 256 * 1024
"""Most bytes that a body's content coding is unpacked to; what lies behind is not looked at."""

MEMBERS_LIMIT: Final = 16 * 1024
"""Of content longer than this, long members are known by their start alone; of a cut one, this much is looked at."""

_GLIMPSE: Final = 4 * 1024
_FIRST_ELEMENTS: Final = 16


class Nothing(enum.Enum):
    """The type of NOTHING, so that JSON's null can be told from the lack of JSON."""

    NOTHING = "nothing"


NOTHING: Final = Nothing.NOTHING

# Prefixes that keep a JSON document from being run as a script; they are no part of the document.
_GUARDS = (b")]}',\n", b")]}'\n", b")]}'", b"for(;;);", b"while(1);", b"while(true);", b"{}&&")
_WHITE = b" \t\r\n"
_top_level = msgspec.json.Decoder(dict[str, msgspec.Raw])
_anything = msgspec.json.Decoder()
_scan = json.JSONDecoder()
_space = re.compile(r"[ \t\r\n]*")


class Body:
    """Content of one message.

    :param raw: the octets as captured, content coding still applied; None when there are none to look at.
    :param complete: whether ``raw`` is all of it.
    :param size: length on the wire in bytes, where known.
    :param coding: value of Content-Encoding, empty where ``raw`` is already decoded.
    :param media: the message's media type.
    :param reason: why ``raw`` is None: ``streamed``, ``too_large``, ``not_captured``, ``undecodable``.
    """

    __slots__ = (
        "_complete",
        "_content",
        "_json",
        "_members",
        "_names",
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
        self._json: Any = None
        self._members: dict[str, Any] | Nothing | None = NOTHING
        self._top: dict[str, msgspec.Raw] | Nothing | None = NOTHING
        self._names: frozenset[str] | Nothing | None = NOTHING

    @classmethod
    def unknown(cls, reason: str, *, size: int | None = None) -> Body:
        """A body that was there, or may have been, but was not captured."""
        return cls(None, complete=False, size=size, reason=reason)

    @property
    def content(self) -> bytes | None:
        """The decoded content or its prefix (at most ``DECODED_LIMIT`` bytes); None where unavailable."""
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
        """Why the content cannot be inspected, or None where it can."""
        if self.coding and self._content is NOTHING:
            _ = self.content
        return self._reason

    @property
    def complete(self) -> bool:
        """Whether ``content`` is all there was."""
        if self.coding and self._content is NOTHING:
            _ = self.content
        return self._complete and self._reason is None

    @property
    def empty(self) -> bool:
        """Whether the message is known to have had no content at all."""
        return self.raw == b"" and self._complete and self._reason is None

    @property
    def text(self) -> str | None:
        """The content as text by its charset, UTF-8 else; octets that do not fit are replaced."""
        text = self._text
        if text is NOTHING:
            content = self.content
            text = None if content is None else _decode_text(content, self.media.charset)
            self._text = text
        return text

    @property
    def top_level(self) -> dict[str, msgspec.Raw] | None:
        """Names and unparsed values of a complete JSON object; None for anything else. Cheaper than ``json``."""
        top = self._top
        if top is NOTHING:
            top = None
            octets = self._json_octets()
            if octets is not None and octets[:1] == b"{":
                try:
                    top = _top_level.decode(octets)
                except (msgspec.MsgspecError, RecursionError, ValueError):
                    top = None
            self._top = top
        return top

    @property
    def names(self) -> frozenset[str] | None:
        """The folded names of ``top_level``; None where that is None."""
        names = self._names
        if names is NOTHING:
            top = self.top_level
            names = self._names = None if top is None else frozenset(map(str.lower, top))
        return names

    @property
    def json(self) -> Any:
        """The complete content parsed as JSON, whatever its media type says; NOTHING where it is not JSON."""
        value = self._json
        if value is None:
            octets = self._json_octets()
            value = NOTHING
            if octets is not None:
                try:
                    value = _anything.decode(octets)
                except (msgspec.MsgspecError, RecursionError, ValueError):
                    value = NOTHING
            # None stands for "not yet parsed", so JSON's own null is kept wrapped.
            self._json = value = _NULL if value is None else value
        return None if value is _NULL else value

    @property
    def members(self) -> dict[str, Any] | None:
        """The members of a JSON object; of a prefix, those that ended before the cut. None for anything else.

        Beyond ``MEMBERS_LIMIT``, long arrays and objects within have only what stands at their start: what declares an
        error is short or comes first, and to parse a long list costs more than all else that is done for an exchange.
        """
        members = self._members
        if members is NOTHING:
            if self.complete and len(self.content or b"") > MEMBERS_LIMIT:
                members = _members_of_long(self.top_level)
            elif self.complete:
                value = self.json
                members = value if isinstance(value, dict) else None
            else:
                text = self.text
                members = _members_of_prefix(None if text is None else text[:MEMBERS_LIMIT])
            self._members = members
        return members

    @property
    def is_broken_json(self) -> bool:
        """Whether complete, non-empty content is provably no JSON text (RFC 8259)."""
        content = self.content
        return bool(self.complete and content and content.strip(_WHITE) and self.json is NOTHING)

    def _json_octets(self) -> bytes | None:
        content = self.content
        if not content or not self.complete:
            return None
        if self.media.charset not in ("", "utf-8", "utf8", "us-ascii", "ascii"):
            content = (self.text or "").encode("utf-8", "replace")
        if content[:3] == b"\xef\xbb\xbf":
            content = content[3:]
        if content[:1] not in b"{[":
            content = content.lstrip(_WHITE)
            for guard in _GUARDS:
                if content.startswith(guard):
                    return content[len(guard) :].lstrip(_WHITE)
        return content

    def __repr__(self) -> str:
        # Never the content: a repr ends up in logs.
        return f"Body({self._reason or self.size or 0})"


_NULL: Final = object()


def _decode_text(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset or "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")
    except (ValueError, TypeError):  # a codec that is no text encoding, or one that refuses "replace"
        return content.decode("latin-1")


def _members_of_long(top: dict[str, msgspec.Raw] | None) -> dict[str, Any] | None:
    if top is None:
        return None
    try:
        return {name: _start_of(memoryview(raw)) for name, raw in top.items()}
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def _start_of(raw: memoryview) -> Any:
    """A value; of a long array or object only what ends within ``_GLIMPSE``, unless that is nothing."""
    start: Any = None
    if len(raw) > _GLIMPSE:
        text = bytes(raw[:_GLIMPSE]).decode("utf-8", "replace")
        if text[0] == "{":
            start = _members_of_prefix(text)
        elif text[0] == "[":
            start = _elements_of_prefix(text)
    return start or _anything.decode(raw)


def _elements_of_prefix(text: str) -> list[Any]:
    skip = _space.match
    elements: list[Any] = []
    at = 1
    try:
        while len(elements) < _FIRST_ELEMENTS:
            value, at = _scan.raw_decode(text, _end(skip(text, at)))
            at = _end(skip(text, at))
            if text[at : at + 1] != ",":  # the end of the array is behind the cut
                break
            elements.append(value)
            at += 1
    except (ValueError, RecursionError, IndexError):
        pass
    return elements


def _members_of_prefix(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    skip = _space.match
    at = _end(skip(text, 1 if text[:1] == "\ufeff" else 0))
    if text[at : at + 1] != "{":
        return None
    members: dict[str, Any] = {}
    at += 1
    try:
        while True:
            at = _end(skip(text, at))
            key, at = _scan.raw_decode(text, at)
            at = _end(skip(text, at))
            if not isinstance(key, str) or text[at : at + 1] != ":":
                return members
            value, at = _scan.raw_decode(text, _end(skip(text, at + 1)))
            at = _end(skip(text, at))
            # A number that touches the cut may go on behind it, so a member counts only once its end is seen.
            if text[at : at + 1] not in (",", "}"):
                return members
            members[key] = value
            if text[at] == "}":
                return members
            at += 1
    except (ValueError, RecursionError, IndexError):
        return members


def _end(match: re.Match[str] | None) -> int:
    return match.end() if match is not None else 0


EMPTY: Final = Body(b"")
