"""Parse Structured Fields (RFC 9651) as far as rules need them: lists of items with parameters.

Inner lists and dictionaries are not needed; a field with one gives None, like a malformed one.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_LONGEST: Final = 4096
_MOST_MEMBERS: Final = 64
_item: Final = re.compile(
    r"""
      (?P<string>"(?:[ !#-\[\]-~]|\\["\\])*")
    | (?P<number>-?\d{1,15}(?:\.\d{1,3})?)
    | @(?P<date>-?\d{1,15})
    | \?(?P<boolean>[01])
    | (?P<token>[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*)
    | :(?P<bytes>[A-Za-z0-9+/=]*):
    """,
    re.VERBOSE,
)
_parameter: Final = re.compile(r";[ ]*([a-z*][a-z0-9_.*-]*)(=?)")
_comma: Final = re.compile(r"[ \t]*,[ \t]*")

Bare = str | int | float | bool


class Item(NamedTuple):
    """A bare item with its parameters. Dates read as integers; tokens, strings and byte sequences as text."""

    value: Bare
    parameters: dict[str, Bare]


def items(value: str | None) -> list[Item] | None:
    """Return the members of a list of items; None if the field is absent or malformed.

    :param value: the combined field value.
    """
    if value is None or len(value) > _LONGEST:
        return None
    value = value.strip(" ")
    found: list[Item] = []
    at = 0
    while at < len(value):
        if len(found) == _MOST_MEMBERS or (read := _read(value, at)) is None:
            return None
        item, at = read
        found.append(item)
        if at == len(value):
            return found
        comma = _comma.match(value, at)
        if comma is None or comma.end() == len(value):
            return None
        at = comma.end()
    return found


def _read(text: str, at: int) -> tuple[Item, int] | None:
    bare = _bare(text, at)
    if bare is None:
        return None
    value, at = bare
    parameters: dict[str, Bare] = {}
    while match := _parameter.match(text, at):
        at = match.end()
        parameters[match[1]] = True
        if match[2]:
            if (inner := _bare(text, at)) is None:
                return None
            parameters[match[1]], at = inner
    return Item(value, parameters), at


def _bare(text: str, at: int) -> tuple[Bare, int] | None:
    match = _item.match(text, at)
    if match is None:
        return None
    kind, raw = match.lastgroup, match[match.lastgroup or 0]
    value: Bare = raw
    if kind == "string":
        value = raw[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    elif kind == "number":
        value = float(raw) if "." in raw else int(raw)
    elif kind == "date":
        value = int(raw)
    elif kind == "boolean":
        value = raw == "1"
    return value, match.end()
