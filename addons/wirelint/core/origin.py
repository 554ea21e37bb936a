"""The origin of recorded traffic."""

from __future__ import annotations

import msgspec


class Origin(msgspec.Struct, frozen=True):
    """The place that an exchange was read from: a file's name and the zero-based position in it."""

    file: str
    index: int
