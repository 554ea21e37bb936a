"""Find the parts of a response that only repeat the request: correlation ids, command names, arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from wirelint.core.exchange import Exchange
from wirelint.core.media import Kind
from wirelint.core.once import once
from wirelint.evidence.envelope_words import is_identity
from wirelint.evidence.forms import form_fields

_DEEPEST: Final = 3
_MOST: Final = 200
_LONGEST: Final = 512
_LEAST_OCTETS: Final = 4
"""Shorter values may be repeated by chance: they count only under the same name."""


_OWN_IDS: Final = frozenset("id uuid self href url uri slug object etag".split())


class Sent(NamedTuple):
    """The values that a request sent: by name in lower case, alone if they are long enough, and as path segments."""

    named: frozenset[tuple[str, str]]
    values: frozenset[str]
    segments: frozenset[str]


@once
def sent(exchange: Exchange) -> Sent:
    """Return the values in a request's path, query and content; at most 200, none over 512 characters."""
    request = exchange.request
    pairs: list[tuple[str, str]] = list(form_fields(request.query).items())
    body = request.body
    if body.content and body.complete and len(pairs) < _MOST:
        if request.headers.media_type.kind is Kind.FORM:
            pairs += form_fields(body.text or "").items()
        elif len(body.content) <= 4 * _LONGEST:
            pairs += _scalars("", body.json, 0)
    segments = frozenset(unquote(segment) for segment in request.path[:2048].split("/")[:32] if segment)
    named = frozenset((name.lower(), value) for name, value in pairs[:_MOST] if len(value) <= _LONGEST)
    return Sent(named, frozenset(value for _, value in named if len(value) >= _LEAST_OCTETS), segments)


def _scalars(name: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and depth < _DEEPEST:
        for inner_name, inner in list(value.items())[:_MOST]:
            yield from _scalars(inner_name, inner, depth + 1)
    elif isinstance(value, list) and depth < _DEEPEST:
        for inner in value[:16]:
            yield from _scalars(name, inner, depth + 1)
            yield from _scalars(name.removesuffix("s"), inner, depth + 1)
    elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        yield name, str(value)


def is_echo(exchange: Exchange, name: str, value: Any) -> bool:
    """Return whether a member of the response (``name`` in lower case) has a value that the request sent."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    text = str(value)
    if not text or len(text) > _LONGEST:
        return False
    known = sent(exchange)
    return (name, text) in known.named or text in known.values or text in known.segments


def belongs_to_call(exchange: Exchange, name: str, value: Any) -> bool:
    """Return whether a member only repeats the call, as in ``is_echo``, and does not identify a resource.

    The answer to ``GET /payments/7`` is the payment, whose ``payment_id`` is 7.
    """
    reads = exchange.request.method in ("GET", "HEAD")
    return is_echo(exchange, name, value) and name not in _OWN_IDS and not (reads and is_identity(name, value))
