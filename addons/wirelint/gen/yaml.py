"""As much YAML as rule files are made of."""

from __future__ import annotations

import json
from collections.abc import Mapping


def scalar(text: str) -> str:
    """A string that stands for itself, in double quotes; every JSON string is one in YAML."""
    return json.dumps(text, ensure_ascii=False)


def block(text: str, indent: int) -> str:
    """A string of one or more lines as they are, for after a key.

    :param indent: of the lines, in columns.
    """
    return "|-\n" + "\n".join(" " * indent + line if line else "" for line in text.splitlines())


def mapping(values: Mapping[str, str], indent: int) -> list[str]:
    """Lines of a mapping of strings."""
    return [f"{' ' * indent}{name}: {scalar(value)}" for name, value in values.items()]
