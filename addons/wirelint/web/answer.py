"""Answers of the server as plain values."""

from __future__ import annotations

from typing import Final

import msgspec

JSON: Final = "application/json"
FRESH: Final = ("Cache-Control", "no-store")


class Answer(msgspec.Struct, frozen=True):
    """A response; ``fields`` are its fields except type and length."""

    status: int
    type: str
    content: bytes
    fields: tuple[tuple[str, str], ...] = (FRESH,)


def problem(status: int, detail: str, *fields: tuple[str, str]) -> Answer:
    """Return an error as JSON; ``detail`` never quotes the request."""
    content = msgspec.json.encode({"error": detail})
    return Answer(status, JSON, content, (FRESH, *fields))
