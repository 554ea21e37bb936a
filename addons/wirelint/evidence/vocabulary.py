"""Read the words that services use for errors from the tables in ``data``.

``phrases.tsv`` has one phrase per row: its meaning, where it counts (``any``, or ``code`` for only machine-readable
codes), the phrase in the notation of ``phrases``, the number of origins that use it, the share of them that mean this,
and its source. A source ``client: …`` names a client library, and whether the text was seen in a run against a dead,
stalling, resetting, closing, garbling and TLS-refusing port, or in its code. ``classes.tsv`` has the classes and sets
of words in phrases. ``ordinary.tsv`` has weights of words and pairs of words: above zero for error texts, below for
ordinary ones.

``python -m wirelint.gen.vocabulary`` counts the columns again and fits the weights; the phrases are reviewed by hand.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from wirelint.evidence.phrases import Phrases

_PACKAGE: Final = "wirelint.evidence"
CLIENT: Final = "client: "
"""The prefix of the source of a phrase that an HTTP client library uses for a failed peer."""
LANGUAGES: Final = "languages: "
"""The prefix of the source of a phrase in another language than English."""
_GENERAL: Final = frozenset({"invalid", "failed"})


class Row(NamedTuple):
    """One phrase. ``precision`` is None if no origin has the phrase."""

    meaning: str
    where: str
    phrase: str
    origins: int
    precision: float | None
    source: str


def table(name: str) -> Iterator[list[str]]:
    """Yield the rows of a table in ``data``, without its comments.

    :raises FileNotFoundError: the table does not exist.
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
    """Return the weights of words and pairs of words; ``""`` is the constant term."""
    return {words: int(weight) for words, weight in table("ordinary")}


def phrases(*, codes: bool = False, source: str = "") -> Phrases:
    """Return the phrases that count in prose.

    :param codes: also those that count only in codes.
    :param source: only phrases whose source begins so: ``CLIENT`` or ``LANGUAGES``.
    """
    chosen = [
        (row.meaning, row.phrase) for row in rows() if (codes or row.where == "any") and row.source.startswith(source)
    ]
    return Phrases(chosen, classes(), sets(), general=_GENERAL)
