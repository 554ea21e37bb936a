"""One change to mitmproxy: why, what it replaces, and on which versions it was tried."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final, Protocol

import msgspec
from mitmproxy import version
from mitmproxy.proxy import commands

TRIED_ON: Final = ("12.2.", "12.3.")
"""Versions of mitmproxy, by their beginnings, on which all patches were tried. On others the optional ones stay out."""

Commands = Generator[commands.Command, Any, None]


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """A change to mitmproxy's code at run time.

    Attributes:
        reason: what is wrong or slow without it, and what it does.
        replaces: the attributes that are replaced, by their full names.
        upstream: mitmproxy's issue about it; empty if none was found.
        test: the test that fails without it.
        option: mitmproxy option that turns it off; empty if it belongs to a mode of ours.
    """

    reason: str
    replaces: tuple[str, ...]
    upstream: str = ""
    test: str
    option: str = ""


class Replace(Protocol):
    """Replaces an attribute until it is taken back."""

    def __call__(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Put ``make(present value)`` into ``owner.name``."""


def is_tried() -> bool:
    """Return whether the patches were tried on the installed mitmproxy."""
    return version.VERSION.startswith(TRIED_ON)
