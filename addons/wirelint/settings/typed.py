"""Convert TOML to typed values, with messages that name the key and the most similar valid word."""

from __future__ import annotations

import datetime
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta

from wirelint.settings.file import ConfigError, nearest

Text = Annotated[str, Meta(min_length=1, max_length=1000)]
Share = Annotated[float, Meta(ge=0, le=1)]
Words = Annotated[list[Text], Meta(max_length=1000)]


def table_of[T: msgspec.Struct](values: object, kind: type[T], place: str = "") -> T:
    """Return a TOML table as a struct. Keys may be in kebab case or with underscores.

    :param kind: a class of ``msgspec.Struct`` whose keys are renamed to kebab case.
    :param place: the table's own key, for messages; empty at the top level.
    :raises ConfigError: a key is unknown or missing, or a value is not of its type; the message names the key.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"{place}: must be a table")
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    found = {}
    for key, value in values.items():
        folded = key.replace("_", "-")
        here = f"{place}.{key}".lstrip(".")
        if folded not in fields:
            raise ConfigError(f"{here}: unknown setting{nearest(folded, fields)}")
        found[fields[folded].name] = _value(value, fields[folded].type, here)
    for field in fields.values():
        if field.required and field.name not in found:
            raise ConfigError(f"{place}: {field.encode_name} is missing")
    return kind(**found)


def _value(value: object, kind: Any, place: str) -> Any:
    if get_origin(kind) is Annotated:
        bare = get_args(kind)[0]
        if get_origin(bare) is list:
            return _value(value, bare, place)
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return table_of(value, kind, place)
    elif get_origin(kind) is dict:
        if not isinstance(value, Mapping):
            raise ConfigError(f"{place}: must be a table")
        return {key: _value(inner, get_args(kind)[1], f"{place}.{key}") for key, inner in value.items()}
    if get_origin(kind) is list:
        if not isinstance(value, list):
            raise ConfigError(f"{place}: must be a list")
        return [_value(inner, get_args(kind)[0], f"{place}[{at}]") for at, inner in enumerate(value)]
    inner = _without_none(kind)
    if inner is not kind:
        return _value(value, inner, place)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{place}: {_complaint(value, kind)}") from error


def _without_none(kind: Any) -> Any:
    members = [member for member in get_args(kind) if member is not type(None)]
    union = get_origin(kind) is typing.Union or type(kind).__name__ == "UnionType"
    return members[0] if union and len(members) == 1 else kind


def _complaint(value: object, kind: Any) -> str:
    if get_origin(kind) is Literal:
        words = get_args(kind)
        hint = nearest(value, words) if isinstance(value, str) else ""
        return f"must be one of {', '.join(words)}{hint}"
    if kind is datetime.date:
        return "must be a date: 2027-01-31"
    if kind == Share:
        return "must be a number from 0 to 1"
    if not isinstance(value, str):
        return "must be a text"
    return "must not be empty" if not value else "is too long"
