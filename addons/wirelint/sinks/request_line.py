"""Show the request line of an exchange without what a client chose freely."""

from __future__ import annotations

import functools
from typing import Final
from urllib.parse import unquote_plus

from wirelint.core.exchange import Request
from wirelint.core.methods import method_name
from wirelint.core.route import route

_MOST_NAMES: Final = 8
_MOST_LINES: Final = 1024
_JOINTS: Final = str.maketrans("", "", "-_.[]")


def request_line(request: Request) -> str:
    """Return a request line that is safe to show: the path's template with short numbers, and names of the query.

    ``/users/42/mail/8f14e45f?page=3&9a=x`` becomes ``GET /users/42/mail/{id}?page=…&…``.
    """
    return _line(method_name(request.method), request.target)


@functools.lru_cache(maxsize=_MOST_LINES)
def _line(method: str, target: str) -> str:
    path, _, asked = target.partition("?")
    if path == "*":
        return f"{method} *"
    template = route(path).split("/")
    shown = [
        segment if segment.isascii() and segment.isdigit() and len(segment) <= 9 else folded
        for segment, folded in zip(path[:1024].split("/"), template, strict=False)
    ]
    if template[-1] == "…":
        shown[-1] = "…"
    pairs = asked[:2048].split("&")[: _MOST_NAMES + 1]
    query = "&".join(_name_alone(pair) for pair in pairs[:_MOST_NAMES] if pair)
    if len(pairs) > _MOST_NAMES:
        query += "&…"
    return f"{method} {'/'.join(shown)}" + (f"?{query}" if query else "")


def _name_alone(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    name = unquote_plus(name)[:64]
    # A part without a name is a value.
    return f"{name}=…" if equals and _reads_like_a_word(name) else "…"


def _reads_like_a_word(name: str) -> bool:
    return name.isascii() and name.translate(_JOINTS).isalpha() and route(f"/{name}") == f"/{name}"
