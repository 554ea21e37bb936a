"""Find the meaning of an error text or code, by words that many services use.

The words are in tables (see ``vocabulary``). A text has the meanings of its phrases; if one phrase is inside another,
only the longer one counts.
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
"""Most characters of text that are read."""


class Meaning(enum.StrEnum):
    """The meaning of an error."""

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
"""The status for each meaning (RFC 9110 section 15.5 and 15.6, RFC 6585)."""

_MOST_WORDS: Final = 16
_FAILED: Final = "failed"
"""The meaning of rows that only say that something failed."""
_meanings: Final = {meaning.name.lower(): meaning for meaning in Meaning}
_in_prose: Final = vocabulary.phrases()
_in_clients: Final = vocabulary.phrases(source=vocabulary.CLIENT)
_in_languages: Final = vocabulary.phrases(source=vocabulary.LANGUAGES)
_in_codes: Final = vocabulary.phrases(codes=True)
_weights: Final = vocabulary.weights()

NONE: Final[frozenset[Meaning]] = frozenset()


class Reading(NamedTuple):
    """The main meaning of a text, and the words that show it."""

    meaning: Meaning
    words: str


@by_beginning(TEXT_LIMIT, most=2048)
def of_prose(text: str) -> frozenset[Meaning]:
    """Return the meanings of a text; several if it is ambiguous."""
    return frozenset(_meanings[each.label] for each in _in_prose.find(words_of(text)) if each.label != _FAILED)


@by_beginning(128, most=2048)
def of_code(code: str) -> frozenset[Meaning]:
    """Return the meanings of a machine-readable code such as ``RESOURCE_NOT_FOUND``."""
    return frozenset(_meanings[each.label] for each in _in_codes.find(words_of_code(code)) if each.label != _FAILED)


@by_beginning(TEXT_LIMIT, most=1024)
def of_client(text: str) -> frozenset[Meaning]:
    """Return how an upstream failed, by the words of the HTTP client library: timeout, failure, or neither."""
    return frozenset(_meanings[each.label] for each in _in_clients.find(words_of(text)))


@by_beginning(TEXT_LIMIT, most=1024)
def is_error_in_another_language(text: str) -> bool:
    """Return whether a short text has an error's phrase in another language than English, and reads as an error."""
    row = words_of(text)
    return len(row) <= _MOST_WORDS and bool(_in_languages.find(row))


@by_beginning(TEXT_LIMIT, most=1024)
def reading(text: str) -> Reading | None:
    """Return the main meaning of a text or a code; None if it has no known phrase."""
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
    """Return whether a text says that something failed: a phrase says so, and its other words do not contradict it."""
    return is_readable(text) and reading(text) is not None and _score(text) > 0


def reads_as_ordinary(text: str) -> bool:
    """Return whether a text has the words of labels, results and descriptions, not of errors."""
    return _score(text) < _ORDINARY_BELOW


@by_beginning(TEXT_LIMIT, most=1024)
def _score(text: str) -> int:
    text = text.strip()
    row = words_of(text) if " " in text else words_of_code(text)
    known = _weights
    return known.get("", 0) + sum(known.get(name, 0) for name in set(features(row)))


def features(words: list[str]) -> Iterator[str]:
    """Yield the weighed features of a text: its words, pairs of words, begins and ends of sentences."""
    last = "."
    for word in words:
        if word != ".":
            yield word
        yield f"{last} {word}"
        last = word
    yield f"{last} ."


def is_readable(text: str) -> bool:
    """Return whether a text is in Latin or Cyrillic letters: the tables have no other scripts."""
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
"""The order of meanings if a text has several: the most specific first."""


def best_status(meanings: frozenset[Meaning]) -> int | None:
    """Return the status for the meanings of an error, the most specific first; None if there is none."""
    return next((STATUS[meaning] for meaning in _ORDER if meaning in meanings), None)


_bare: Final = re.compile(
    r"\W*(?:(?:40[13] )?(?:(?:access(?: to th(?:e|is)(?: requested)? (?:page|resource|url))? )?"
    r"(?:is |was |has been )?forbidden|unauthori[sz]ed|(?:access |permission )?(?:is )?denied)\W*)+",
    re.IGNORECASE,
)


def is_bare_refusal(prose: str) -> bool:
    """Return whether a text is only «Forbidden» or «Access denied», which developers write under any refusal."""
    return len(prose) <= 64 and _bare.fullmatch(prose) is not None
