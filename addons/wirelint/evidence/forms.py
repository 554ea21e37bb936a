"""Read forms (``application/x-www-form-urlencoded``) of any length as mappings."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

_READ: Final = 4 * 1024
_MOST: Final = 64


def form_fields(text: str) -> dict[str, str]:
    """Return the fields of a form by name: at most the first 64 in the first 4 KiB; of equal names the last counts."""
    return dict(parse_qsl("&".join(text[:_READ].split("&", _MOST)[:_MOST])))
