"""The operation that a call of a protocol names: a JSON-RPC method, a GraphQL operation, a SOAP action."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs

from wirelint.core.exchange import Exchange
from wirelint.core.learned import is_known
from wirelint.core.once import once
from wirelint.core.route import route
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.xml import document

_LONGEST: Final = 64
_LOOKED_AT: Final = 4096
_MOST_CALLS: Final = 64
_name: Final = re.compile(r"[A-Za-z_][\w.]*(?:/[A-Za-z_]\w*)?", re.ASCII)
_operation: Final = re.compile(r"\s*(?:query|mutation|subscription)\s+([A-Za-z_]\w*)", re.ASCII)


@once
def operation(exchange: Exchange) -> str:
    """Return the operation that a request calls; empty if it names none, several, or one that cannot be read.

    Clients choose these names. The value is one that reads like an identifier; ``is_safe`` says whether it may be shown
    at once.
    """
    request = exchange.request
    match protocol(exchange):
        case Protocol.JSON_RPC:
            name = _json_rpc(exchange)
        case Protocol.GRAPHQL:
            name = _graphql(exchange)
        case Protocol.GRPC:
            name = request.path.removeprefix("/")
        case Protocol.SOAP:
            name = _soap(exchange)
        case Protocol.XML_RPC:
            xml = document(request.body)
            called = () if xml is None else [e.text for e in xml.elements if e.name == "methodname"]
            name = next(iter(called), "")
        case _:
            name = ""
    if len(name) > _LONGEST or _name.fullmatch(name) is None:
        return ""
    return name if is_safe(name) or route(f"/{name}") == f"/{name}" else ""


def is_safe(name: str) -> bool:
    """Return whether all words of an operation's name are developers' words, by the vocabulary of routes."""
    return all(is_known(part) for part in re.split(r"[./]", name) if part)


def _json_rpc(exchange: Exchange) -> str:
    body = exchange.request.body
    asked = body.members if body.members is not None else body.json
    calls = asked if isinstance(asked, list) else [asked]
    found = [call.get("method") if isinstance(call, dict) else None for call in calls[:_MOST_CALLS]]
    names = {name if isinstance(name, str) else "" for name in found}
    return names.pop() if len(names) == 1 and len(calls) <= _MOST_CALLS else ""


def _graphql(exchange: Exchange) -> str:
    request = exchange.request
    if request.method == "GET":
        values = parse_qs(request.query[:_LOOKED_AT])
        asked: dict[str, object] = {key: values[key][0] for key in ("operationName", "query") if key in values}
    else:
        asked = request.body.members or {}
    name = asked.get("operationName")
    if isinstance(name, str) and name:
        return name
    query = asked.get("query")
    found = _operation.match(query[:_LOOKED_AT]) if isinstance(query, str) else None
    return found[1] if found else ""


def _soap(exchange: Exchange) -> str:
    action = (exchange.request.headers.get("soapaction") or "").strip().strip('"')
    if not action:
        xml = document(exchange.request.body)
        if xml is None:
            return ""
        inside = [e.name for e in xml.elements if e.depth == 2]
        return inside[-1] if inside else ""
    return re.split(r"[/#:]", action[-256:])[-1]
