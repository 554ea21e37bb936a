"""Parse a document: JSON, or YAML by the core schema of YAML 1.2.

Keys stay texts (``200:`` is ``"200"``), dates and ``no`` too. Octets, values and depth are bounded, and what an alias
stands for counts each time.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
import yaml

LONGEST: Final = 128 * 1024 * 1024
"""Most octets of a document."""
_MOST_VALUES: Final = 8_000_000
_DEEPEST: Final = 200

_number: Final = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_integer: Final = re.compile(r"[-+]?\d+")
_WORDS: Final = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class DocumentError(Exception):
    """A document cannot be used; the message fits on one line."""


def parse(octets: bytes) -> Any:
    """Return the values of a document.

    :raises DocumentError: it is neither JSON nor YAML, or too large or too deep.
    """
    if len(octets) > LONGEST:
        raise DocumentError(f"it is larger than {LONGEST // 1024 // 1024} MiB")
    octets = octets.removeprefix(b"\xef\xbb\xbf")
    if octets.lstrip()[:1] in (b"{", b"["):
        try:
            return msgspec.json.decode(octets)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            broken = str(error)
        try:  # YAML has objects in braces as well
            return _Yaml(octets).value()
        except DocumentError:
            raise DocumentError(f"no JSON: {broken}") from None
    return _Yaml(octets).value()


class _Yaml:
    """Builds values from the events of libyaml's parser."""

    def __init__(self, octets: bytes) -> None:
        self._parser = yaml.CSafeLoader(octets)
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._values = 0

    def value(self) -> Any:
        """Return the first document's values."""
        try:
            while not isinstance(event := self._event(), yaml.DocumentStartEvent):
                if isinstance(event, yaml.StreamEndEvent):
                    raise DocumentError("it is empty")
            return self._read(self._event(), 0)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            place = "" if mark is None else f" in line {mark.line + 1}"
            raise DocumentError(f"no YAML: {error.problem}{place}") from None
        except (yaml.YAMLError, UnicodeError) as error:
            raise DocumentError(f"no YAML: {' '.join(str(error).split())}") from None

    def _event(self) -> Any:
        # Any: the types of PyYAML's stubs do not tell the kinds of events apart.
        return self._parser.get_event()

    def _read(self, event: Any, depth: int) -> Any:
        self._values += 1
        if depth > _DEEPEST or self._values > _MOST_VALUES:
            raise DocumentError("it is too deep" if depth > _DEEPEST else f"it has more than {_MOST_VALUES:,} values")
        if isinstance(event, yaml.ScalarEvent):
            value = event.value if event.style or event.tag == "tag:yaml.org,2002:str" else _plain(event.value)
            if event.anchor:
                self._anchors[event.anchor] = (value, 1)
            return value
        if isinstance(event, yaml.AliasEvent):
            name = str(event.anchor)
            value, size = self._anchors.get(name, (None, 0))
            if not size:
                raise DocumentError(f"no YAML: there is no anchor &{name[:40]}")
            self._values += size
            return value
        before = self._values
        found = self._sequence(depth) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(depth)
        if event.anchor:
            self._anchors[event.anchor] = (found, self._values - before + 1)
        return found

    def _sequence(self, depth: int) -> list[Any]:
        found = []
        while not isinstance(event := self._event(), yaml.SequenceEndEvent):
            found.append(self._read(event, depth + 1))
        return found

    def _mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: list[dict[str, Any]] = []
        while not isinstance(event := self._event(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise DocumentError(f"no API description: a key in line {event.start_mark.line + 1} is no text")
            key = event.value
            value = self._read(self._event(), depth + 1)
            if key == "<<" and not event.style:
                merged += [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]
            else:
                found[key] = value
        for each in merged:
            for name, value in each.items():
                found.setdefault(name, value)
        return found


def _plain(text: str) -> Any:
    """Return the value of a scalar without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "-+.0123456789" and _number.fullmatch(text):
        if _integer.fullmatch(text):
            return int(text) if len(text) < 40 else float(text)
        return float(text)
    return text
