"""Recognise protocols on top of HTTP. Several have their own conventions about status codes, which are correct."""

from __future__ import annotations

import enum
import functools
import re
from typing import Any, Final

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange
from wirelint.core.json_parts import value_of
from wirelint.core.knowledge import known
from wirelint.core.media import Kind, MediaType
from wirelint.core.once import once


class Protocol(enum.StrEnum):
    """A convention on top of HTTP, recognised on the wire."""

    GRAPHQL = "GraphQL"
    JSON_RPC = "JSON-RPC"
    XML_RPC = "XML-RPC"
    SOAP = "SOAP"
    GRPC = "gRPC"
    BATCH = "batch"
    BULK = "bulk"
    S3 = "S3"
    OAUTH = "OAuth"
    ACME = "ACME"
    SCIM = "SCIM"
    JSON_API = "JSON:API"
    EVENTS = "event stream"


_LABELS: Final = {
    Protocol.GRAPHQL: "graphql",
    Protocol.JSON_RPC: "jsonrpc",
    Protocol.XML_RPC: "xmlrpc",
    Protocol.SOAP: "soap",
    Protocol.GRPC: "grpc",
    Protocol.BATCH: "batch",
    Protocol.BULK: "bulk",
    Protocol.S3: "s3",
}

IN_CONTENT: Final = frozenset(_LABELS)
"""Protocols that report errors in the content or in trailers, under 2xx, by their own rules."""

HTTP: Final = "http"
"""The label of exchanges that report errors by their status."""

NAMES: Final = {protocol.lower().replace(" ", "-").replace(":", "-"): protocol for protocol in Protocol}
"""Names of protocols in settings: ``graphql``, ``json-rpc``, ``event-stream`` … ``PLAIN`` is not among them."""

_NAMES_IN_REQUESTS: Final = (b'"jsonrpc"', b'"query"', b'"extensions"')
_PLAIN_TYPES: Final = frozenset({"", "application/json", "application/xml", "text/html", "text/plain", "text/xml"})
_GRAPHQL_KEYS: Final = frozenset({"data", "errors", "extensions"})
_EVENTS_READ: Final = 4096
_JSON_RPC_1: Final = frozenset({"result", "error", "id"})
"""The members of a response in versions 1.0 and 1.1, which have no member that names the protocol."""
_query_in_target: Final = re.compile(
    r"(?:^|&)query=(?:\+|%20|%0[ad])*(?:\{|%7b|(?:query|mutation|subscription|fragment)\b)", re.IGNORECASE
)
_oauth_path: Final = re.compile(
    r"(?:^|/)(?:oauth2?|oidc|connect|openid-connect|auth|login|protocol)?/?(?:v\d(?:\.\d)?/)?(?:access_token|token|introspect|revoke|device(?:/code|_authorization)?)/?$",
    re.IGNORECASE,
)


@once
def protocol(exchange: Exchange) -> Protocol | None:
    """Return the protocol of an exchange, None for plain HTTP."""
    told = known(exchange).protocol
    return _seen(exchange) if told is None else NAMES.get(told)


@once
def protocol_label(exchange: Exchange) -> str:
    """Return the value of the label ``protocol``: ``graphql``, ``jsonrpc`` …, or ``http`` for all the rest."""
    spoken = protocol(exchange)
    return HTTP if spoken is None else _LABELS.get(spoken, HTTP)


def _seen(exchange: Exchange) -> Protocol | None:
    request, response = exchange.request, exchange.response
    theirs = request.headers.media_type
    ours = theirs if response is None else response.headers.media_type
    fields = (request if response is None else response).headers.index
    if "grpc-status" in fields:
        return Protocol.GRPC
    # Nearly all exchanges have these types, which name no protocol.
    named = None if ours.essence in _PLAIN_TYPES and theirs.essence in _PLAIN_TYPES else _named(theirs, ours)
    if named is not None:
        return named
    if "soapaction" in request.headers.index:
        return Protocol.SOAP
    if (
        ours.kind is Kind.EVENTS
        and response is not None
        and b'"jsonrpc"' in (response.body.content or b"")[:_EVENTS_READ]
    ):
        return Protocol.JSON_RPC
    last = request.path.rstrip("/").rpartition("/")[2]
    spoken = _by_content(exchange, last, ours.kind)
    return _by_convention(exchange, last, None if response is None else ours) if spoken is None else spoken


@functools.lru_cache(maxsize=1024)
def _named(theirs: MediaType, ours: MediaType) -> Protocol | None:
    """Return the protocol that the media types of request and response name."""
    if Kind.GRPC in (ours.kind, theirs.kind):
        return Protocol.GRPC
    if ours.essence == "application/graphql-response+json" or theirs.essence == "application/graphql":
        return Protocol.GRAPHQL
    if "application/soap+xml" in (ours.essence, theirs.essence):
        return Protocol.SOAP
    if "application/scim+json" in (ours.essence, theirs.essence):
        return Protocol.SCIM
    return Protocol.ACME if theirs.essence == "application/jose+json" else None


