"""Media types (RFC 9110 §8.3.1), and the kinds of content that rules distinguish."""

from __future__ import annotations

import enum
import functools
from typing import Final, NamedTuple


class Kind(enum.StrEnum):
    """The kind of content of a media type; ``LINES`` are JSON lines."""

    JSON = "json"
    XML = "xml"
    HTML = "html"
    TEXT = "text"
    FORM = "form"
    EVENTS = "events"
    GRPC = "grpc"
    MULTIPART = "multipart"
    NONE = "none"
    LINES = "lines"
    OTHER = "other"


class MediaType(NamedTuple):
    """A parsed Content-Type: ``essence`` is ``type/subtype`` in lower case, empty if there is none."""

    essence: str
    charset: str
    kind: Kind
    boundary: str = ""


_NONE: Final = MediaType("", "", Kind.NONE)
_LONGEST: Final = 512
_JSON_LINES: Final = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/json-seq",
    }
)


# Types from before the +json suffix, such as Amazon's protocols.
_JSON_NAMES: Final = frozenset(
    {
        "text/x-json",
        "application/x-json",
        "application/json-rpc",
        "application/jsonrequest",
        "application/x-amz-json-1.0",
        "application/x-amz-json-1.1",
    }
)


def _kind(essence: str) -> Kind:  # noqa: C901, PLR0911 - a table of names
    if not essence:
        return Kind.NONE
    if essence in _JSON_LINES:
        return Kind.LINES
    subtype = essence.partition("/")[2]
    if subtype == "json" or subtype.endswith("+json") or essence in _JSON_NAMES:
        return Kind.JSON
    if essence in ("text/html", "application/xhtml+xml"):
        return Kind.HTML
    if subtype == "xml" or subtype.endswith("+xml"):
        return Kind.XML
    if essence == "application/x-www-form-urlencoded":
        return Kind.FORM
    if essence == "text/event-stream":
        return Kind.EVENTS
    if subtype == "grpc" or subtype.startswith(("grpc+", "grpc-web")):
        return Kind.GRPC
    if essence.startswith("multipart/"):
        return Kind.MULTIPART
    if essence == "text/plain":
        return Kind.TEXT
    return Kind.OTHER


def media_type(value: str | None) -> MediaType:
    """Parse a Content-Type field value; of a malformed one, return the readable part."""
    return _parse(value) if value and len(value) <= _LONGEST else _NONE


@functools.lru_cache(maxsize=1024)
def _parse(value: str) -> MediaType:
    essence, _, parameters = value.partition(";")
    essence = essence.strip().lower()
    charset = boundary = ""
    for parameter in parameters.split(";"):
        name, _, text = parameter.partition("=")
        name = name.strip().lower()
        if name == "charset":
            charset = text.strip().strip("\"'").lower()
        elif name == "boundary":
            boundary = text.strip().strip('"')
    return MediaType(essence, charset, _kind(essence), boundary)
