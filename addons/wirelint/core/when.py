"""Conditions that select exchanges for a rule or a memory, by status, method, kind of content and fields."""

from __future__ import annotations

import functools
from typing import Final

import msgspec

from wirelint.core.media import Kind


@functools.lru_cache(maxsize=4096)  # the texts are those of rules, of which many have the same
def _admits(statuses: str, status: int | None) -> bool:
    names = statuses.split()
    if status is None:
        return "none" in names
    return not names or str(status) in names or f"{status // 100}xx" in names


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
            (not self.media or kind is None or kind in self.media)
            and (not self.method or method in self.method.split())
            and _admits(self.status, status)
        )

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
