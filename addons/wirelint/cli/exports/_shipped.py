"""Read the files that come with wirelint: from the installed package, or from the checkout that it runs from."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import wirelint

_CHECKOUT: Final = Path(wirelint.__file__).parents[2]


def shipped(*parts: str) -> dict[str, str]:
    """Return files by their path from the top of the repository.

    :param parts: files, and folders with all that is in them.
    """
    inside = resources.files("wirelint").joinpath("shipped")
    top: Traversable = inside if inside.is_dir() else _CHECKOUT
    found: dict[str, str] = {}
    for part in parts:
        _collect(top.joinpath(part), part, found)
    return found


def _collect(at: Traversable, path: str, found: dict[str, str]) -> None:
    if at.is_dir():
        for each in at.iterdir():
            _collect(each, f"{path}/{each.name}", found)
    else:
        found[path] = at.read_text(encoding="utf-8")
