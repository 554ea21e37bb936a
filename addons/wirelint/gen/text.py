"""Convert the texts of rules to Markdown."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from wirelint.core.rule import SECTIONS, Rule

_code: Final = re.compile(r"``([^`]+)``")
_bare: Final = re.compile(r"(?<!<)(https?://\S+)")


def inline(text: str) -> str:
    """Return a docstring's text as Markdown."""
    return _code.sub(r"`\1`", text)


def sections(rule: Rule) -> dict[str, str]:
    """Return the rule's docstring by heading, as Markdown, in the order of ``SECTIONS``.

    :raises ValueError: a section is missing, empty, unknown or out of order; the message names the rule.
    """
    found: dict[str, list[str]] = {}
    lines = [*rule.text.splitlines(), ""]
    current: list[str] | None = None
    for line, following in pairwise(lines):
        if line and following and set(following) == {"-"}:
            current = found.setdefault(line.strip(), [])
        elif line and set(line) == {"-"}:
            continue
        elif current is not None:
            current.append(line.rstrip())
    if tuple(found) != SECTIONS or not all("".join(body).strip() for body in found.values()):
        raise ValueError(f"{rule.id}: its docstring must have, in this order, {', '.join(SECTIONS)}")
    return {name: inline("\n".join(body).strip()) for name, body in found.items()}


def references(text: str) -> str:
    """Turn bare URLs into links; GitHub does so by itself, other renderers do not."""
    return _bare.sub(r"<\1>", text)


def cell(text: str) -> str:
    """Return text for a cell of a table."""
    return " ".join(inline(text).split()).replace("|", "\\|")


def family_title(name: str) -> str:
    """Return the title of a family: its folder's name as words."""
    return name.replace("_", " ").capitalize()
