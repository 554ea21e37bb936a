"""Extract the visible text of an HTML page, without menus, form controls and scripts."""

from __future__ import annotations

import html
import re
from typing import Final

READ: Final = 16 * 1024
"""Most characters of a page that are read."""

_HIDDEN: Final = frozenset(
    "script style nav footer head template svg noscript select option button label textarea legend iframe menu".split()
)
_INLINE: Final = frozenset("a b i u em strong span code small font tt kbd samp var q abbr mark sub sup".split())
_LONGEST_TAG: Final = 2048
_name: Final = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]{0,15})")
_space: Final = re.compile(r"[ \t\r\f\u00a0]+")


def visible_text(page: str) -> str:
    """Return the text of a page, one line per block; entities are replaced.

    :param page: HTML, of which the first ``READ`` characters are read. Content without tags is returned unchanged.
    """
    lines: list[str] = []
    line: list[str] = []
    for piece, tag in _pieces(page[:READ]):
        line.append(piece)
        if tag not in _INLINE:
            lines.append("".join(line))
            line = []
    lines.append("".join(line))
    folded = (_space.sub(" ", html.unescape(each)).strip() for each in lines)
    return "\n".join(each for each in folded if each)


def _pieces(page: str) -> list[tuple[str, str]]:
    """Yield the texts between tags, each with the name of the tag that follows it."""
    pieces: list[tuple[str, str]] = []
    lower = page.lower()
    at = 0
    while True:
        start = page.find("<", at)
        if start < 0:
            pieces.append((page[at:], ""))
            return pieces
        name = _name.match(page, start + 1)
        tag = name[1].lower() if name is not None else ""
        if not tag and page[start + 1 : start + 2] not in ("!", "?"):
            pieces.append((page[at : start + 1], "a"))  # a "<" in the text
            at = start + 1
            continue
        pieces.append((page[at:start], tag))
        if page.startswith("<!--", start):
            end = page.find("-->", start + 4)
        elif tag in _HIDDEN and page[start + 1] != "/":
            closing = lower.find(f"</{tag}", start)
            end = -1 if closing < 0 else page.find(">", closing)
        else:
            end = page.find(">", start, start + _LONGEST_TAG)
        if end < 0:
            return pieces
        at = end + (3 if page.startswith("-->", end) else 1)
