"""Find errors at the end of streams: server-sent events, and JSON lines."""

from __future__ import annotations

from typing import Any, Final

from wirelint.core.body import Body
from wirelint.core.json_parts import value_of
from wirelint.core.media import Kind

_LONGEST_LINE: Final = 4 * 1024
_LINES: Final = frozenset({Kind.JSON, Kind.LINES, Kind.TEXT, Kind.NONE})


def last_object(body: Body) -> dict[str, Any] | None:
    """Return the object that may be an error at the end of a stream: of its only event, or of the last JSON line.

    None for anything else, and for content that was not captured completely: an error in the middle is not the outcome.
    """
    content = body.content
    if not content or not body.complete:
        return None
    if body.media.kind is Kind.EVENTS:
        return _only_event(content)
    if body.media.kind not in _LINES or content[:1] != b"{":
        return None
    lines = content.rstrip()
    start = lines.rfind(b"\n") + 1
    if not start or len(lines) - start > _LONGEST_LINE or b'"err' not in lines[start:].lower():
        return None
    first = value_of(lines[: lines.find(b"\n")])
    last = value_of(lines[start:])
    return last if isinstance(first, dict) and isinstance(last, dict) else None


def _only_event(content: bytes) -> dict[str, Any] | None:
    if len(content) > _LONGEST_LINE:
        return None
    data = []
    for line in content.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        if name in ("data", "error") and value.strip() not in ("", "[DONE]"):
            data.append((name, value.strip()))
    if len(data) != 1:
        return None
    value = value_of(data[0][1].encode())
    if not isinstance(value, dict):
        return None
    return {"error": value} if data[0][0] == "error" and "error" not in value else value


def last_event(body: Body) -> dict[str, Any] | None:
    """Return the object in the last event of a complete stream, such as a reply behind notifications."""
    content = body.content
    if not content or not body.complete or body.media.kind is not Kind.EVENTS:
        return None
    lines = content.rstrip()
    start = lines.rfind(b"\ndata:") + 1
    data = lines[start:].partition(b"\n")[0]
    if not data.startswith(b"data:") or len(data) > _LONGEST_LINE:
        return None
    value = value_of(data[len(b"data:") :].strip())
    return value if isinstance(value, dict) else None
