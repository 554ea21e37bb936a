"""Count how well the vocabulary of errors fits texts of known status: ``python -m wirelint.gen.vocabulary SOURCE``.

SOURCE is a file of JSON lines, gzipped or not, each a text with the category of its status and its origin: ``{"text":
…, "category": …, "origin": …, "form": …}``; ``none`` is the category of ordinary texts. The columns *origins* and
*precision* of ``phrases.tsv`` are counted from it, and the weights of ``ordinary.tsv`` fitted. No phrase is added or
removed: ``--propose`` lists words that several origins use under a single status and that no phrase covers, for a human
to choose from. ``--measure`` scores a file of texts labelled by hand.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import math
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from wirelint.evidence import texts, vocabulary
from wirelint.evidence.phrases import Phrases, words_of, words_of_code

DATA: Final = Path(vocabulary.__file__).parent / "data"
CATEGORIES: Final = {
    "authn": "authentication",
    "authz": "permission",
    "not_found": "not_found",
    "conflict": "conflict",
    "method": "method",
    "malformed": "validation",
    "invalid": "validation",
    "rate": "rate_limit",
    "quota": "payment",
    "timeout": "timeout",
    "upstream": "upstream",
    "unavailable": "unavailable",
    "too_large": "too_large",
    "unsupported": "unsupported",
    "not_implemented": "not_implemented",
    "internal": "internal",
    "failed": "internal",
}
"""Meaning in the table → category of the texts."""

_ORDINARY: Final = "none"
_HEADER: Final = (
    "#\tmeaning, where it counts, phrase, origins that mean it, their share of those that have it, source\n"
    "#\tcounted by python -m wirelint.gen.vocabulary from error texts of servers, packages and API documents\n"
)
_WEIGHTS_HEADER: Final = (
    "#\tword or pair of words, weight: above zero in texts of errors, below in ordinary ones\n"
    "#\tfitted by python -m wirelint.gen.vocabulary\n"
)
_LEAST_ORIGINS: Final = 6
_ROUNDS: Final = 4
_SCALE: Final = 100
_LEAST_WEIGHT: Final = 35
_PROPOSED: Final = 0.9


class Text(NamedTuple):
    """A text, with the category of its status."""

    words: list[str]
    category: str
    origin: str
    form: str


def read(source: Path) -> list[Text]:
    """Read texts in scripts that separate words by spaces.

    :raises OSError: the file cannot be read.
    :raises ValueError: it is not JSON.
    """
    content = source.read_bytes()
    if source.suffix == ".gz":
        content = gzip.decompress(content)
    found = [json.loads(line) for line in content.splitlines()]
    return [
        Text(words(each["text"]), each["category"], each["origin"], each["form"])
        for each in found
        if texts.is_readable(each["text"]) and not each["origin"].startswith("i18n:http-statuses")
    ]


def words(text: str) -> list[str]:
    """Return the words of a text, prose or code."""
    return words_of(text) if " " in text.strip() else words_of_code(text)


def counted(rows: Sequence[vocabulary.Row], found: Iterable[Text]) -> Iterator[vocabulary.Row]:
    """Yield each row with its counts: an origin counts once, for the category of most of its texts."""
    labelled = Phrases([(str(at), row.phrase) for at, row in enumerate(rows)], vocabulary.classes(), vocabulary.sets())
    said: dict[int, dict[str, collections.Counter[str]]] = collections.defaultdict(
        lambda: collections.defaultdict(collections.Counter)
    )
    for text in found:
        if text.category == _ORDINARY and text.form != "prose":
            continue
        for at in {int(each.label) for each in labelled.all(text.words)}:
            said[at][text.origin][text.category] += 1
    for at, row in enumerate(rows):
        origins = said.get(at, {})
        meant = CATEGORIES[row.meaning]
        agreeing = sum(1 for each in origins.values() if each.most_common(1)[0][0] == meant)
        share = agreeing / len(origins) if origins else None
        yield row._replace(origins=agreeing, precision=None if share is None else round(share, 2))


def fitted(found: Sequence[Text]) -> dict[str, int]:
    """Return the weights of a logistic model that separates errors from ordinary texts, without small ones."""
    origins: dict[str, set[str]] = collections.defaultdict(set)
    features = [sorted(set(texts.features(text.words))) for text in found]
    for text, each in zip(found, features, strict=True):
        for name in each:
            if len(origins[name]) < _LEAST_ORIGINS:
                origins[name].add(text.origin)
    kept = {name for name, by in origins.items() if len(by) >= _LEAST_ORIGINS}
    rows = [
        ([name for name in each if name in kept], text.category != _ORDINARY)
        for text, each in zip(found, features, strict=True)
    ]
    weights: dict[str, float] = collections.defaultdict(float)
    shuffled = random.Random(7)  # noqa: S311 - an order, no secret
    for round_ in range(_ROUNDS):
        shuffled.shuffle(rows)
        rate = 0.5 / (1 + round_)
        for names, wrong in rows:
            score = weights[""] + sum(weights[name] for name in names)
            error = wrong - 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
            step = rate * error / math.sqrt(1 + len(names))
            weights[""] += step
            for name in names:
                weights[name] += step - rate * 2e-5 * weights[name]
    scaled = {name: round(weight * _SCALE) for name, weight in weights.items()}
    return {name: weight for name, weight in scaled.items() if not name or abs(weight) >= _LEAST_WEIGHT}


def proposed(found: Iterable[Text], least: int) -> Iterator[tuple[str, str, int, float]]:
    """Yield category, words, origins and share of words that several origins use under one status and no phrase has."""
    known = vocabulary.phrases(codes=True)
    said: dict[str, dict[str, str]] = collections.defaultdict(dict)
    for text in found:
        if text.category != _ORDINARY and known.find(text.words):
            continue
        for size in (2, 3, 4):
            for at in range(len(text.words) - size + 1):
                said[" ".join(text.words[at : at + size])].setdefault(text.origin, text.category)
    for name, by in said.items():
        category, count = collections.Counter(by.values()).most_common(1)[0]
        if category != _ORDINARY and count >= least and count / len(by) >= _PROPOSED:
            yield category, name, count, count / len(by)


def measured(labelled: Iterable[dict[str, Any]]) -> tuple[int, int, int]:
    """Return how many labelled texts can be decided, how many are, and how many of these match the label."""
    decidable = decided = right = 0
    for each in labelled:
        if each["undecidable"]:
            continue
        decidable += 1
        reading = texts.reading(each["text"])
        if reading is not None:
            decided += 1
            right += CATEGORIES[reading.meaning.name.lower()] in each["accept"]
    return decidable, decided, right


def main(arguments: list[str] | None = None) -> int:
    """Count and fit, or propose or measure; exit code 2 if the source cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m wirelint.gen.vocabulary", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("--propose", type=int, metavar="ORIGINS", help="list words that so many origins use")
    parser.add_argument("--measure", action="store_true", help="score texts labelled by hand")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.measure:
            decidable, decided, right = measured(map(json.loads, chosen.source.read_text("utf-8").splitlines()))
            print(f"precision {right / max(decided, 1):.3f}, recall {right / max(decidable, 1):.3f} of {decidable}")
            return 0
        found = read(chosen.source)
    except (OSError, ValueError) as error:
        print(f"vocabulary: {error}", file=sys.stderr)
        return 2
    if chosen.propose:
        for category, name, count, share in sorted(proposed(found, chosen.propose)):
            print(f"{category}\t{name}\t{count}\t{share:.2f}")
        return 0
    lines = (
        "\t".join(
            (
                row.meaning,
                row.where,
                row.phrase,
                str(row.origins),
                "-" if row.precision is None else f"{row.precision:.2f}",
                row.source,
            )
        )
        for row in counted(list(vocabulary.rows()), found)
    )
    (DATA / "phrases.tsv").write_text(_HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    weights = fitted(found)
    (DATA / "ordinary.tsv").write_text(
        _WEIGHTS_HEADER + "".join(f"{name}\t{weights[name]}\n" for name in sorted(weights)), encoding="utf-8"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
