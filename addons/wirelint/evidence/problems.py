"""Problem details (RFC 9457), declared or by their shape."""

from wirelint.core.exchange import Response


def is_problem(response: Response) -> bool:
    """Whether the content is a problem document: by media type, or by having ``type``, ``title`` and ``status``."""
    members = response.body.members
    if members is None:
        return False
    if response.media_type.essence == "application/problem+json":
        return True
    return isinstance(members.get("type"), str) and isinstance(members.get("title"), str) and "status" in members
