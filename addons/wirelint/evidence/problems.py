"""Recognise problem details (RFC 9457), declared or by their shape."""

from typing import Final

from wirelint.core.exchange import Response

_SHAPE: Final = frozenset({"type", "title", "status"})


def is_problem(response: Response) -> bool:
    """Return whether the content is a problem document: by media type, or by ``type``, ``title`` and ``status``."""
    body = response.body
    top = body.top_level if body.complete else body.members
    if top is None:
        return False
    if response.headers.media_type.essence == "application/problem+json":
        return True
    if not top.keys() >= _SHAPE:
        return False
    members = body.members or {}
    return isinstance(members.get("type"), str) and isinstance(members.get("title"), str)
