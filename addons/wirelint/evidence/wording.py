"""The fixed words of an error, to compare it with other errors of its service.

Everything that belongs to one request (its path and method, quoted parts, ids, numbers, times) is replaced, so that two
errors from one line of a service's code have the same wording.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from wirelint.core.answers import once_per_answer
from wirelint.core.body import EMPTY
from wirelint.core.exchange import Exchange, Request
from wirelint.core.once import once

_READ: Final = 8192
_LONGEST: Final = 1000
_LONGEST_WORDING: Final = 400
_DEEPEST: Final = 4
_MOST_MEMBERS: Final = 60
_MOST_ELEMENTS: Final = 4
_MOST_CONTENT: Final = 64 * 1024
_MOST: Final = 512
"""Texts of which it is remembered what they come to: services send the same few, and none is longer than ``_LONGEST``."""

# Members with texts of one request.
_noise: Final = re.compile(
    r"path|instance|url|uri|.{0,24}request_?id|timestamp|time|date|trace.{0,24}|self|href|link|documentation.{0,24}|method"
    r"|id|ref|hostname|server",
    re.IGNORECASE,
)
_STOCK: Final = "Either the server is overloaded or there is an error in the application."
"""Werkzeug's sentence, which mentions overload under every 500."""
_UPSTREAM: Final = (
    "timeout", "timed out", "time out", "refused", "unreachable", "upstream", "gateway", "unavailable", "no route to",
    "database", "no such host", "dial tcp", "getaddrinfo", "enotfound", "econn", "out of memory", "no space",
    "read-only file", "backend", "broker", "overload", "busy", "temporar", "socket",
)  # fmt: skip
_WHOLE: Final = ("connect", "dns", "disk", "remote")
_whole: Final = re.compile(r"\b(?:connect(?:ion|ing)?|dns|disk|remote)\b")
_GENERIC: Final = frozenset(
    "bad request not found error response code message http the requested url was on this server if you entered manually please"
    " check your spelling and try again page resource status type title detail path could be cannot get put post patch delete head"
    " options brew method allowed route does doesn exist null none sorry errors extensions true false html body pre meta charset utf"
    " internal server an encountered misconfiguration unable to complete your request either is overloaded or there in application"
    " result text description reason forbidden access denied you don have permission to access this it unauthorized unexpected has"
    " occurred condition".split()
)
_quoted: Final = re.compile(r"([\"'`«“]).{0,80}?([\"'`»”])")
_varying: Final = re.compile(r"[0-9a-fA-F-]{8,}|\d+")
_space: Final = re.compile(r"\s+")
_tag: Final = re.compile(r"<[^<>]{0,512}>")
_word: Final = re.compile(r"[a-z_]{2,}")
_about_route: Final = re.compile(r"\b(?:route|method|page|url|uri|endpoint|cannot #m|path)\b")
_no_route: Final = re.compile(
    r"cannot #m\b|(?:the )?page not found|.{0,40}\bno route\b|.{0,40}\broute(?:_|.{0,40} )not[_ ]found"
    r"|.{0,40}\bunknown (?:route|endpoint)\b"
)
_HIDDEN: Final = ("script", "style", "head")


class Wording(NamedTuple):
    """The fixed words of an error.

    :ivar words: a number for the words; equal words have equal numbers, in this process only.
    :ivar distinctive: the number of words that are not common error words.
    :ivar length: the number of words.
    :ivar upstream: whether they mention a connection, a database or a lack of resources, which are not the client's
        fault.
    :ivar names_route: whether they mention a route, a page or a method.
    :ivar no_route: whether they are a router's text for an unknown route.
    :ivar names_path: whether they contained the request's own path.
    """

    words: int
    distinctive: int
    length: int
    upstream: bool
    names_route: bool
    no_route: bool
    names_path: bool

    @property
    def generic(self) -> bool:
        """Return whether there are only common words, or none."""
        return self.distinctive == 0


