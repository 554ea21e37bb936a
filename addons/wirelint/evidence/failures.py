"""Recognise short texts that are error messages by themselves.

Words such as "error" or "invalid" also occur in ordinary texts. So the form counts: error messages begin or end in few
ways. Texts about a success, an empty result or a plan are not errors.

The forms are in ``data/failures.tsv``, each with an example that a test holds: ``begins`` and ``lacks`` stand at the
start, ``holds`` and ``harmless`` anywhere, ``status`` is the whole text, and ``<name>`` is one of the words of a set.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Final

from wirelint.evidence import texts, vocabulary

_LONGEST: Final = 400
_MOST_LINES: Final = 4
_MEMBER: Final = "word"
_AREA: Final = r"(?:(?:sorry|oops|uh-?oh|hmm|whoops|ouch)[,!. \u2026-]{1,4})?(?:the |your |this |an? )?"
"""What may stand before the beginning of an error message."""
_set: Final = re.compile(r"<(\w+)>")


def forms() -> Iterator[tuple[str, str, str]]:
    """Yield the rows of ``data/failures.tsv``: where a form stands, the form with its sets filled in, an example."""
    table = list(vocabulary.table("failures"))
    sets = {"not": [r"not", r"n?['\u2019]t"]}
    for kind, name, member in table:
        if kind == _MEMBER:
            sets.setdefault(name, []).append(member)
    for kind, form, example in table:
        if kind != _MEMBER:
            yield kind, _set.sub(lambda match: f"(?:{'|'.join(sets[match[1]])})", form), example


def _joined(kind: str) -> str:
    return "|".join(form for other, form, _ in forms() if other == kind)


_begins: Final = re.compile(f"{_AREA}(?:{_joined('begins')})")
_lacks: Final = re.compile(_joined("lacks"))
_holds: Final = re.compile(_joined("holds"))
_harmless: Final = re.compile(_joined("harmless"))
_statuses: Final = re.compile(_joined("status"))


def reads_as_error(text: str) -> bool:
    """Return whether a text is the message of an error and nothing else.

    :param text: the text of a service, without markup; more than 400 characters or four lines are never a message.
    """
    text = text.strip()
    return len(text) <= _LONGEST and _reads_as_error(text)  # cached texts must be short


@functools.lru_cache(maxsize=1024)
def _reads_as_error(text: str) -> bool:
    text = text.lower()
    if len(text) < 4 or text.count("\n") > _MOST_LINES or " " not in text:
        return text in _WORDS
    if is_status_phrase(text):
        return True
    if _harmless.search(text):
        return False
    plain = text.lstrip("[('\"`*#- ")
    fits = bool(
        _begins.match(plain) or _lacks.match(plain) or _holds.search(text) or texts.is_error_in_another_language(text)
    )
    return fits and not texts.reads_as_ordinary(text)


_WORDS: Final = frozenset(
    {"unauthorized", "unauthorised", "forbidden", "unauthenticated", "error", "failed", "failure", "fail"}
)


def is_status_phrase(text: str) -> bool:
    """Return whether a text is only the phrase of a 4xx or 5xx status: ``Unauthorized``."""
    return len(text) <= 64 and _statuses.fullmatch(text.strip().lower()) is not None
