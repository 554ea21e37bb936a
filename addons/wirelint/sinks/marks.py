"""Find the text of a message that convinced a rule.

A finding quotes its evidence from the wire, shortened, with other spaces, or with members left out. So its words are
looked for in order, whatever punctuation stands between them; if they are not found together, then piece by piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from wirelint.core.finding import Finding
from wirelint.core.masking import Message

_MOST_WORDS: Final = 40
_MOST_PIECES: Final = 12
_SHORTEST: Final = 4
_word: Final = re.compile(r"\w+")
_joint: Final = re.compile(r"[,;{}\[\]\n…]|\s→\s|: (?=[A-Z])")
_number: Final = re.compile(r"(?<=\s)\d{3}\b")

Mark = dict[str, str]


class _Part(NamedTuple):
    """A part of a message: ``place`` is where it stands, ``name`` that of a field."""

    place: str
    name: str
    text: str


def marks(request: Message | None, response: Message | None, finding: Finding) -> list[Mark]:
    """Return the texts that convinced a rule: ``part`` of the exchange, ``name`` of a field, ``text`` as shown there.

    The status that was sent is always among them.
    """
    parts = list(_parts(request, response))
    found: list[Mark] = []
    if response is not None and (status := _number.search(response.line)) is not None:
        found.append({"part": "response.line", "name": "", "text": status[0]})
    whole = _find(finding.evidence, parts)
    if whole is not None:
        return [*found, whole] if whole not in found else found
    pieces = [piece for piece in _joint.split(finding.evidence) if len(piece.strip()) >= _SHORTEST]
    for piece in pieces[:_MOST_PIECES]:
        mark = _find(piece, parts) or _find(_half(piece), parts)
        if mark is not None and mark not in found:
            found.append(mark)
    return found


def _half(text: str) -> str:
    """Return the first half of a text's words: evidence may be two members of one object, which often say the same."""
    words = text.split()
    return " ".join(words[: len(words) // 2])


def _parts(request: Message | None, response: Message | None) -> Iterator[_Part]:
    for side, message in (("response", response), ("request", request)):
        if message is None:
            continue
        yield _Part(f"{side}.body", "", message.body)
        for name, value in message.fields:
            yield _Part(f"{side}.field", name, value)
        yield _Part(f"{side}.line", "", message.line)


def _find(text: str, parts: list[_Part]) -> Mark | None:
    words = _word.findall(text)[:_MOST_WORDS]
    if sum(len(word) for word in words if word != "redacted") < _SHORTEST:
        return None
    pattern = re.compile(r'"?\b' + r"\W{0,80}".join(map(re.escape, words)) + r'[.!?]{0,3}"?', re.IGNORECASE)
    for part in parts:
        if part.name:
            if pattern.search(f"{part.name}: {part.text}") is not None:
                return {"part": part.place, "name": part.name, "text": part.text}
        elif (match := pattern.search(part.text)) is not None:
            return {"part": part.place, "name": "", "text": match[0]}
    return None
