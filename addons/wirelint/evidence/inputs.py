"""Describe a request's input: its parameters and members by kind, with numbers in place of names and values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_plus

import msgspec

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange
from wirelint.core.json_parts import NOTHING
from wirelint.core.media import Kind as Media
from wirelint.core.once import once

# Kinds of values.
NULL: Final = 0
BOOL: Final = 1
NUMBER: Final = 2
NEGATIVE: Final = 3
HUGE: Final = 4
LIST: Final = 5
OBJECT: Final = 6
BROKEN: Final = 7
ODD: Final = 8
DATE: Final = 9
HEX: Final = 10
TEXT: Final = 11
EMPTY: Final = 12
# Kinds of content other than JSON values.
NONE: Final = 13
FORM: Final = 14
RAW: Final = 15

_MOST_NAMES: Final = 24
_MOST_LEAVES: Final = 24
_DEEPEST: Final = 4
_MOST_ELEMENTS: Final = 4
_MOST_CONTENT: Final = 16 * 1024
_LONGEST_QUERY: Final = 4096
_LONG: Final = 200
_LONG_NUMBER: Final = 15
_made: Final = re.compile(
    r"(\d{1,40}(?:\.\d{1,20})?)|(-\d{1,15}(?:\.\d{1,20})?)|(\d{4}-\d\d-\d\d(?:[T ][\d:.Z+-]{0,30})?)|([0-9a-fA-F-]{12,64})"
)
_MADE: Final = (TEXT, NUMBER, NEGATIVE, DATE, HEX)
_unusual: Final = re.compile("['\"`<>\\\\;{}|\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
_broken: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
_operation: Final = re.compile(
    r"(?:^|&)(?:action|method|cmd|command|mode|op|do|function|type|query)=([\w.-]{1,80})", re.IGNORECASE
)
_STARTS: Final = b'{["-0123456789tfn'
_OPERATIONS: Final = (
    "method",
    "command",
    "action",
    "operation",
    "operationName",
    "janus",
    "query",
    "cmd",
    "op",
    "function",
)


class Inputs(NamedTuple):
    """The input of a request.

    :ivar operation: a number for the operation named in a field, its query or its content; 0 for none.
    :ivar names: number of a name → kind of the value, and a number for the value; 0 for a nested value.
    :ivar container: kind of the whole content.
    :ivar exact: a number for method, target and content.
    """

    operation: int
    names: Mapping[int, tuple[int, int]]
    container: int
    exact: int


@once
def inputs(exchange: Exchange) -> Inputs | None:
    """Return the input of a request; None if its content is unknown or too long to compare."""
    request = exchange.request
    fields = request.headers.index
    named = ""
    if "x-amz-target" in fields or "soapaction" in fields:
        named = (request.headers.get("x-amz-target") or request.headers.get("soapaction") or "")[:128]
    form = request.headers.media_type.kind is Media.FORM
    return inputs_of(request.method, request.target, request.body, form=form, named=named)


def inputs_of(method: str, target: str, body: Body, *, form: bool, named: str = "") -> Inputs | None:
    """Return the input of a request, given its parts.

    :param form: whether the content is declared as a form.
    :param named: the operation named by a field.
    """
    if body.unavailable is not None or not body.complete or len(body.content or b"") > _MOST_CONTENT:
        return None
    names: dict[int, tuple[int, int]] = {}
    query = target.partition("?")[2]
    operation = ""
    if query:
        for name, value in _pairs(query):
            _parameter("?", name, value, names)
        operation = _operation_in(query)
    operation += named
    container = NONE
    if not body.empty:
        container, inner = _form(body, names) if form else _content(body, names)
        operation += inner
    exact = hash((method, target, body.content or b""))
    return Inputs(hash(operation) if operation else 0, names, container, exact)


def kind_of_text(value: str) -> int:
    """Return the kind of a value of a query, a form or a path, after percent-decoding."""
    if not value:
        return EMPTY
    if value.isascii() and value.isalpha():
        return BOOL if value.lower() in ("true", "false") else TEXT
    if value.isascii() and value.isdigit():
        return HUGE if len(value) > _LONG_NUMBER else NUMBER
    match = _made.fullmatch(value)
    if match is not None:
        return _MADE[match.lastindex or 0]
    sign = _unusual.search(value)
    if sign is None:
        return TEXT
    return BROKEN if _broken.search(value) else ODD


def kind_of(value: Any) -> int:
    """Return the kind of a JSON value. A number in quotes is a text: a service may distinguish them."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int | float):
        return NEGATIVE if value < 0 else HUGE if value >= 10**_LONG_NUMBER else NUMBER
    if isinstance(value, list):
        return LIST
    if isinstance(value, dict):
        return OBJECT
    kind = kind_of_text(value)
    return TEXT if kind in (NUMBER, NEGATIVE, HUGE, BOOL, HEX) else kind