def _by_content(exchange: Exchange, last: str, kind: Kind) -> Protocol | None:
    request, response = exchange.request, exchange.response
    graphql = last.lower() in ("graphql", "gql", "graphql.json")
    if request.method == "POST":
        asked = _asked(request.body)
        if _is_json_rpc(asked):
            return Protocol.JSON_RPC
        graphql = graphql or _asks_graphql(asked)
    elif not graphql and request.method == "GET" and "query=" in request.target and response is not None:
        # Other query languages also begin with a brace; their responses have other members.
        names = response.body.names if _query_in_target.search(request.query[:8192]) else None
        graphql = names is not None and bool(names) and names <= _GRAPHQL_KEYS
    is_json = False
    if response is not None and kind in (Kind.JSON, Kind.NONE, Kind.TEXT, Kind.HTML):
        top = response.body.top_level
        is_json = top is not None
        if top is not None:
            if "jsonrpc" in top and ("result" in top or "error" in top):
                return Protocol.JSON_RPC
            if request.method == "POST" and top.keys() == _JSON_RPC_1:
                return Protocol.JSON_RPC
            if "items" in top and "errors" in top and "took" in top:
                return Protocol.BULK
        elif (elements := response.body.elements) and _is_json_rpc(value_of(elements[0])):
            return Protocol.JSON_RPC
    return Protocol.GRAPHQL if graphql else _xml_protocol(exchange, answered=not is_json)


def _asked(body: Body) -> Any:
    """Return the content of a request as JSON if it has a member name that identifies a protocol."""
    content = body.content
    return body.json if content and any(name in content for name in _NAMES_IN_REQUESTS) else None


def _is_json_rpc(value: Any) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, dict) and first.get("jsonrpc") == "2.0"


def _asks_graphql(asked: Any) -> bool:
    first = asked[0] if isinstance(asked, list) and asked else asked
    if not isinstance(first, dict):
        return False
    query = first.get("query")
    if isinstance(query, str) and query.lstrip()[:1] in ("{", "q", "m", "s", "f", "#") and "{" in query:
        return True
    extensions = first.get("extensions")
    return isinstance(extensions, dict) and "persistedQuery" in extensions


def _xml_protocol(exchange: Exchange, *, answered: bool) -> Protocol | None:
    """Return the protocol of XML in the request and, unless that is known to be JSON, in the response (``answered``)."""
    request, response = exchange.request, exchange.response
    spoken = _of_xml(response.body) if answered and response is not None else None
    return _of_xml(request.body) if spoken is None and not request.body.empty else spoken


def _of_xml(body: Body) -> Protocol | None:
    content = body.content
    if not content or content[0] in b"{[":
        return None
    head = content[:2048].lstrip()
    if head[:1] != b"<":
        return None
    if b"schemas.xmlsoap.org/soap/envelope" in head or b"www.w3.org/2003/05/soap-envelope" in head:
        return Protocol.SOAP
    return Protocol.XML_RPC if b"<methodResponse" in head or b"<methodCall" in head else None


def _by_convention(  # noqa: PLR0911 - a table of conventions
    exchange: Exchange, last: str, ours: MediaType | None
) -> Protocol | None:
    response = exchange.response
    if last == "$batch" or (ours is not None and ours.essence == "multipart/mixed"):
        return Protocol.BATCH
    if last in ("_bulk", "_msearch", "_mget"):
        return Protocol.BULK
    if exchange.request.method == "POST" and is_oauth(exchange):
        return Protocol.OAUTH
    if response is not None and ours is not None:
        fields = response.headers.index
        if "x-amz-id-2" in fields or ("x-amz-request-id" in fields and ours.kind is Kind.XML):
            return Protocol.S3
        if ours.kind is Kind.EVENTS:
            return Protocol.EVENTS
        if ours.essence == "application/vnd.api+json":
            return Protocol.JSON_API
        if "replay-nonce" in fields:
            return Protocol.ACME
    return None


def is_oauth(exchange: Exchange) -> bool:
    """Return whether a request is for OAuth's token, introspection, revocation or device endpoint (RFC 6749, 7662)."""
    request = exchange.request
    if request.method != "POST" or request.body.unavailable is not None:
        return False
    form = request.headers.media_type.kind is Kind.FORM
    if form and "grant_type=" in (request.body.text or "")[:8192]:
        return True
    if b'"grant_type"' in (request.body.content or b"") and "grant_type" in (request.body.members or {}):
        return True
    return form and _oauth_path.search(request.path[-128:]) is not None


def is_token_request(exchange: Exchange) -> bool:
    """Return whether the request asked an OAuth server for a token (RFC 6749 section 3.2)."""
    request = exchange.request
    if (
        request.body.unavailable is None
        and request.headers.media_type.kind is Kind.FORM
        and "grant_type=" in (request.body.text or "")[:16384]
    ):
        return True
    return is_oauth(exchange) and request.path.rstrip("/").endswith("token")
