"""How much may wait, and how long a frame may be."""

from __future__ import annotations

from typing import Final

from wirelint.sources.mitm.record import CONTENT_LIMIT
from wirelint.sources.mitm.settings import ProxySettings

_HEADS: Final = 4 * 1024 * 1024
"""Octets of the heads of one exchange, to which mitmproxy sets no bound of its own."""


def longest(settings: ProxySettings) -> int:
    """Most octets of one frame."""
    return 2 * max(settings.body_limit, CONTENT_LIMIT) + _HEADS
