"""Write phrases down, and find them in texts.

A phrase is a sequence of words separated by spaces: in lower case, ``n't`` written ``not``, numbers as ``#``. In
addition to plain words it may have

- ``a|b``: one of these words; ``a?``, ``a|b?``: an optional word; ``.``: the begin or end of a sentence;
- ``@name``: one of the phrases of a class, ``access token`` for ``@credential``. The longest match counts: the
  ``token`` in ``page token`` of one class does not match another class;
- ``*``: any word; ``*3``: up to three words; ``{name}``: up to six words of a set, or none. None of them crosses the
  end of a sentence.

If one phrase of a text is inside another, only the longer one counts: "method not allowed" is not "not allowed".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final, NamedTuple

MOST_WORDS: Final = 320
"""Most words of a text that are read."""
MOST_FOUND: Final = 64
"""Most phrases that are found in a text."""
_MOST_FORMS: Final = 512
_MOST_OF_A_SET: Final = 6
_BOUND: Final = "."
_APOSTROPHE: Final = "\N{RIGHT SINGLE QUOTATION MARK}"
_tokens: Final = re.compile(r"[^\W\d_]+(?:\d+[^\W_]*)?|\d[^\W_]*|#|[.!?:](?=\s|$)|[;\n]")
_joints: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words_of(text: str) -> list[str]:
    """Return the words of a text, in lower case; ``.`` for the end of a sentence, ``#`` for a number."""
    folded = text.lower()
    if "'" in folded or _APOSTROPHE in folded:
        folded = folded.replace(_APOSTROPHE, "'").replace("can't", "can not").replace("n't", " not")
    found = _tokens.findall(folded.replace("cannot", "can not").replace("e-mail", "email"))
    return ["#" if word[0].isdigit() else _BOUND if word in "!?:;\n" else word for word in found[:MOST_WORDS]]


def words_of_code(code: str) -> list[str]:
    """Return the words of a machine-readable code: the same for ``RESOURCE_NOT_FOUND`` and ``ResourceNotFound``."""
    return words_of(_joints.sub(" ", code).replace(".", " "))


class Found(NamedTuple):
    """A phrase in a text: its label, and its words in the text."""

    label: str
    start: int
    end: int


class _Node:
    """The possible continuations of a beginning of phrases."""

    __slots__ = ("gaps", "labels", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node] = {}
        self.gaps: dict[tuple[int, int, frozenset[str]], _Node] = {}
        self.labels: tuple[str, ...] = ()


class _Text:
    """The words of a text, and the phrases of classes in it: position → name and end."""

    def __init__(self, row: list[str], tags: dict[int, tuple[str, int]]) -> None:
        self.row = row
        self.tags = tags

    def push(self, following: dict[str, _Node], at: int, stack: list[tuple[_Node, int]]) -> None:
        """Push the continuations after the word at a position, or after the phrase of a class there."""
        if at < len(self.row):
            node = following.get(self.row[at])
            if node is not None:
                stack.append((node, at + 1))
            if at in self.tags:
                name, end = self.tags[at]
                if name in following:
                    stack.append((following[name], end))

    def push_gaps(self, node: _Node, at: int, stack: list[tuple[_Node, int]]) -> None:
        """Push the continuations after a gap that begins at a position."""
        for (least, most, allowed), behind in node.gaps.items():
            stack.extend((behind, end) for end in self._ends(at, most, allowed) if end >= at + least)

    def _ends(self, at: int, most: int, allowed: frozenset[str]) -> Iterator[int]:
        """Yield the possible ends of a gap at a position: there, or after up to ``most`` words of the sentence."""
        yield at
        for end in range(at, min(at + most, len(self.row))):
            if self.row[end] == _BOUND or (allowed and self.row[end] not in allowed):
                return
            yield end + 1


