"""Request methods: which are shown by name, and which ask for no change."""

from __future__ import annotations

from typing import Final

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"})
"""Methods that are shown by name; others are ``_OTHER``, as OpenTelemetry has it."""

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
"""Methods that ask for no change (RFC 9110 §9.2.1)."""

UNSAFE: Final = "POST PUT PATCH DELETE CONNECT _OTHER"
"""All other methods, by name, as ``When`` has them."""


def method_name(method: str) -> str:
    """A method as it is shown."""
    return method if method in METHODS else "_OTHER"
