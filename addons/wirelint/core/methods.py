"""Request methods: those shown by name, and those without side effects."""

from __future__ import annotations

from typing import Final

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"})
"""Methods that are shown by name; others are ``_OTHER``, as in OpenTelemetry."""

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
"""Safe methods (RFC 9110 §9.2.1)."""

UNSAFE: Final = "POST PUT PATCH DELETE CONNECT _OTHER"
"""All other methods, by name, for ``When``."""


def method_name(method: str) -> str:
    """Return a method's displayed name."""
    return method if method in METHODS else "_OTHER"
