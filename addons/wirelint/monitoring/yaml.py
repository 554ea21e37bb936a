"""Write the subset of YAML that rule files need."""

from __future__ import annotations

import json
from collections.abc import Mapping


def scalar(text: str) -> str:
    """Return a string in double quotes; every JSON string is valid YAML."""
    return json.dumps(text, ensure_ascii=False)


def block(text: str, indent: int) -> str:
    """Return a literal string of one or more lines, for after a key.

    :param indent: indentation of the lines, in columns.
    """
    return "|-\n" + "\n".join(" " * indent + line if line else "" for line in text.splitlines())


def mapping(values: Mapping[str, str], indent: int) -> list[str]:
    """Return the lines of a mapping of strings."""
    return [f"{' ' * indent}{name}: {scalar(value)}" for name, value in values.items()]
