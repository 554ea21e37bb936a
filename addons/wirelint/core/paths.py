"""Find the path template of a request among those of an API description: ``/users/{id}``, ``/files/{name}.json``.

Templates are compiled to a tree of segments. A look-up visits each node of the tree at most once, in the order that
OpenAPI demands: what is written out goes before what is a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

_parameter: Final = re.compile(r"\{[^{}/]*\}")
_reaching: Final = re.compile(r"path|file|url|uri|key|ref|rest|any|wildcard|glob|tail|slug|[+*=]", re.IGNORECASE)
"""Names of parameters at the end of a template that may stand for several segments."""
_rest: Final = re.compile(r"path|[+*]", re.IGNORECASE)
"""Names of such parameters that may stand for nothing behind the last slash."""
_LONGEST_PATH: Final = 2048


class _Node:
    __slots__ = ("alike", "any", "at", "reach", "rest", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node] = {}
        self.alike: list[tuple[tuple[str, ...], _Node]] = []
        """Segments with text around parameters, by the pieces of that text."""
        self.any: _Node | None = None
        self.at: list[int] = []
        self.reach: list[int] = []
        self.rest: list[int] = []


class PathTemplates:
    """Numbered path templates.

    Templates that end in a parameter called like a path (``{path}``, ``{filename}``, ``{ref}``) also fit paths that go
    on, because frameworks have parameters with slashes in them and OpenAPI has not. ``{path}`` may stand for nothing
    behind a slash as well. Else a slash at the end makes no difference. Percent-encoding makes none either.
    """

    __slots__ = ("_count", "_root")

    def __init__(self) -> None:
        self._root = _Node()
        self._count = 0

    def add(self, template: str) -> int:
        """Add a template, and return its number: 0, 1, 2 …"""
        node = self._root
        segments = _segments(template)
        for segment in segments:
            node = _below(node, segment)
        number = self._count
        self._count += 1
        node.at.append(number)
        if segments and _parameter.fullmatch(segments[-1]) and _reaching.search(segments[-1]):
            node.reach.append(number)
            if _rest.search(segments[-1]):
                node.rest.append(number)
        return number

    def find(self, path: str) -> list[int]:
        """Return the numbers of the templates that fit a path, the most concrete first."""
        if len(path) > _LONGEST_PATH:
            return []
        segments = _segments(path)
        if "%" in path:
            segments = [unquote(segment) for segment in segments]
        found = self._straight(segments)
        if found is None:
            found = []
            _search(self._root, segments, 0, found)
        return found or list(self._reaching(segments, open_ended=path[-1:] == "/"))

    def _straight(self, segments: list[str]) -> list[int] | None:
        """Return the templates at the end of the only way through the tree; None if there may be several ways."""
        node = self._root
        for segment in segments:
            if node.alike:
                return None
            below = node.words.get(segment)
            if below is None:
                below = node.any if segment else None
                if below is None:
                    return []
            elif node.any is not None:
                return None
            node = below
        return node.at

    def _reaching(self, segments: list[str], *, open_ended: bool) -> Iterator[int]:
        """Yield the templates whose last parameter stands for nothing or for several segments, the longest first."""
        reached: list[int] = []
        nodes = [self._root]
        for segment in segments:
            nodes = [below for node in nodes for below in _fitting(node, segment)]
            reached[:0] = [number for node in nodes for number in node.reach]
        if open_ended:
            yield from (number for node in nodes if node.any is not None for number in node.any.rest)
        yield from reached


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/") if path.strip("/") else []


def _below(node: _Node, segment: str) -> _Node:
    """Return the node that a segment of a template leads to; make it if there is none."""
    if "{" not in segment:
        return node.words.setdefault(segment, _Node())
    if _parameter.fullmatch(segment):
        if node.any is None:
            node.any = _Node()
        return node.any
    pieces = tuple(_parameter.split(segment))
    for known, below in node.alike:
        if known == pieces:
            return below
    below = _Node()
    node.alike.append((pieces, below))
    return below


def _search(node: _Node, segments: list[str], at: int, found: list[int]) -> None:
    if at == len(segments):
        found += node.at
        return
    segment = segments[at]
    below = node.words.get(segment)
    if below is not None:
        _search(below, segments, at + 1, found)
    for pieces, below in node.alike:
        if _is_alike(pieces, segment):
            _search(below, segments, at + 1, found)
    if node.any is not None and segment:
        _search(node.any, segments, at + 1, found)


def _fitting(node: _Node, segment: str) -> Iterator[_Node]:
    if segment in node.words:
        yield node.words[segment]
    yield from (below for pieces, below in node.alike if _is_alike(pieces, segment))
    if node.any is not None and segment:
        yield node.any


def _is_alike(pieces: tuple[str, ...], segment: str) -> bool:
    """Return whether a segment consists of pieces with something between each two; in linear time."""
    first, last = pieces[0], pieces[-1]
    if not segment.startswith(first) or not segment.endswith(last):
        return False
    at, end = len(first), len(segment) - len(last)
    for piece in pieces[1:-1]:
        found = segment.find(piece, at + 1, end) if piece else at + 1
        if found < 0:
            return False
        at = found + len(piece)
    return at < end
