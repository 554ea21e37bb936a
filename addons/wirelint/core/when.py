"""Which exchanges a rule can apply to, or a memory wants to note, told by what is known of them at a glance."""

from __future__ import annotations

import functools
from typing import Final

import msgspec

from wirelint.core.media import Kind


class When(msgspec.Struct, frozen=True, kw_only=True):
    """The exchanges a rule can apply to: its opportunities. All conditions given must hold.

    ``status``: codes, classes (``2xx``) and ``none`` (no response) apart by spaces; empty for all.
    ``method``: methods apart by spaces; empty for all.
    ``media``: kinds of response content; empty for all.
    ``response_fields``, ``request_fields``: of these at least one must be present.
    """

    status: str = ""
    method: str = ""
    media: tuple[Kind, ...] = ()
    response_fields: tuple[str, ...] = ()
    request_fields: tuple[str, ...] = ()

    def fits(self, status: int | None, method: str) -> bool:
        """Whether status and method are among those named; ``status`` is None where there was no response."""
        return _names(self.status, status) and (not self.method or method in self.method.split())


@functools.lru_cache(maxsize=4096)
def _names(words: str, status: int | None) -> bool:
    if not words:
        return status is not None
    if status is None:
        return "none" in words.split()
    return not {str(status), f"{status // 100}xx"}.isdisjoint(words.split())


ALWAYS: Final = When(status="none 1xx 2xx 3xx 4xx 5xx")
"""All exchanges, those without a response included."""
