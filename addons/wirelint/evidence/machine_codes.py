"""Find the machine-readable name of an error."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any, Final

from wirelint.core.answers import once_per_answer
from wirelint.core.exchange import Exchange
from wirelint.evidence.said import meanings
from wirelint.evidence.texts import Meaning, of_code

_NAMES: Final = ("code", "error_code", "errorcode", "errcode", "err_code", "errorkey", "__type", "exception")
_WRAPPERS: Final = ("error", "fault")
# The type of a problem document is its name; elsewhere it may name a class of errors.
_INNER: Final = (*_NAMES, "type")
_TEXTS: Final = ("message", "detail", "error_message", "error_description", "error", "msg")
_code: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:#-]{2,63}")
_number: Final = re.compile(r"[0-9]{4,9}")
_text: Final = re.compile(r"[A-Z][A-Za-z' -]{11,78}\.?")
_class: Final = re.compile(r"[A-Z][a-z]{2,24}(?:Error|Exception)")
_LONGEST: Final = 256
_words: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_GENERAL: Final = frozenset(
    "error errors err fail failed failure exception invalid request bad api client server http general generic unknown"
    " internal unexpected code status response problem fault message default about blank application app service system"
    " occurred an the user runtime rest result operation not ok false true none null e m base com io".split()
)
"""Words that name no error: a code of only these stands for many."""
_VAGUE: Final = frozenset({Meaning.INVALID, Meaning.INTERNAL, Meaning.UNAVAILABLE, Meaning.MALFORMED})


@once_per_answer
def machine_code(exchange: Exchange) -> str | None:
    """Return the machine-readable name of the response's error; None if there is none, or if it is too general.

    Without one, a fixed text that states precisely what is wrong replaces it, in quotes.
    """
    response = exchange.response
    members = None if response is None or response.body.unavailable is not None else response.body.members
    if response is None or members is None:
        return None
    folded = {name.lower(): value for name, value in members.items()}
    inner = next((value for name in _WRAPPERS if isinstance(value := folded.get(name), dict)), None)
    if inner is not None:
        return _precise(_of(inner, _INNER, response.status), inner, exchange)
    if "problem+" in response.headers.media_type.essence:
        kind = folded.get("type")
        name = kind.rstrip("/").rpartition("/")[2] if isinstance(kind, str) else None
        return _of(folded, _NAMES, response.status) or _named(name, response.status)
    errors = folded.get("errors")
    if isinstance(errors, list):
        # Several errors, or one about a field: their codes describe values, not the error.
        first = errors[0] if len(errors) == 1 else None
        if not isinstance(first, dict) or not {"field", "source", "path", "param", "property", "resource"}.isdisjoint(
            first
        ):
            return None
        return _of(first, _NAMES, response.status)
    return _precise(_of(folded, (*_NAMES, "error"), response.status), folded, exchange)


def _precise(code: str | None, members: Mapping[str, Any], exchange: Exchange) -> str | None:
    """Return the code, or the text that replaces it: for ``ShopError`` beside «already exists», the text."""
    if code is not None and not (_class.fullmatch(code) and not of_code(code) and not meanings(exchange) <= _VAGUE):
        return code
    return _fixed(members, exchange)


def _of(members: Mapping[str, Any], names: tuple[str, ...], status: int) -> str | None:
    for name in names:
        if name in members and (found := _named(members[name], status)):
            return found
    return None


def _named(value: object, status: int) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    return _name(text, status) if len(text) <= _LONGEST else None


@functools.lru_cache(maxsize=1024)  # a service has few texts, and repeats them
def _name(text: str, status: int) -> str | None:
    if _number.fullmatch(text):
        # 40401: codes that begin with a status differ if their statuses do.
        return text if text[:3] != str(status) else None
    name = text.rpartition("#")[2]
    if not _code.fullmatch(name):
        return None
    words = {word.lower() for word in _words.findall(name)}
    return None if words <= _GENERAL else name


def _fixed(members: Mapping[str, Any], exchange: Exchange) -> str | None:
    for name in _TEXTS:
        value = members.get(name)
        if isinstance(value, str):
            about = meanings(exchange)
            precise = len(value.split()) >= 3 and about and not about <= _VAGUE
            return f'"{value}"' if precise and _text.fullmatch(value) else None
    return None
