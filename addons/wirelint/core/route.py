"""From a path to a route template: ``/users/42`` → ``/users/{id}`` (OpenTelemetry's ``http.route``).

A template must be the same for all instances of a resource, and must not carry what a client chose freely: anything
that does not read like a word a developer would have typed is folded.
"""

from __future__ import annotations

import functools
import re
from typing import Final

_MOST_SEGMENTS: Final = 12
_LONGEST_WORD: Final = 40
_LONGEST_PLAIN: Final = 31  # one more, and it may be a UUID
_LONGEST_PATH: Final = 1024

_uuid: Final = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
_date: Final = re.compile(r"\d{4}-\d{2}-\d{2}(T[\d:.Z+-]{0,30})?")
# Words of letters, joined by - _ . or camel case, with the few digits that names really carry: v1, oauth2, s3, 2.0.
_word: Final = re.compile(r"[A-Za-z]+\d{0,2}([A-Za-z]{1,12}\d{0,2})?")
_version: Final = re.compile(r"v?\d{1,2}(\.\d{1,2}){0,2}([A-Za-z]{2,8}\d{0,2})?")
_joint: Final = re.compile(r"[-_.~:$@,+!()*'=;&]+|%[0-9A-Fa-f]{2}")
_hex: Final = re.compile(r"[0-9a-fA-F]{8,}")
_digit_inside: Final = re.compile(r"\d[A-Za-z]")
_numbered: Final = re.compile(r"[-_]\d+$")  # tea-41, user_62
_piece: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]")


@functools.lru_cache(maxsize=8192)  # words come back in path after path, ids do not
def _template(segment: str) -> str:  # noqa: PLR0911 - a table of shapes
    if segment in ("", "*"):  # OPTIONS *
        return segment
    if len(segment) <= _LONGEST_PLAIN and segment.isascii() and segment.isalpha() and segment.islower():
        return segment
    if segment.isdigit():
        return "{id}"
    if _uuid.fullmatch(segment):
        return "{uuid}"
    if _date.match(segment):
        return "{date}"
    if len(segment) > _LONGEST_WORD:
        return "{token}"
    if _version.fullmatch(segment) and segment[0] == "v":
        return segment
    if _numbered.search(segment):
        return "{id}"
    parts = [part for part in _joint.split(segment) if part]
    words = all(_is_word(part) for part in parts)
    if words and parts:
        return segment if segment.isascii() else "{name}"
    return "{id}"


def _is_word(part: str) -> bool:
    if part.isdigit():
        return len(part) <= 2
    if _version.fullmatch(part):
        return True
    if not _word.fullmatch(part):
        return False
    if _hex.fullmatch(part) and any(c.isdigit() for c in part):
        return False
    if _digit_inside.search(part) and not part.islower():
        return False
    # Camel case is made of words; random letters fall apart into pieces of one or two.
    pieces = _piece.findall(part)
    short = sum(len(piece) <= 2 for piece in pieces)
    return len(pieces) < 3 or len(part) < 5 or short * 2 <= len(pieces)


def route(path: str) -> str:
    """The template of a path (without query).

    :param path: as in the request target; a long or deep one is folded behind its twelfth segment.
    """
    return _route(path[:_LONGEST_PATH])


@functools.lru_cache(maxsize=8192)
def _route(path: str) -> str:
    segments = path.split("/")
    folded = [_template(segment.partition(";")[0]) for segment in segments[: _MOST_SEGMENTS + 1]]
    if len(segments) > _MOST_SEGMENTS + 1:
        folded.append("…")
    return "/".join(folded) or "/"
