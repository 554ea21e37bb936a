"""Which exchanges a rule can apply to, or a memory wants to note, told by what is known of them at a glance."""

from __future__ import annotations

from typing import Final

from wirelint.core.media import Kind


class When:
    """The exchanges a rule can apply to: its opportunities. All conditions given must hold.

    :param status: codes, classes (``2xx``) and ``none`` (no response) apart by spaces; empty for all with a response.
    :param method: names among ``METHODS``, or ``_OTHER``, apart by spaces; empty for all.
    :param media: kinds of response content; empty for all.
    :param response_fields: of these at least one must be present; empty for all.
    :param request_fields: likewise.
    """

    __slots__ = ("_methods", "_statuses", "media", "method", "request_fields", "response_fields", "status")

    def __init__(
        self,
        *,
        status: str = "",
        method: str = "",
        media: tuple[Kind, ...] = (),
        response_fields: tuple[str, ...] = (),
        request_fields: tuple[str, ...] = (),
    ) -> None:
        self.status = status
        self.method = method
        self.media = media
        self.response_fields = response_fields
        self.request_fields = request_fields
        self._statuses = frozenset(status.split())
        self._methods = frozenset(method.split())

    def fits(self, status: int | None, method: str, kind: Kind | None = None) -> bool:
        """Whether status, method and kind of content are among those named.

        :param status: None where there was no response.
        :param kind: None for any.
        """
        return (
            self._has(status)
            and (not self._methods or method in self._methods)
            and (kind is None or not self.media or kind in self.media)
        )

    def _has(self, status: int | None) -> bool:
        if status is None:
            return "none" in self._statuses
        return not self._statuses or str(status) in self._statuses or f"{status // 100}xx" in self._statuses

    def has(self, asked: frozenset[str], got: frozenset[str]) -> bool:
        """Whether one of the fields is there that must be, by the names of those of the request and of the response."""
        return (not self.request_fields or not asked.isdisjoint(self.request_fields)) and (
            not self.response_fields or not got.isdisjoint(self.response_fields)
        )


ALWAYS: Final = When(status="none 1xx 2xx 3xx 4xx 5xx")
"""All exchanges, those without a response included."""
