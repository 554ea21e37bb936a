"""Conditions that select exchanges for a rule or a memory, by status, method, kind of content and fields."""

from __future__ import annotations

import functools
from typing import Final

import msgspec

from wirelint.core.media import Kind


@functools.cache  # the texts are those that rules have
def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class When(msgspec.Struct, frozen=True, kw_only=True):
    """The exchanges to which a rule can apply: its opportunities. All given conditions must hold.

    :param status: codes, classes (``2xx``) and ``none`` (no response), separated by spaces; empty for all with a
        response.
    :param method: names among ``METHODS``, or ``_OTHER``, separated by spaces; empty for all.
    :param media: kinds of response content; empty for all.
    :param response_fields: at least one of these must be present; empty for all.
    :param request_fields: the same for the request.
    """

    status: str = ""
    method: str = ""
    media: tuple[Kind, ...] = ()
    response_fields: tuple[str, ...] = ()
    request_fields: tuple[str, ...] = ()

    def fits(self, status: int | None, method: str, kind: Kind | None = None) -> bool:
        """Return whether status, method and kind of content match.

        :param status: None without a response.
        :param kind: None for any.
        """
        return (
            self._has(status)
            and (not self.method or method in _words(self.method))
            and (kind is None or not self.media or kind in self.media)
        )

    def _has(self, status: int | None) -> bool:
        statuses = _words(self.status)
        if status is None:
            return "none" in statuses
        return not statuses or str(status) in statuses or f"{status // 100}xx" in statuses

    def has(self, asked: frozenset[str], got: frozenset[str]) -> bool:
        """Return whether at least one field of each list is present.

        :param asked: names of the request's fields.
        :param got: names of the response's.
        """
        return (not self.request_fields or not asked.isdisjoint(self.request_fields)) and (
            not self.response_fields or not got.isdisjoint(self.response_fields)
        )


ALWAYS: Final = When(status="none 1xx 2xx 3xx 4xx 5xx")
"""All exchanges, those without a response included."""