class Phrases:
    """Labelled phrases, found in one pass; the time depends only on the length of the text."""

    def __init__(
        self,
        phrases: Iterable[tuple[str, str]],
        classes: Mapping[str, Sequence[str]],
        sets: Mapping[str, Sequence[str]],
        general: frozenset[str] = frozenset(),
    ) -> None:
        """Compile phrases.

        :param phrases: label and phrase.
        :param classes: name of a class, and its phrases of plain words.
        :param sets: name of a set, and its words.
        :param general: labels of phrases that lose against others of the same words, too.
        :raises ValueError: a phrase cannot be parsed, or has too many forms.
        """
        self._sets = {name: frozenset(words) for name, words in sets.items()}
        self._classes = frozenset(classes)
        self._general = general
        self._root, self._tags = _Node(), _Node()
        for name, members in classes.items():
            for member in members:
                self._add(self._tags, name, member)
        for label, phrase in phrases:
            self._add(self._root, label, phrase)

    def _add(self, root: _Node, label: str, phrase: str) -> None:
        parts = [tuple(self._alternatives(part)) for part in phrase.split()]
        if not parts:
            raise ValueError(f"{label}: a phrase without words")
        if any(form.startswith(("*", "{")) for form in parts[0]):
            raise ValueError(f"{phrase!r} begins with a gap")
        forms = 1
        for part in parts:
            forms *= len(part)
        if forms > _MOST_FORMS:
            raise ValueError(f"{phrase!r} has {forms} forms: at most {_MOST_FORMS} are read")
        for form in product(*parts):
            node = root
            for word in form:
                if word:
                    node = self._step(node, word)
            if label not in node.labels:
                node.labels = (*node.labels, label)

    def _alternatives(self, part: str) -> Iterator[str]:
        if part.endswith("?"):
            part = part[:-1]
            yield ""
        if part.startswith("@") and part[1:] not in self._classes:
            raise ValueError(f"there is no class {part!r}")
        yield from part.split("|")

    def _step(self, node: _Node, part: str) -> _Node:
        gap: tuple[int, int, frozenset[str]] | None = None
        if part == "*":
            gap = (1, 1, frozenset())
        elif part[0] == "*":
            gap = (0, int(part[1:]), frozenset())
        elif part[0] == "{":
            if part[1:-1] not in self._sets:
                raise ValueError(f"there is no set {part!r}")
            gap = (0, _MOST_OF_A_SET, self._sets[part[1:-1]])
        following = node.words.get(part) if gap is None else node.gaps.get(gap)
        if following is None:
            following = _Node()
            if gap is None:
                node.words[part] = following
            else:
                node.gaps[gap] = following
        return following

    def find(self, words: list[str]) -> list[Found]:
        """Return the phrases in a text, without those inside a phrase of another label.

        :param words: the result of ``words_of``.
        """
        found = self.all(words)
        if len(found) < 2:
            return found
        return [
            one
            for one in found
            if not any(
                other.start <= one.start
                and one.end <= other.end
                and other.label != one.label
                and (
                    other.end - other.start > one.end - one.start
                    or (one.label in self._general and other.label not in self._general)
                )
                for other in found
            )
        ]

    def all(self, words: list[str]) -> list[Found]:
        """Return the phrases in a text, at most ``MOST_FOUND``."""
        row = [_BOUND, *words, _BOUND]
        text, begins = _Text(row, self._tagged(row)), self._root.words
        found: dict[Found, None] = {}
        for at, word in enumerate(row):
            if word not in begins and at not in text.tags:
                continue
            stack: list[tuple[_Node, int]] = []
            text.push(begins, at, stack)
            while stack:
                node, end = stack.pop()
                for label in node.labels:
                    found[Found(label, max(0, at - 1), end - 1 - (row[end - 1] == _BOUND))] = None
                if node.words:
                    text.push(node.words, end, stack)
                if node.gaps:
                    text.push_gaps(node, end, stack)
            if len(found) >= MOST_FOUND:
                break
        return list(found)

    def _tagged(self, row: list[str]) -> dict[int, tuple[str, int]]:
        """Return the phrases of classes, position → name and end. The longest counts, without overlaps."""
        tags: dict[int, tuple[str, int]] = {}
        begins = self._tags.words
        at, size = 0, len(row)
        while at < size:
            node = begins.get(row[at])
            if node is None:
                at += 1
                continue
            here, longest = at + 1, at
            while node is not None:
                if node.labels:
                    tags[at] = (f"@{node.labels[0]}", here)
                    longest = here
                node = node.words.get(row[here]) if here < size else None
                here += 1
            at = max(longest, at + 1)
        return tags
