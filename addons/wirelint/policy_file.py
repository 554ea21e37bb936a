"""The tables of a configuration file that say what is in force where, and how they are read.

What holds for all services stands at the top level, for one below ``[service.NAME]``, for one of its routes in
``[[service.NAME.route]]``. These classes are also what the file's JSON schema is made from.
"""

from __future__ import annotations

import datetime
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import msgspec
from msgspec import Meta

from wirelint.config import Config, ConfigError, nearest

SeverityName = Literal["info", "low", "medium", "high"]
ConfidenceName = Literal["weak", "strong", "certain"]
Text = Annotated[str, Meta(min_length=1, max_length=1000)]
Share = Annotated[float, Meta(ge=0, le=1)]
Words = Annotated[list[Text], Meta(max_length=1000)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """A table whose keys are written in kebab case."""


class Credentials(_Table, frozen=True, kw_only=True):
    """Names under which requests carry credentials, beside those that are known to everybody."""

    headers: Words = []
    cookies: Words = []
    query: Words = []


class Told(_Table, frozen=True, kw_only=True):
    """What can be said at the top level, of a service, and of a route."""

    severity: dict[str, SeverityName] = {}
    error_when: Words = []
    credentials: Credentials = Credentials()
    protocol: Text | None = None


class Rules(Told, frozen=True, kw_only=True):
    """What can be said of a service and of a route beside that: which rules run, and how sure they must be."""

    profile: Text | None = None
    select: Words | None = None
    ignore: Words = []
    extend_select: Words = []
    min_confidence: ConfidenceName | None = None


class RouteTable(Rules, frozen=True, kw_only=True):
    """``[[service.NAME.route]]``."""

    match: Text


class ServiceTable(Rules, frozen=True, kw_only=True):
    """``[service.NAME]``; ``sample`` is the share of its exchanges that is audited."""

    sample: Share | None = None
    route: list[RouteTable] = []


class SuppressTable(_Table, frozen=True, kw_only=True):
    """``[[suppress]]``."""

    rule: Text
    reason: Text
    service: Text | None = None
    route: Text | None = None
    until: datetime.date | None = None


class PolicyFile(Told, frozen=True, kw_only=True):
    """The tables at the top level."""

    extend_select: Words = []
    service: dict[str, ServiceTable] = {}
    suppress: list[SuppressTable] = []


KEYS: Final = frozenset(field.encode_name for field in msgspec.structs.fields(PolicyFile))
"""The keys at the top level that are not options of the command line."""


def read(config: Config) -> PolicyFile:
    """The tables of a configuration file.

    :raises ConfigError: a key is unknown or missing, or a value is not of its type; the message names the key.
    """
    values = {key: value for key, value in config.values.items() if key.replace("_", "-") in KEYS}
    try:
        table: PolicyFile = _table(values, PolicyFile, "")
    except ConfigError as error:
        raise ConfigError(f"{config.path}: {error}") from error
    return table


def _table(values: object, kind: Any, place: str) -> Any:
    if not isinstance(values, Mapping):
        raise ConfigError(f"{place}: must be a table")
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    found = {}
    for key, value in values.items():
        folded = key.replace("_", "-")
        here = f"{place}.{key}".lstrip(".")
        if folded not in fields:
            raise ConfigError(f"{here}: no such setting{nearest(folded, fields)}")
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
        return _table(value, kind, place)
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
