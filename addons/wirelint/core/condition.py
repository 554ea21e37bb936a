"""Parse the operator's conditions for errors: ``errno != 0``, ``ret.code not in ['OK']``.

A condition compares one member with literals. It is parsed by hand: no Python expression is ever evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any, Final

import msgspec

_LONGEST: Final = 200
_MOST_VALUES: Final = 32

_path: Final = re.compile(r"\s*([\w$@-]{1,64}(?:\.[\w$@-]{1,64}){0,5})\s*")
_operator: Final = re.compile(r"(==|!=|<=|>=|<|>|in\b|not\s{1,4}in\b)\s*")
_value: Final = re.compile(
    r"""(?:"([^"]{0,100})"|'([^']{0,100})'|(-?\d{1,15}(?:\.\d{1,15})?)(?![\w.])|(true|false|null)\b)\s*"""
)
_WORDS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None}
_ORDERS: Final[Mapping[str, Callable[[float, float], bool]]] = {"<": lt, "<=": le, ">": gt, ">=": ge}

Literal = str | float | bool | None


class ConditionError(ValueError):
    """The text is not a condition; the message says where parsing stopped."""


class Condition(msgspec.Struct, frozen=True):
    """A comparison of the member at ``path`` with ``values``; without ``operator``, a test for a value."""

    text: str
    path: tuple[str, ...]
    operator: str = ""
    values: tuple[Literal, ...] = ()

    @property
    def key(self) -> str:
        """Return the folded name of the top-level member that it reads."""
        return self.path[0].lower()

    def holds(self, members: Mapping[str, Any]) -> bool | None:
        """Return whether a JSON object fulfils it; None if the member is missing, or cannot be compared."""
        found, actual = member(members, self.path)
        if not found or (actual is None and None not in self.values):
            return None if self.operator or not found else False
        if not self.operator:
            return bool(actual)
        if self.operator in _ORDERS:
            number, bound = _number(actual), _number(self.values[0])
            return None if number is None or bound is None else _ORDERS[self.operator](number, bound)
        equal = any(_equal(actual, value) for value in self.values)
        return equal if self.operator in ("==", "in") else not equal


def condition(text: str) -> Condition:
    """Parse a condition: a dotted path, alone or with ``== != < <= > >=`` and a literal, or ``[not] in`` and a list.

    Literals are numbers, texts in quotes, ``true``, ``false`` and ``null``.

    :raises ConditionError: the text is not a condition.
    """
    if len(text) > _LONGEST:
        raise ConditionError(f"longer than {_LONGEST} characters")
    path = _path.match(text)
    if path is None:
        raise ConditionError("begins with no member's name")
    at = path.end()
    names = tuple(path[1].split("."))
    if at == len(text):
        return Condition(text.strip(), names)
    operator = _operator.match(text, at)
    if operator is None:
        raise ConditionError(f"no comparison at {text[at : at + 20]!r}")
    word = " ".join(operator[1].split())
    values, at = (_list if word.endswith("in") else _one)(text, operator.end())
    if at != len(text):
        raise ConditionError(f"goes on with {text[at : at + 20]!r}")
    if word in _ORDERS and _number(values[0]) is None:
        raise ConditionError(f"{word} needs a number")
    return Condition(text.strip(), names, word, values)


def _one(text: str, at: int) -> tuple[tuple[Literal, ...], int]:
    match = _value.match(text, at)
    if match is None:
        raise ConditionError(f"no number, 'text', true, false or null at {text[at : at + 20]!r}")
    double, single, digits, word = match.groups()
    if word is not None:
        return (_WORDS[word],), match.end()
    if digits is not None:
        return (float(digits),), match.end()
    return (single if double is None else double,), match.end()


def _list(text: str, at: int) -> tuple[tuple[Literal, ...], int]:
    if text[at : at + 1] != "[":
        raise ConditionError("in needs a list: [1, 'two']")
    values: list[Literal] = []
    at += 1
    while True:
        at += len(text[at:]) - len(text[at:].lstrip())
        found, at = _one(text, at)
        values += found
        if len(values) > _MOST_VALUES:
            raise ConditionError(f"more than {_MOST_VALUES} values")
        mark = text[at : at + 1]
        at += 1
        if mark == "]":
            return tuple(values), at + len(text[at:]) - len(text[at:].lstrip())
        if mark != ",":
            raise ConditionError("the list has no end" if not mark else f"no comma at {text[at - 1 : at + 19]!r}")


def member(members: Mapping[str, Any], path: tuple[str, ...]) -> tuple[bool, Any]:
    """Return whether there is a member at ``path``, and its value; an exact name is preferred to another spelling."""
    value: Any = members
    for name in path:
        if not isinstance(value, Mapping):
            return False, None
        if name not in value:
            folded = name.lower()
            name = next((other for other in value if other.lower() == folded), "")  # noqa: PLW2901 - as it stands there
            if not name:
                return False, None
        value = value[name]
    return True, value


def _equal(actual: Any, value: Literal) -> bool:
    if isinstance(value, bool) or value is None:
        return actual is value
    if isinstance(value, float):
        return _number(actual) == value
    return isinstance(actual, str) and actual == value


def _number(value: Any) -> float | None:
    """Return a number, also from a text: services send ``"0"`` for ``0``."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return None
    if isinstance(value, str) and (match := _value.fullmatch(value)) is not None and match[3] is not None:
        return float(match[3])
    return None
