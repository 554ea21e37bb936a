"""Patterns of requests and of services' names in settings: ``GET /users/{id}``, ``shop-*``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from wirelint.core.exchange import Exchange

_LONGEST: Final = 500
_LONGEST_PATH: Final = 2048
_LONGEST_NAME: Final = 255
_MOST_SERVICES: Final = 4096

_methods: Final = re.compile(r"[A-Z]+(?:,[A-Z]+)*")
_variable: Final = re.compile(r"\*|\{[^{}/]*\}")


class PatternError(ValueError):
    """The text is not a pattern of requests."""


class Pattern(msgspec.Struct, frozen=True):
    """Requests by method and path: ``GET /users/{id}``, ``POST,PUT /orders/**``, ``/admin/*``.

    ``{name}`` and ``*`` match one segment of a path or a part of one; a last segment ``**`` matches the rest, even if
    empty. Without methods, all match.
    """

    text: str
    methods: frozenset[str]
    path: re.Pattern[str]

    @property
    def template(self) -> str | None:
        """Return the path as written; None if it ends in ``**`` and so is not a route."""
        path = self.text.split()[-1]
        return None if path.endswith("**") else path

    def matches(self, exchange: Exchange) -> bool:
        """Return whether an exchange's request matches."""
        return self.fits(exchange.request.method, exchange.request.path)

    def fits(self, method: str, path: str) -> bool:
        """Return whether a request of that method to that path (or route) matches."""
        if self.methods and method not in self.methods:
            return False
        return self.path.fullmatch(path[:_LONGEST_PATH]) is not None


def pattern(text: str) -> Pattern:
    """Parse a pattern of requests.

    :raises PatternError: the text is not a pattern; the message says why.
    """
    words = text.split()
    if len(text) > _LONGEST or not 1 <= len(words) <= 2 or not words[-1].startswith("/"):
        raise PatternError("must be a path that begins with /, or methods and a path: GET /users/{id}")
    methods = words[0] if len(words) == 2 else ""
    if methods and not _methods.fullmatch(methods):
        raise PatternError("methods must be in capitals, comma-separated: GET,POST /users/{id}")
    # The route of a finding ends in an ellipsis if its path was too deep.
    path, rest = re.subn(r"/(?:\*\*|…)$", "", words[-1])
    if "**" in path:
        raise PatternError("** can only be the last segment")
    segments = [_segment(segment) for segment in path.split("/")]
    ending = r"(?:/.*)?" if rest else ""
    return Pattern(text, frozenset(methods.split(",")) - {""}, re.compile("/".join(segments) + ending, re.DOTALL))


def _segment(segment: str) -> str:
    """Return a segment as a regular expression. It has at most one variable, so that matching takes linear time."""
    if _variable.fullmatch(segment):
        return "[^/]+"
    parts = _variable.split(segment)
    if len(parts) > 2:
        raise PatternError("a segment can hold one * or one {name}")
    return "[^/]+".join(re.escape(part) for part in parts)


def name_pattern(text: str) -> re.Pattern[str]:
    """Parse a pattern of services' names, in which ``*`` matches any characters.

    :raises PatternError: there are more than two ``*``, or the text is longer than 500 characters.
    """
    if text.count("*") > 2 or len(text) > _LONGEST:
        raise PatternError("a service's name can hold two * at most")
    return re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)


class ByService[T]:
    """Values by the names of services: an exact name beats patterns, and the first matching pattern counts.

    :param entries: names of services or patterns of names, each with its value.
    :param default: the value of services that no entry matches.
    """

    def __init__(self, entries: Iterable[tuple[str, T]], default: T) -> None:
        self._entries = tuple((name, name_pattern(name), value) for name, value in entries)
        self._default = default
        self._found: dict[str, T] = {}

    def of(self, service: str) -> T:
        """Return the value of a service."""
        if service in self._found:
            return self._found[service]
        value = self._find(service)
        if len(self._found) < _MOST_SERVICES:
            self._found[service] = value
        return value

    def _find(self, service: str) -> T:
        fitting = [(name, value) for name, names, value in self._entries if names.fullmatch(service[:_LONGEST_NAME])]
        exact = [value for name, value in fitting if name == service]
        return exact[0] if exact else fitting[0][1] if fitting else self._default
