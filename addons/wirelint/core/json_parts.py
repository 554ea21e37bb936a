"""JSON taken apart no further than need be: top levels without their values, beginnings, one value at a time.

Whatever is malformed, too deep or of another form than asked for yields ``None``, or ``NOTHING`` where that could be
JSON's own null.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

_GLIMPSE: Final = 4 * 1024
_FIRST_ELEMENTS: Final = 16


class Nothing(enum.Enum):
    """The type of NOTHING, which distinguishes JSON's null from the lack of JSON."""

    NOTHING = "nothing"


NOTHING: Final = Nothing.NOTHING

# Prefixes that keep a JSON document from being run as a script; they are no part of the document.
_GUARDS: Final = (b")]}',\n", b")]}'\n", b")]}'", b"for(;;);", b"while(1);", b"while(true);", b"{}&&")
_WHITE: Final = b" \t\r\n"
_FAULTS: Final = (msgspec.MsgspecError, RecursionError, ValueError)
_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_array: Final = msgspec.json.Decoder(list[msgspec.Raw])
_anything: Final = msgspec.json.Decoder()
_scan: Final = json.JSONDecoder()
_space: Final = re.compile(r"[ \t\r\n]*")


def unguarded(content: bytes) -> bytes:
    """Content in UTF-8 without what may stand before JSON."""
    if content[:3] == b"\xef\xbb\xbf":
        content = content[3:]
    if content[:1] not in b"{[":
        content = content.lstrip(_WHITE)
        if content.startswith(_GUARDS):
            guard = next(guard for guard in _GUARDS if content.startswith(guard))
            return content[len(guard) :].lstrip(_WHITE)
    return content


def value_of(octets: bytes | msgspec.Raw) -> Any:
    """A text, or a part that was left unparsed, as a value."""
    try:
        return _anything.decode(octets)
    except _FAULTS:
        return NOTHING


def is_beginning(octets: bytes) -> bool:
    """Return whether a text is JSON as far as it goes, and merely ends too soon."""
    try:
        _anything.decode(octets)
    except msgspec.DecodeError as error:
        return str(error) == "Input data was truncated"
    except _FAULTS:
        return False
    return False


def object_of(octets: bytes) -> dict[str, msgspec.Raw] | None:
    """Names and unparsed values of an object."""
    if octets[:1] != b"{":
        return None
    try:
        return _object.decode(octets)
    except _FAULTS:
        return None


def array_of(octets: bytes) -> list[msgspec.Raw] | None:
    """The unparsed elements of an array."""
    if octets[:1] != b"[":
        return None
    try:
        return _array.decode(octets)
    except _FAULTS:
        return None


def first_of(elements: list[msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """Names and unparsed values of an array's first element; empty where that is no object."""
    return (object_of(bytes(elements[0])) if elements else None) or {}


def beginnings(top: Mapping[str, msgspec.Raw]) -> dict[str, Any] | None:
    """The values of an object; of long arrays and objects among them only what stands at their start."""
    try:
        return {name: _start_of(memoryview(raw)) for name, raw in top.items()}
    except _FAULTS:
        return None


def _start_of(raw: memoryview) -> Any:
    """A value; of a long array or object only what ends within ``_GLIMPSE``, unless that is nothing."""
    start: Any = None
    if len(raw) > _GLIMPSE:
        text = bytes(raw[:_GLIMPSE]).decode("utf-8", "replace")
        if text[0] == "{":
            start = members_of_prefix(text)
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


def members_of_prefix(text: str) -> dict[str, Any] | None:
    """The members of an object whose text was cut, as far as they ended before the cut; None where it is no object."""
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
