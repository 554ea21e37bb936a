"""Which exchanges a rule can apply to, or a memory wants to note, told by what is known of them at a glance."""

from __future__ import annotations

import functools
from typing import Final

import msgspec

from wirelint.core.media import Kind


class When(msgspec.Struct, frozen=True, kw_only=True):
    """The exchanges a rule can apply to: its opportunities. All conditions given must hold.

    ``status``: codes, classes (``2xx``) and ``none`` (no response) apart by spaces; empty for all.
    ``method``: names among ``METHODS``, or ``_OTHER``, apart by spaces; empty for all.
    ``media``: kinds of response content; empty for all.
    ``response_fields``, ``request_fields``: of these at least one must be present.
    """

    status: str = ""
    method: str = ""
    media: tuple[Kind, ...] = ()
    response_fields: tuple[str, ...] = ()
    request_fields: tuple[str, ...] = ()

    def fits(self, status: int | None, method: str, kind: Kind | None = None) -> bool:
        """Whether status, method and kind of content are among those named.

        :param status: None where there was no response.
        :param kind: None for any.
        """
        return (
            _names(self.status, status)
            and (not self.method or method in self.method.split())
            and (kind is None or not self.media or kind in self.media)
        )

    def has(self, asked: frozenset[str], got: frozenset[str]) -> bool:
        """Whether one of the fields is there that must be, by the names of those of the request and of the response."""
        return (not self.request_fields or not asked.isdisjoint(self.request_fields)) and (
            not self.response_fields or not got.isdisjoint(self.response_fields)
        )


@functools.lru_cache(maxsize=4096)
def _names(words: str, status: int | None) -> bool:
    if not words:
        return status is not None
    if status is None:
        return "none" in words.split()
    return not {str(status), f"{status // 100}xx"}.isdisjoint(words.split())


ALWAYS: Final = When(status="none 1xx 2xx 3xx 4xx 5xx")
"""All exchanges, those without a response included."""