def _plain(kind: int) -> int:
    """Return the kind of a parameter; tokens, even hexadecimal ones, are texts."""
    return TEXT if kind == HEX else kind


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for pair in text[:_LONGEST_QUERY].split("&", _MOST_NAMES)[:_MOST_NAMES]:
        name, _, value = pair.partition("=")
        yield name, unquote_plus(value) if "%" in value or "+" in value else value


def _parameter(sign: str, name: str, text: str, names: dict[int, tuple[int, int]]) -> None:
    """Add a parameter; one that holds a JSON object or list adds the members, too.

    :param sign: what separates parameters of the query from those of a form.
    """
    value = _json_in(text) if text[:1] in ("{", "[") else None
    if value is not None:
        for path, leaf in islice(_leaves(value, 0, (sign, name)), _MOST_LEAVES):
            names[hash(path)] = (kind_of(leaf), hash(str(leaf)[:_LONG]) or 1)
        names[hash((sign, name))] = (kind_of(value), 0)
        return
    number = hash((sign, name))
    given = names.get(number)  # a parameter that is repeated is a list for most services
    names[number] = (_plain(kind_of_text(text)), hash(text) or 1) if given is None else (LIST, hash((given, text)) or 1)


def _json_in(text: str) -> Any:
    """Return the JSON object or list in a parameter; None if it is something else."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _operation_in(text: str) -> str:
    match = _operation.search(text[:_LONGEST_QUERY])
    return "" if match is None else match[1]


def _form(body: Body, names: dict[int, tuple[int, int]]) -> tuple[int, str]:
    """Do the same as ``_content`` for a form."""
    text = body.text or ""
    for name, given in _pairs(text):
        _parameter("=", name, given, names)
    return FORM, _operation_in(text)


def _content(body: Body, names: dict[int, tuple[int, int]]) -> tuple[int, str]:
    """Add the content's input; return the kind of the whole content, and the operation that it names."""
    content = (body.content or b"").lstrip()
    value: Any = body.json if content[:1] in _STARTS else NOTHING
    if value is NOTHING:
        return RAW, ""
    if not isinstance(value, dict):
        return kind_of(value), ""
    for name, inner in list(value.items())[:_MOST_NAMES]:
        names[hash((".", name))] = (kind_of(inner), hash(str(inner)[:_LONG]) or 1)
    nested = {name: inner for name, inner in value.items() if isinstance(inner, dict | list)}
    for at, (path, leaf) in enumerate(_leaves(nested, 0, ())):
        if at >= _MOST_LEAVES:
            break
        names[hash(path)] = (kind_of(leaf), 0)
    named = next((value[name] for name in _OPERATIONS if isinstance(value.get(name), str)), "")
    return OBJECT, named[:80]


def _leaves(value: Any, depth: int, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the scalars in a JSON value with their paths; all elements of a list share one path."""
    if depth >= _DEEPEST:
        return
    if isinstance(value, dict):
        for name, inner in list(value.items())[:_MOST_NAMES]:
            yield from _leaves(inner, depth + 1, (*path, name))
    elif isinstance(value, list):
        for inner in value[:_MOST_ELEMENTS]:
            yield from _leaves(inner, depth + 1, (*path, "[]"))
    else:
        yield path, value
