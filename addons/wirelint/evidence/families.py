"""Classify errors by their form, of which a service should use only one."""

from __future__ import annotations

from typing import Final

from wirelint.core.answers import once_per_answer
from wirelint.core.exchange import Exchange
from wirelint.core.media import Kind

HTML: Final = "HTML"
"""The form of error pages."""
ERROR: Final = '{error: "…"}'
MESSAGE: Final = '{message: "…"}'
BOTH: Final = '{error: "…", message: "…"}'
"""Clients that read either of the two also read this one."""

_TEXTS: Final = ("message", "msg", "detail", "error_description", "description", "title", "reason")
_FORMS: Final = ((dict, "{…}"), (list, "[…]"), (str, '"…"'))


@once_per_answer
def family(exchange: Exchange) -> str | None:
    """Return the display name of the form of a response's content; None if unknown.

    Use it for errors. Content that is empty, unavailable or truncated has no form.
    """
    response = exchange.response
    if response is None or response.body.empty or not response.body.complete:
        return None
    media = response.headers.media_type
    members = response.body.members
    if members is not None:
        return _of_members({name.lower(): value for name, value in members.items()}, media.essence)
    if media.kind is Kind.HTML:
        return HTML
    if media.kind is Kind.TEXT:
        return "plain text"
    return "XML" if media.kind is Kind.XML else None


def _of_members(members: dict[str, object], media: str) -> str | None:
    if "problem+" in media or {"type", "title", "status"} <= members.keys():
        return "problem details"
    message = members.get("message")
    if isinstance(message, str | list) and message and isinstance(error := members.get("error"), str) and error:
        return BOTH
    # Beside a message, a list of errors is its details, which an error may lack.
    names = ("error",) if isinstance(message, str) else ("error", "errors")
    for name in names:
        for kind, form in _FORMS:
            if isinstance(value := members.get(name), kind) and value:
                return f"{{{name}: {form}}}"
    if any(isinstance(members.get(name), str) for name in _TEXTS):
        return MESSAGE
    return None
