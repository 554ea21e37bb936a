"""Distinguish requests of the page itself from those that another site makes the browser send (CSRF)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

HEADER: Final = "wirelint-page"
"""A field that the page sends. A browser lets another site send it only after a preflight, which is refused."""


def is_own(fields: Mapping[str, str]) -> bool:
    """Return whether a request that changes something comes from the page, or from a client that is no browser.

    :param fields: of the request, names in lower case. Its Host field was checked before.
    """
    if HEADER not in fields or fields.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = fields.get("origin")
    return origin is None or origin.partition("://")[2] == fields.get("host", "")
