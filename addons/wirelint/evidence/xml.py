"""The little that rules want of an XML document: its root, its attributes, and the elements near the top."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple, cast
from xml.etree import ElementTree
from xml.parsers import expat

from wirelint.core.body import Body

_READ: Final = 16 * 1024
_MOST: Final = 64
_CODE_NAMES: Final = frozenset({"code", "errorcode", "error_code", "faultcode", "number", "type"})
_TEXT_NAMES: Final = frozenset(
    {
        "message",
        "msg",
        "description",
        "error",
        "errormessage",
        "detail",
        "details",
        "reason",
        "faultstring",
        "text",
        "string",
        "title",
        "err",
    }
)


class Element(NamedTuple):
    """An element as it began: depth (the root's is 0), local name and attributes in lower case, text at its start."""

    depth: int
    name: str
    attributes: dict[str, str]
    text: str


class Document(NamedTuple):
    """The first elements of a document, in order."""

    elements: tuple[Element, ...]

    @property
    def root(self) -> Element:
        """The outermost element."""
        return self.elements[0]

    @property
    def codes(self) -> tuple[str, ...]:
        """What elements that name a code hold."""
        return tuple(e.text for e in self.elements if e.name in _CODE_NAMES and e.text)

    @property
    def texts(self) -> tuple[str, ...]:
        """What elements that hold messages say."""
        return tuple(e.text for e in self.elements if e.name in _TEXT_NAMES and e.text)


def document(body: Body) -> Document | None:
    """Read the beginning of a body as XML; None where it is none, or where it declares entities.

    Works on prefixes. At most 16 KiB and 64 elements are looked at.
    """
    content = body.content
    if not content:
        return None
    head = content[:_READ].lstrip()
    # A document type can declare entities that grow without bound; error documents have none.
    if (
        head[:1] != b"<"
        or b"<!ENTITY" in head
        or head[:5].lower() == b"<html"
        or b"<!doctype html" in head[:256].lower()
    ):
        return None
    parser: ElementTree.XMLPullParser[Any] = ElementTree.XMLPullParser(("start", "end"))
    try:
        parser.feed(head)
    except (ElementTree.ParseError, expat.ExpatError, ValueError, LookupError):
        return None
    return _document(parser)


def _document(parser: ElementTree.XMLPullParser[Any]) -> Document | None:
    depth = 0
    seen: list[tuple[int, ElementTree.Element]] = []
    try:
        for event, element in cast("Iterable[tuple[str, Any]]", parser.read_events()):
            if not isinstance(element, ElementTree.Element):
                continue
            if event == "start":
                if len(seen) < _MOST:
                    seen.append((depth, element))
                depth += 1
            else:
                depth -= 1
    except (ElementTree.ParseError, expat.ExpatError, ValueError):
        pass  # what came before the fault stands
    if not seen:
        return None
    return Document(
        tuple(
            Element(
                depth,
                _local(element.tag),
                {_local(name): value for name, value in element.attrib.items()},
                (element.text or "").strip()[:512],
            )
            for depth, element in seen
        )
    )


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()
