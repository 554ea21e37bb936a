"""What an error text or a machine-readable error code means, by the words that many services use.

The words stand in tables (see ``vocabulary``). A text means what its phrases mean; of two phrases the one inside the
other gives way.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from wirelint.core.caching import by_beginning
from wirelint.evidence import vocabulary
from wirelint.evidence.phrases import words_of, words_of_code

TEXT_LIMIT: Final = 2048
"""Most characters of text that are looked at."""


class Meaning(enum.StrEnum):
    """What an error is about."""

    AUTHN = "authentication"
    AUTHZ = "permission"
    NOT_FOUND = "missing resource"
    CONFLICT = "conflict"
    INVALID = "validation"
    MALFORMED = "malformed request"
    METHOD = "unsupported method"
    TOO_LARGE = "oversize content"
    UNSUPPORTED = "unsupported media type"
    RATE = "rate limit"
    QUOTA = "exhausted quota"
    TIMEOUT = "upstream timeout"
    UPSTREAM = "upstream failure"
    UNAVAILABLE = "unavailability"
    NOT_IMPLEMENTED = "missing implementation"
    INTERNAL = "internal fault"


STATUS: Final[Mapping[Meaning, int]] = {
    Meaning.AUTHN: 401,
    Meaning.AUTHZ: 403,
    Meaning.NOT_FOUND: 404,
    Meaning.METHOD: 405,
    Meaning.CONFLICT: 409,
    Meaning.TOO_LARGE: 413,
    Meaning.UNSUPPORTED: 415,
    Meaning.INVALID: 422,
    Meaning.MALFORMED: 400,
    Meaning.RATE: 429,
    Meaning.TIMEOUT: 504,
    Meaning.UPSTREAM: 502,
    Meaning.UNAVAILABLE: 503,
    Meaning.INTERNAL: 500,
}
"""The status that says so (RFC 9110 section 15.5 and 15.6, RFC 6585)."""

_FAILED: Final = "failed"
"""What rows mean that say no more than that something failed."""
_meanings: Final = {meaning.name.lower(): meaning for meaning in Meaning}
_in_prose: Final = vocabulary.phrases()
_in_clients: Final = vocabulary.phrases(clients=True)
_in_codes: Final = vocabulary.phrases(codes=True)
_weights: Final = vocabulary.weights()

NONE: Final[frozenset[Meaning]] = frozenset()


class Reading(NamedTuple):
    """What a text means above all, and the words that say so."""

    meaning: Meaning
    words: str


@by_beginning(TEXT_LIMIT, most=2048)
def of_prose(text: str) -> frozenset[Meaning]:
    """Return what a text speaks of; several meanings where it can be read in several ways."""
    return frozenset(_meanings[each.label] for each in _in_prose.find(words_of(text)) if each.label != _FAILED)


@by_beginning(128, most=2048)
def of_code(code: str) -> frozenset[Meaning]:
    """Return what a machine-readable code such as ``RESOURCE_NOT_FOUND`` speaks of."""
    return frozenset(_meanings[each.label] for each in _in_codes.find(words_of_code(code)) if each.label != _FAILED)


@by_beginning(TEXT_LIMIT, most=1024)
def of_client(text: str) -> frozenset[Meaning]:
    """Return how an upstream failed, in the words of the HTTP client that asked it: timeout, failure, or neither."""
    return frozenset(_meanings[each.label] for each in _in_clients.find(words_of(text)))


@by_beginning(TEXT_LIMIT, most=1024)
def reading(text: str) -> Reading | None:
    """Return what a text or a code means above all; None where no phrase is known in it."""
    text = text.strip()
    code = " " not in text
    row = words_of_code(text) if code else words_of(text)
    found = (_in_codes if code else _in_prose).find(row)
    for meaning in _READ:
        said = [each for each in found if each.label == meaning]
        if said:
            longest = max(said, key=lambda each: each.end - each.start)
            return Reading(_meanings.get(meaning, Meaning.INTERNAL), " ".join(row[longest.start : longest.end]))
    return None


def reads_as_error(text: str) -> bool:
    """Return whether a text says that something failed: a phrase says so, and its other words do not speak against it."""
    return is_readable(text) and reading(text) is not None and _score(text) > 0


def reads_as_ordinary(text: str) -> bool:
    """Return whether a text has the words of labels, results and descriptions rather than of errors."""
    return _score(text) < _ORDINARY_BELOW


@by_beginning(TEXT_LIMIT, most=1024)
def _score(text: str) -> int:
    text = text.strip()
    row = words_of(text) if " " in text else words_of_code(text)
    known = _weights
    return known.get("", 0) + sum(known.get(name, 0) for name in set(features(row)))


def features(words: list[str]) -> Iterator[str]:
    """Yield what is weighed of a text: its words, and the pairs of them, where its sentences begin and end."""
    last = "."
    for word in words:
        if word != ".":
            yield word
        yield f"{last} {word}"
        last = word
    yield f"{last} ."


def is_readable(text: str) -> bool:
    """Return whether a text is written in Latin or Cyrillic letters: the tables have no words of other scripts."""
    letters = [letter for letter in text[:TEXT_LIMIT] if letter.isalpha()]
    return sum(letter < "\u0530" or "\u1e00" <= letter < "\u1f00" for letter in letters) * 10 >= 9 * len(letters)


_ORDINARY_BELOW: Final = -150


_ORDER: Final = (
    Meaning.RATE,
    Meaning.AUTHN,
    Meaning.AUTHZ,
    Meaning.METHOD,
    Meaning.TOO_LARGE,
    Meaning.UNSUPPORTED,
    Meaning.CONFLICT,
    Meaning.NOT_FOUND,
    Meaning.TIMEOUT,
    Meaning.UPSTREAM,
    Meaning.MALFORMED,
    Meaning.INVALID,
    Meaning.UNAVAILABLE,
    Meaning.INTERNAL,
)
_READ: Final = tuple(
    "rate authn authz method too_large unsupported conflict not_found quota timeout upstream malformed not_implemented"
    " invalid unavailable internal failed".split()
)
"""Which meaning counts where a text has several: the most telling first."""


def best_status(meanings: frozenset[Meaning]) -> int | None:
    """Return the status that fits what an error speaks of, the most telling meaning first; None where nothing is known."""
    return next((STATUS[meaning] for meaning in _ORDER if meaning in meanings), None)


_bare: Final = re.compile(
    r"\W*(?:(?:40[13] )?(?:(?:access(?: to th(?:e|is)(?: requested)? (?:page|resource|url))? )?"
    r"(?:is |was |has been )?forbidden|unauthori[sz]ed|(?:access |permission )?(?:is )?denied)\W*)+",
    re.IGNORECASE,
)


def is_bare_refusal(prose: str) -> bool:
    """Return whether a text is no more than «Forbidden» or «Access denied», which people write under any refusal."""
    return len(prose) <= 64 and _bare.fullmatch(prose) is not None
