"""Where documents are: paths and URLs."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_url: Final = re.compile(r"https?://", re.IGNORECASE)


def is_url(source: str) -> bool:
    """Return whether a source is a URL rather than a path."""
    return _url.match(source) is not None


def shown(source: str) -> str:
    """Return a source as it may be shown: a URL without user, password and query."""
    if not is_url(source):
        return source
    try:
        parts = urlsplit(source)
    except ValueError:
        return "the URL"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
