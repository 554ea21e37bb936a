"""Read the beginning of an XML document: its root, its attributes, and the elements near the top."""

from __future__ import annotations

import contextlib
from typing import Final, NamedTuple
from xml.parsers import expat

from wirelint.core.body import Body

_READ: Final = 16 * 1024
_PIECE: Final = 2 * 1024
_MOST: Final = 64
_CODE_NAMES: Final = frozenset({"code", "errorcode", "error_code", "faultcode", "number", "type"})
_TEXT_NAMES: Final = frozenset(
    {
        "message",
        "msg",
        "description",
        "serviceexception",
        "exceptiontext",
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
    """The start of an element: depth (0 for the root), local name and attributes in lower case, text at its start."""

    depth: int
    name: str
    attributes: dict[str, str]
    text: str


class Document(NamedTuple):
    """The first elements of a document, in order."""

    elements: tuple[Element, ...]

    @property
    def root(self) -> Element:
        """Return the outermost element."""
        return self.elements[0]

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the contents of elements named as codes."""
        return tuple(e.text for e in self.elements if e.name in _CODE_NAMES and e.text)

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the contents of elements named as messages."""
        return tuple(e.text for e in self.elements if e.name in _TEXT_NAMES and e.text)


def document(body: Body) -> Document | None:
    """Read the beginning of a body as XML; None if it is not XML, or if it declares entities.

    Works on prefixes. At most 16 KiB and 64 elements are read.
    """
    content = body.content
    if not content:
        return None
    head = content[:_READ].lstrip()
    if head[:1] != b"<" or head[:5].lower() == b"<html" or b"<!doctype html" in head[:256].lower():
        return None
    seen = _Beginning()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = seen.start
    parser.EndElementHandler = seen.end
    parser.CharacterDataHandler = seen.text.append
    # The part before a fault is kept.
    with contextlib.suppress(expat.ExpatError, ValueError, LookupError):
        for at in range(0, len(head), _PIECE):
            parser.Parse(head[at : at + _PIECE], False)
            if seen.full:
                break
        else:
            parser.Parse(b"", True)  # the part that the parser held back
    elements = seen.taken()
    return Document(elements) if elements else None


def _refuse(*_declaration: object) -> None:
    """Stop the parser: entities can grow without bound, and error documents have none."""
    raise ValueError


class _Beginning:
    """Collects the first elements, each when the text at its start has ended."""

    def __init__(self) -> None:
        self.full = False
        self.text: list[str] = []
        self._elements: list[Element] = []
        self._depth = 0
        self._open: tuple[str, dict[str, str]] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Handle the start of an element."""
        self._close()
        self.full = len(self._elements) == _MOST
        if not self.full:
            self._open = tag, attributes
            self._depth += 1

    def end(self, _tag: str) -> None:
        """Handle the end of an element."""
        self._close()
        self._depth -= 1

    def _close(self) -> None:
        if self._open is not None:
            tag, attributes = self._open
            self._open = None
            folded = {_local(name): value for name, value in attributes.items()} if attributes else attributes
            self._elements.append(Element(self._depth - 1, _local(tag), folded, "".join(self.text).strip()[:512]))
        self.text.clear()

    def taken(self) -> tuple[Element, ...]:
        """Return the started elements; the last one without its text if that has not ended."""
        self.text.clear()
        self._close()
        return tuple(self._elements)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()
