"""Parse JSON only as far as needed: top levels without their values, beginnings, single values.

Malformed JSON, too deep JSON and other forms give ``None``, or ``NOTHING`` if None could be JSON's own null.
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

# Prefixes that prevent running a JSON document as a script; they are not part of the document.
_GUARDS: Final = (b")]}',\n", b")]}'\n", b")]}'", b"for(;;);", b"while(1);", b"while(true);", b"{}&&")
_WHITE: Final = b" \t\r\n"
_FAULTS: Final = (msgspec.MsgspecError, RecursionError, ValueError)
_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_array: Final = msgspec.json.Decoder(list[msgspec.Raw])
_anything: Final = msgspec.json.Decoder()
_scan: Final = json.JSONDecoder()
_space: Final = re.compile(r"[ \t\r\n]*")


def unguarded(content: bytes) -> bytes:
    """Return content in UTF-8 without prefixes before JSON."""
    if content[:3] == b"\xef\xbb\xbf":
        content = content[3:]
    if content[:1] not in b"{[":
        content = content.lstrip(_WHITE)
        if content.startswith(_GUARDS):
            guard = next(guard for guard in _GUARDS if content.startswith(guard))
            return content[len(guard) :].lstrip(_WHITE)
    return content


def value_of(octets: bytes | msgspec.Raw) -> Any:
    """Return the value of a text, or of an unparsed part."""
    try:
        return _anything.decode(octets)
    except _FAULTS:
        return NOTHING


def is_beginning(octets: bytes) -> bool:
    """Return whether a text is the beginning of valid JSON."""
    try:
        _anything.decode(octets)
    except msgspec.DecodeError as error:
        return str(error) == "Input data was truncated"
    except _FAULTS:
        return False
    return False


def object_of(octets: bytes) -> dict[str, msgspec.Raw] | None:
    """Return names and unparsed values of an object."""
    if octets[:1] != b"{":
        return None
    try:
        return _object.decode(octets)
    except _FAULTS:
        return None


def array_of(octets: bytes) -> list[msgspec.Raw] | None:
    """Return the unparsed elements of an array."""
    if octets[:1] != b"[":
        return None
    try:
        return _array.decode(octets)
    except _FAULTS:
        return None


def first_of(elements: list[msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """Return names and unparsed values of an array's first element; empty if it is not an object."""
    return (object_of(bytes(elements[0])) if elements else None) or {}


def beginnings(top: Mapping[str, msgspec.Raw]) -> dict[str, Any] | None:
    """Return the values of an object; for long arrays and objects among them, only their start."""
    try:
        return {name: _start_of(memoryview(raw)) for name, raw in top.items()}
    except _FAULTS:
        return None


def _start_of(raw: memoryview) -> Any:
    """Return a value; for a long array or object, only the part within ``_GLIMPSE``, unless that is empty."""
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
            if text[at : at + 1] != ",":  # the end of the array is after the cut
                break
            elements.append(value)
            at += 1
    except (ValueError, RecursionError, IndexError):
        pass
    return elements


def members_of_prefix(text: str) -> dict[str, Any] | None:
    """Return the members of a truncated object that end before the cut; None if it is not an object."""
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
            # A number at the cut may continue after it, so a member counts only if its end is seen.
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
