"""The Lua filter with a user's settings in it."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from wirelint.core.credentials import FIELDS

BODY_LIMIT: Final = 4096
"""Octets of each body to copy, by default."""

TEXTS: Final = ("json", "text/", "xml", "x-www-form-urlencoded", "javascript", "graphql", "grpc", "yaml", "csv")
"""Words in the media types of bodies to copy, by default."""

SECRETS: Final = tuple(sorted({"authorization", "proxy-authorization", "cookie", "set-cookie", *FIELDS}))
"""Fields whose values can be left out."""


class FilterSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the filter.

    :param body_limit: octets of each body to copy; 0 for none.
    :param texts: words that the media type of a copied body holds one of.
    :param leave_out: put marks in place of the values of fields that carry credentials.
    """

    body_limit: int = BODY_LIMIT
    texts: Sequence[str] = TEXTS
    leave_out: bool = False


def script(settings: FilterSettings) -> str:
    """Return the source code of the filter."""
    text = importlib.resources.files("wirelint.sources.envoy").joinpath("filter.lua").read_text(encoding="utf-8")
    secrets = f"{{ {', '.join(f'[{_quoted(name)}] = true' for name in SECRETS)} }}" if settings.leave_out else "{}"
    values = {
        "LIMIT": str(settings.body_limit),
        "TEXT": f"{{ {', '.join(map(_quoted, settings.texts))} }}",
        "SECRET": secrets,
    }
    lines = text.splitlines()
    return "\n".join(_with_values(lines, values)) + "\n"


def _with_values(lines: Iterable[str], values: dict[str, str]) -> Iterable[str]:
    for line in lines:
        name = line.removeprefix("local ").partition(" = ")[0]
        yield f"local {name} = {values[name]}" if name in values else line


def _quoted(text: str) -> str:
    """Return a Lua string. All that is not plain is left out: it has no place in names and media types."""
    return '"' + "".join(c for c in text.lower() if c.isascii() and (c.isalnum() or c in "-+./_*")) + '"'