@once
def wording(exchange: Exchange) -> Wording | None:
    """Return the fixed words of a response; None unless its whole content is known."""
    response = exchange.response
    if response is None or response.body.unavailable is not None or not response.body.complete:
        return None
    text = _said(exchange)
    if text is None:
        return None
    marked, names_path = _own_marked(text, exchange.request)
    return _wording(_fixed(marked), _speaks_of_upstream(text), names_path)


@functools.lru_cache(maxsize=_MOST)
def _wording(words: str, upstream: bool, names_path: bool) -> Wording:
    found = _word.findall(words)
    return Wording(
        words=hash(words),
        distinctive=len([word for word in found if word not in _GENERIC]),
        length=len(found),
        upstream=upstream,
        names_route=_about_route.search(words) is not None,
        no_route=_no_route.match(words) is not None,
        names_path=names_path,
    )


@once_per_answer
def _said(exchange: Exchange) -> str | None:
    """Return the text of a response; None if it is too long."""
    body = EMPTY if exchange.response is None else exchange.response.body
    content = body.content or b""
    if len(content) > _MOST_CONTENT:
        return None
    text = _text(content, body.json if content[:1] in b'{["' and content else None, body.text or "")
    return text.replace(_STOCK, "")


@functools.lru_cache(maxsize=_MOST)
def _speaks_of_upstream(text: str) -> bool:
    """Return whether a text mentions a dependency of the service."""
    text = text.lower()
    if any(word in text for word in _UPSTREAM):
        return True
    return any(word in text for word in _WHOLE) and _whole.search(text) is not None


def _text(content: bytes, value: Any, text: str) -> str:
    if isinstance(value, dict | list | str) and value:
        return " | ".join(_leaves(value, 0))[:_LONGEST]
    if content[:1] in b"{[":
        return ""
    text = text[:_READ]
    if "<" in text[:200]:
        text = _tag.sub(" ", _visible(text))
    return _space.sub(" ", text).strip()[:_LONGEST]


def _leaves(value: Any, depth: int) -> Iterator[str]:
    """Yield the texts in a JSON value, without members that vary with the request."""
    if isinstance(value, str):
        yield value
    elif depth >= _DEEPEST:
        return
    elif isinstance(value, dict):
        for name, inner in list(value.items())[:_MOST_MEMBERS]:
            if _noise.fullmatch(name) is None:
                yield from _leaves(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value[:_MOST_ELEMENTS]:
            yield from _leaves(inner, depth + 1)


def _visible(text: str) -> str:
    """Return a page without its scripts, styles and head."""
    lower = text.lower()
    for name in _HIDDEN:
        pieces, at = [], 0
        while (start := lower.find(f"<{name}", at)) >= 0:
            end = lower.find(f"</{name}", start)
            pieces.append(text[at:start])
            at = len(text) if end < 0 else end
        if pieces:
            text = " ".join([*pieces, text[at:]])
            lower = text.lower()
    return text


def _own_marked(text: str, request: Request) -> tuple[str, bool]:
    """Return a text with placeholders for the request's path, target and method, and whether it had the path."""
    path, method = request.path, request.method
    shown = text
    for own in sorted({path, unquote(path), request.target}, key=len, reverse=True):
        if len(own) > 1:
            text = text.replace(own, "#")
            bare = own.strip("/")  # routers that split paths name them without the slash
            if "/" in bare:
                text = text.replace(bare, "#")
            elif bare and f": {bare}" in text:
                text = re.sub(rf": {re.escape(bare)}(?![^\s|])", ": #", text)
    names_path = text != shown
    if method in text and method.isalpha():
        text = re.sub(rf"\b{method}\b", "#M", text)
    return text, names_path


@functools.lru_cache(maxsize=_MOST)
def _fixed(text: str) -> str:
    """Return a text in lower case, with placeholders for other parts that belong to one request."""
    text = _varying.sub("#", _quoted.sub("#", text))
    return _space.sub(" ", text).strip().lower()[:_LONGEST_WORDING]
