"""Make the JSON schema of the configuration file, for editors, from the options and the tables' classes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import click
import msgspec

from wirelint.cli import cli
from wirelint.core.finding import Severity
from wirelint.core.knowledge import PLAIN
from wirelint.core.rule import Rule
from wirelint.evidence.protocols import NAMES
from wirelint.settings.options import options_of, settable, takes_list
from wirelint.settings.profiles import PROFILES
from wirelint.settings.selection import ALL
from wirelint.settings.tables import PolicyFile

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ARGUMENTS: Final = {"services": "Services to stand in front of, each as [NAME=]URL[@PORT]."}


def text(rules: Sequence[Rule]) -> str:
    """Return the schema.

    :param rules: all rules.
    """
    made = msgspec.json.schema(PolicyFile)
    definitions: dict[str, Any] = made["$defs"]
    top = definitions.pop("PolicyFile")
    _name_words(definitions, top["properties"], rules)
    commands = _commands()
    anywhere = {name: _any_of(name, commands) for options in commands.values() for name in options}
    tables = {
        name: {"description": f"Settings of wirelint {name} alone.", **_table(options)}
        for name, options in commands.items()
        if options
    }
    whole = {
        "$schema": _DIALECT,
        "title": "wirelint.toml, or [tool.wirelint] in pyproject.toml",
        **_table({**anywhere, **top["properties"], **tables}),
        "$defs": definitions,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _table(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(sorted(properties.items())), "additionalProperties": False}


def _commands() -> dict[str, dict[str, Any]]:
    context = click.Context(cli)
    found = {}
    for name, known in settable(cli).items():
        command = cli.get_command(context, name)
        options = options_of(command) if command is not None else {}
        found[name] = {key: _option(item) for key, item in options.items() if key in known}
    return found


def _any_of(name: str, commands: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of an option at the top level: the values that any command accepts."""
    found: list[dict[str, Any]] = []
    for options in commands.values():
        if name in options and options[name] not in found:
            found.append(options[name])
    return found[0] if len(found) == 1 else {"anyOf": found}


def _option(item: click.Parameter) -> dict[str, Any]:
    about = item.help if isinstance(item, click.Option) else _ARGUMENTS.get(item.name or "")
    schema: dict[str, Any] = {"description": about or ""}
    kind = item.type
    if takes_list(item):
        return schema | {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}
    if isinstance(item, click.Option) and item.is_flag:
        return schema | {"type": "boolean"}
    if isinstance(kind, click.Choice):
        return schema | {"enum": list(kind.choices)}
    if isinstance(kind, click.IntRange | click.FloatRange):
        bounds = {"minimum": kind.min, "maximum": kind.max}
        number = "integer" if isinstance(kind, click.IntRange) else "number"
        return schema | {"type": number} | {name: bound for name, bound in bounds.items() if bound is not None}
    if isinstance(kind, click.types.IntParamType):
        return schema | {"type": "integer"}
    return schema | {"type": "string"}


def _name_words(definitions: dict[str, Any], top: dict[str, Any], rules: Sequence[Rule]) -> None:
    """Add the allowed words to members that the classes declare as text."""
    ids = [rule.id for rule in rules]
    words = [ALL, *sorted({rule.family for rule in rules}), *map(str, Severity), *ids]
    definitions["rule"] = {"enum": ids}
    definitions["rules"] = {"type": "array", "items": {"enum": words}}
    definitions["protocol"] = {"enum": [PLAIN, *NAMES]}
    definitions["profile"] = {"enum": list(PROFILES)}
    for properties in (top, *(each.get("properties", {}) for each in definitions.values())):
        for name, schema in properties.items():
            if name == "severity":
                schema["propertyNames"] = {"$ref": "#/$defs/rule"}
            elif name in ("select", "ignore", "extend-select"):
                properties[name] = {"$ref": "#/$defs/rules"}
            elif name in ("rule", "protocol", "profile"):
                properties[name] = {"$ref": f"#/$defs/{name}"}
