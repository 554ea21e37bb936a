"""The words by which services say what went wrong, read from the tables in ``data``.

``phrases.tsv`` has a phrase a row: what it means, where it counts (``any``, or ``code`` for machine-readable codes
alone), the phrase as ``phrases`` describes it, how many origins say so, which share of the origins that have it mean
that, and where it is from: ``client: …`` names the library that says so, and whether that was seen in a run against
a dead, stalling, resetting, closing, garbling and TLS-refusing port, or in its source. ``classes.tsv`` has the classes and sets of words that phrases name. ``ordinary.tsv`` has
words and pairs of words with a weight: above zero for texts of errors, below for ordinary ones.

``python -m wirelint.gen.vocabulary`` counts the columns again and fits the weights; the phrases are looked over by hand.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from wirelint.evidence.phrases import Phrases

_PACKAGE: Final = "wirelint.evidence"
CLIENT: Final = "client: "
"""How the source of a phrase begins that an HTTP client says when the other side fails."""
_GENERAL: Final = frozenset({"invalid", "failed"})


class Row(NamedTuple):
    """One phrase. ``precision`` is None where no origin has the phrase."""

    meaning: str
    where: str
    phrase: str
    origins: int
    precision: float | None
    source: str


def table(name: str) -> Iterator[list[str]]:
    """Yield the rows of a table in ``data``, without its comments.

    :raises FileNotFoundError: there is no such table.
    """
    content = pkgutil.get_data(_PACKAGE, f"data/{name}.tsv")
    if content is None:
        raise FileNotFoundError(f"{_PACKAGE}: no data/{name}.tsv")
    for line in content.decode("utf-8").splitlines():
        if line and not line.startswith("#\t"):
            yield line.split("\t")


def rows() -> Iterator[Row]:
    """Yield the phrases, in the order of the table."""
    for meaning, where, phrase, origins, precision, source in table("phrases"):
        yield Row(meaning, where, phrase, int(origins), None if precision == "-" else float(precision), source)


def classes() -> dict[str, list[str]]:
    """Return the phrases of each class."""
    return _members("class")


def sets() -> dict[str, list[str]]:
    """Return the words of each set."""
    return _members("set")


def _members(kind: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for what, name, member in table("classes"):
        if what == kind:
            found.setdefault(name, []).append(member)
    return found


def weights() -> Mapping[str, int]:
    """Return what words and pairs of words weigh; ``""`` is where the scales start."""
    return {words: int(weight) for words, weight in table("ordinary")}


def phrases(*, codes: bool = False, clients: bool = False) -> Phrases:
    """Return the phrases that count in prose.

    :param codes: those, too, that count in codes alone.
    :param clients: only what HTTP clients say when the other side fails.
    """
    chosen = [
        (row.meaning, row.phrase)
        for row in rows()
        if (codes or row.where == "any") and (not clients or row.source.startswith(CLIENT))
    ]
    return Phrases(chosen, classes(), sets(), general=_GENERAL)
