"""Where exchanges come from: live traffic, and files that others recorded.

A reader of files is a generator. It yields an ``Exchange`` for each record it understands and ``Skipped`` for each
that it does not, so that one broken record never hides the others.
"""

from __future__ import annotations

import msgspec


class Skipped(msgspec.Struct, frozen=True):
    """A record that became no exchange: its zero-based position in the file, and why in a few words."""

    index: int
    why: str


class UnreadableError(Exception):
    """The file as a whole is not what it was taken for; the message fits on one line."""
