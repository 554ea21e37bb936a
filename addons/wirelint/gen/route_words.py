"""Write the words that a route may show: ``python -m wirelint.gen.route_words TEXTS TEMPLATES NAMES``.

TEXTS has JSON lines, gzipped, with the members ``text`` (of servers: errors and others) and ``origin``. TEMPLATES has
lines of a provider, a tab, and a path template of its OpenAPI document. NAMES is the folder of a source distribution of
the package ``names``, with the first names and surnames of the United States census of 1990, which are in the public
domain.

The inputs are megabytes and are not kept here, so ``make gen`` does not run this. The output is sorted: a diff shows
each added or removed word.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

_WRITTEN: Final = Path("addons/wirelint/core/route_words.py")
_LEAST_ORIGINS: Final = 2
_ORIGINS_OF_FIRST_NAME: Final = 10
_ORIGINS_OF_SURNAME: Final = 5
_MOST_SURNAMES: Final = 1000
_LONGEST: Final = 16
_word: Final = re.compile(r"(?<![A-Za-z])[a-z]{2,}(?![A-Za-z])")
_piece: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_HEAD: Final = '''"""Words that developers put into paths, and names of people.

Written by ``python -m wirelint.gen.route_words``, which says from what; do not edit.
"""

from __future__ import annotations

from typing import Final

from wirelint.core.route import words

'''


def vocabulary(
    texts: Iterable[tuple[str, str]], templates: Iterable[tuple[str, str]], first_names: set[str], surnames: set[str]
) -> tuple[set[str], set[str]]:
    """Return words that at least two origins use, and names that are not among them.

    :param texts: origin and text.
    :param templates: provider and path template.
    :param first_names: in lower case, like ``surnames``. A name is a word if many origins use it: ``mark``, ``key``.
    """
    origins: dict[str, set[str]] = defaultdict(set)
    for origin, text in texts:
        for word in _word.findall(text):
            origins[word].add(origin)
    for provider, template in templates:
        for segment in template.split("/"):
            if "{" not in segment:
                for piece in _piece.findall(segment):
                    origins[piece.lower()].add(f"templates of {provider}")
    words = {word for word, users in origins.items() if len(users) >= _LEAST_ORIGINS and 1 < len(word) <= _LONGEST}
    words -= _rare(first_names, origins, _ORIGINS_OF_FIRST_NAME)
    words -= _rare(surnames, origins, _ORIGINS_OF_SURNAME)
    names = {name for name in first_names | surnames if len(name) > 1} - words
    # The readers of this list remove a plural's s.
    return {word for word in words if not (word.endswith("s") and word[:-1] in words)}, names


def _rare(names: set[str], origins: Mapping[str, set[str]], least: int) -> set[str]:
    return {name for name in names if len(origins.get(name, ())) < least}


def module(words: set[str], names: set[str]) -> str:
    """Return the source of the module with them."""
    return f"{_HEAD}WORDS: Final = words(\n{_lines(words)}\n)\n\nNAMES: Final = words(\n{_lines(names)}\n)\n"


def _lines(words: set[str]) -> str:
    lines = textwrap.wrap(" ".join(sorted(words)), 116 - 4)
    return "\n".join(['    """', *(f"    {line}" for line in lines), '    """'])


def texts_in(path: Path) -> Iterator[tuple[str, str]]:
    """Yield origin and text of each line."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            pair = json.loads(line)
            yield pair["origin"], pair["text"]


def _templates(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        provider, _, template = line.partition("\t")
        yield provider, template.partition("?")[0]


def names_in(folder: Path) -> tuple[set[str], set[str]]:
    """Return first names, and the most frequent surnames."""
    first_names = _names(folder / "dist.female.first") | _names(folder / "dist.male.first")
    return first_names, _names(folder / "dist.all.last", _MOST_SURNAMES)


def _names(path: Path, most: int | None = None) -> set[str]:
    """Return the names of a census list, the most frequent first: each line is a name with its frequency."""
    return {line.split()[0].lower() for line in path.read_text(encoding="ascii").splitlines()[:most]}


def main(arguments: list[str] | None = None) -> None:
    """Write the module."""
    parser = argparse.ArgumentParser(prog="python -m wirelint.gen.route_words", description="Write words of routes.")
    parser.add_argument("texts", type=Path, help="gzipped JSON lines with text and origin")
    parser.add_argument("templates", type=Path, help="lines of provider, tab, path template")
    parser.add_argument("names", type=Path, help="folder with dist.female.first, dist.male.first, dist.all.last")
    chosen = parser.parse_args(arguments)
    words, names = vocabulary(texts_in(chosen.texts), _templates(chosen.templates), *names_in(chosen.names))
    _WRITTEN.write_text(module(words, names), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
