"""Create messages without type checks of their fields."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from mitmproxy import http

from wirelint.sources.mitm.patches.patch import Patch, is_tried

PATCH: Final = Patch(
    reason="the checks take a tenth of mitmproxy's time; they find mistakes of scripts, and the proxy runs none",
    replaces=("mitmproxy.http.MessageData.__post_init__",),
    test="tests/sources/mitm/patches/test_addon_dispatch.py::test_checks_of_messages_come_back",
)


@contextlib.contextmanager
def trusted() -> Iterator[None]:
    """Create messages without type checks of their fields from now on.

    The checks are a tenth of mitmproxy's work and find mistakes of scripts, so use this only in processes without
    scripts.
    """
    original = vars(http.MessageData).get("__post_init__")
    if original is None or not is_tried():
        yield
        return
    http.MessageData.__post_init__ = _unchecked  # type: ignore[method-assign]
    try:
        yield
    finally:
        http.MessageData.__post_init__ = original  # type: ignore[method-assign]


def _unchecked(_message: http.MessageData) -> None:
    """Replace the checks."""
