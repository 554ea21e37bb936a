"""Find errors that say by a member of their own which part of the request is wrong.

Validators list them: ``{"errors": [{"msg": "Invalid value", "path": "email", "location": "body"}]}``,
``{"detail": [{"loc": ["body", "email"], "msg": "field required"}]}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qsl

from wirelint.core.exchange import Exchange, Request
from wirelint.core.media import Kind
from wirelint.evidence.forms import form_fields

_LISTS: Final = frozenset({"errors", "error", "detail", "details", "issues", "violations", "invalid_params", "fields"})
_PARTS: Final = frozenset({"body", "query", "params", "path", "header", "headers", "cookie", "cookies"})
_TEXTS: Final = frozenset({"msg", "message", "messages", "detail", "reason", "description", "constraints", "title"})
_PLACES: Final = ("path", "loc", "field", "param", "property", "name", "propertypath", "pointer", "parameter", "source")
_DEEPEST: Final = 2
_MOST_ERRORS: Final = 8
_MOST_NAMES: Final = 48
_LONGEST: Final = 4096


def located(exchange: Exchange) -> bool:
    """Return whether a response lists errors that name a part, a member or a parameter of the request."""
    response = exchange.response
    if response is None or _LISTS.isdisjoint(response.body.names or ()):
        return False
    sent: frozenset[str] | None = None
    for error in islice(_errors(response.body.members or {}), _MOST_ERRORS):
        folded = {name.lower(): value for name, value in error.items()}
        if _TEXTS.isdisjoint(folded):
            continue
        if _part(folded) in _PARTS and len(folded) > 1:
            return True
        sent = names_sent(exchange.request) if sent is None else sent
        if _last(folded) in sent:
            return True
    return False


def _errors(members: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    for name, value in members.items():
        if name.lower() not in _LISTS:
            continue
        if isinstance(value, dict) and depth < _DEEPEST:
            yield from _errors(value, depth + 1)
        elif isinstance(value, list):
            yield from (each for each in value[:_MOST_ERRORS] if isinstance(each, dict))


def _part(folded: Mapping[str, Any]) -> str:
    """Return the part of the request that an error names."""
    at = folded.get("loc")
    if isinstance(at, list) and len(at) > 1:
        return str(at[0])
    part = folded.get("location", folded.get("in"))
    return part if isinstance(part, str) else ""


def _last(folded: Mapping[str, Any]) -> str:
    """Return the name of the member that an error names, without the way to it."""
    for place in _PLACES:
        value = folded.get(place)
        if isinstance(value, dict):
            value = value.get("pointer", value.get("parameter"))
        if isinstance(value, list):
            value = value[-1] if value else None
        if isinstance(value, str):
            return value.replace("/", ".").rpartition(".")[2]
    return ""


def names_sent(request: Request) -> frozenset[str]:
    """Return the names of a request's parameters, and of its members down to the second level."""
    names = {name for name, _ in parse_qsl(request.query[:_LONGEST], keep_blank_values=True)[:_MOST_NAMES]}
    body = request.body
    if body.unavailable is not None or body.empty:
        return frozenset(names)
    if request.headers.media_type.kind is Kind.FORM:
        names |= set(list(form_fields((body.text or "")[:_LONGEST]))[:_MOST_NAMES])
    for name, value in list((body.members or {}).items())[:_MOST_NAMES]:
        names.add(name)
        if isinstance(value, dict):
            names |= set(list(value)[:_MOST_NAMES])
    return frozenset(names)
