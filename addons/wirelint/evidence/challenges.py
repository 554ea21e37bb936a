"""Parse authentication challenges, WWW-Authenticate and Proxy-Authenticate, in one pass (RFC 9110 §11.6.1).

Commas separate both challenges and their parameters: a name after a comma is a parameter if an equals sign follows,
else the scheme of another challenge. Each field line is parsed separately.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from wirelint.core.answers import once_per_answer
from wirelint.core.exchange import Exchange
from wirelint.core.headers import Headers

_LINES: Final = 16
_LONGEST: Final = 4096
_token: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_token68: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_quoted: Final = re.compile(r'"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\.)*)"')
_gap: Final = re.compile(r"[ \t,]*")
_space: Final = re.compile(r"[ \t]*")
_masked: Final = re.compile(r"redact|filtered|scrubbed|\*{3}|<[A-Z_ -]{3,40}>|\{\{", re.IGNORECASE)


class Challenge(msgspec.Struct, frozen=True):
    """A challenge: its scheme in lower case, and either a token68 or parameters in order, with names in lower case."""

    scheme: str
    parameters: tuple[tuple[str, str], ...] = ()
    token68: str = ""

    def get(self, name: str) -> str | None:
        """Return the first value of parameter ``name`` (lower case), or None."""
        return next((value for other, value in self.parameters if other == name), None)


class Challenges(msgspec.Struct, frozen=True):
    """The challenges of a message.

    ``present``: whether the message has the field. ``fault``: the text at which parsing failed, None if it succeeded;
    challenges before the fault are kept. ``readable``: False if the field is too long, or a recorder replaced it.
    """

    items: tuple[Challenge, ...] = ()
    present: bool = False
    fault: str | None = None
    readable: bool = True

    def of(self, scheme: str) -> tuple[Challenge, ...]:
        """Return the challenges of one scheme (lower case)."""
        return tuple(item for item in self.items if item.scheme == scheme)


_ABSENT: Final = Challenges()


@once_per_answer
def challenges(exchange: Exchange) -> Challenges:
    """Return the challenges in the response's WWW-Authenticate field."""
    return read(exchange.response.headers, "www-authenticate") if exchange.response is not None else _ABSENT


def read(headers: Headers, name: str) -> Challenges:
    """Parse all lines of field ``name`` (lower case)."""
    if name not in headers:
        return _ABSENT
    lines = headers.get_all(name)
    if len(lines) > _LINES or any(len(line) > _LONGEST or _masked.search(line) for line in lines):
        return Challenges(present=True, readable=False)
    items: list[_Draft] = []
    fault = None
    for line in lines:
        wrong = _line(line, items)
        fault = fault or wrong
    return Challenges(tuple(Challenge(d.scheme, tuple(d.parameters), d.token68) for d in items), True, fault)


class _Draft:
    """A challenge while its parameters are parsed."""

    __slots__ = ("parameters", "scheme", "token68")

    def __init__(self, scheme: str) -> None:
        self.scheme = scheme
        self.parameters: list[tuple[str, str]] = []
        self.token68 = ""


def _line(line: str, items: list[_Draft]) -> str | None:
    """Parse one line into ``items``; return the text that does not fit, or None."""
    at = _past(_gap, line, 0)
    draft: _Draft | None = None
    while at < len(line):
        match = _token.match(line, at)
        if match is None:
            return line[at:]
        end = _past(_space, line, match.end())
        if line[end : end + 1] == "=":
            value, end = _value(line, _past(_space, line, end + 1))
            if draft is None or draft.token68 or value is None:
                return line[at:]
            draft.parameters.append((match[0].lower(), value))
        else:
            draft = _Draft(match[0].lower())
            items.append(draft)
            if end > match.end() and line[end : end + 1] not in ("", ","):
                if (blob := _token68.match(line, end)) is None or not _ends(line, blob.end()):
                    at = end
                    continue
                draft.token68, end = blob[0], blob.end()
        if not _ends(line, end):
            return line[at:]
        at = _past(_gap, line, end)
    return None


def _ends(line: str, at: int) -> bool:
    """Return whether an element of the list ends here."""
    at = _past(_space, line, at)
    return line[at : at + 1] in ("", ",")


def _value(line: str, at: int) -> tuple[str | None, int]:
    match = _quoted.match(line, at)
    if match is not None:
        return match[1].replace("\\", "") if "\\" in match[1] else match[1], match.end()
    match = _token.match(line, at)
    return (match[0], match.end()) if match is not None else (None, at)


def _past(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return at if match is None else match.end()
