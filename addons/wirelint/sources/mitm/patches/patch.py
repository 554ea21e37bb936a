"""Describe one change to mitmproxy: its reason, the replaced attributes, and the tested versions."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final, Protocol

import msgspec
from mitmproxy import version
from mitmproxy.proxy import commands

TRIED_ON: Final = ("12.2.", "12.3.")
"""Tested versions of mitmproxy, by their beginnings. On others the optional patches are not applied."""

Commands = Generator[commands.Command, Any, None]


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """A change to mitmproxy's code at run time.

    Attributes:
        reason: what is wrong or slow without it, and what the patch does.
        replaces: the attributes that are replaced, by their full names.
        upstream: mitmproxy's issue about it; empty if none was found.
        test: the test that fails without it.
        option: mitmproxy option that turns it off; empty if it belongs to one of our modes.
    """

    reason: str
    replaces: tuple[str, ...]
    upstream: str = ""
    test: str
    option: str = ""


class Replace(Protocol):
    """Replaces an attribute until it is reverted."""

    def __call__(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Put ``make(present value)`` into ``owner.name``."""


def is_tried() -> bool:
    """Return whether the patches were tested on the installed mitmproxy."""
    return version.VERSION.startswith(TRIED_ON)
