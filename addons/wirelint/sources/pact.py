"""Read Pact files: contracts of a consumer with a provider, version 1 to 4 of their specification.

An interaction is an example: nobody sent it, and it has only the fields that the consumer cares for. Interactions that
are not HTTP (messages) are skipped.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote, urlencode

from msgspec.structs import replace

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Response
from wirelint.core.headers import Headers
from wirelint.core.media import Kind
from wirelint.core.origin import Origin
from wirelint.sources import FileContent, Recording, Source
from wirelint.sources.parts import (
    NOT_CAPTURED,
    UnfitError,
    content,
    document_of,
    each_record,
    example,
    exchange_of,
    field_pairs,
    headers_of,
    json_content,
    member_names,
    object_of,
    packed_content,
    request_of,
    status_of,
    text_of,
)

_no_service: Final = re.compile(r"[\s\x00-\x1f\x7f]+")


def looks_like_pact(head: bytes) -> bool:
    """Return whether a file that begins with these octets is a Pact file."""
    names = member_names(head)
    return b"consumer" in names and not {b"provider", b"interactions", b"messages"}.isdisjoint(names)


def _read(file: FileContent) -> Recording:
    pact = document_of(file)
    provider = pact.get("provider")
    name = text_of(provider.get("name")) if isinstance(provider, dict) else ""
    service = _no_service.sub("-", name)[:100] or "provider"
    interactions = pact.get("interactions")
    found = interactions if isinstance(interactions, list) else []
    exchanges = each_record(found, file.name, lambda each, origin: _exchange(each, origin, service))
    return Recording(file.name, exchanges, len(found))


SOURCE: Final = Source(name="Pact files", recognises=looks_like_pact, read=_read)


def _exchange(record: Any, origin: Origin, service: str) -> Exchange:
    interaction = object_of(record, "the interaction")
    if "request" not in interaction or not isinstance(interaction.get("response"), dict):
        raise UnfitError("not HTTP: a message")
    asked = object_of(interaction["request"], "its request")
    got = object_of(interaction["response"], "its response")
    headers, fields = headers_of(field_pairs(asked.get("headers"))), headers_of(field_pairs(got.get("headers")))
    request, _ = request_of(asked.get("method"), f"http://provider{_target(asked)}", headers, _body(asked, headers))
    response = Response(status=status_of(got.get("status", 200)), headers=fields, body=_body(got, fields))
    return example(exchange_of(origin, replace(request, authority=service), response, service))


def _target(asked: dict[str, Any]) -> str:
    path = quote(text_of(asked.get("path")) or "/", safe="/%:@!$&'()*+,;=~-._")
    query = asked.get("query")
    if isinstance(query, dict):
        query = urlencode(query, doseq=True, errors="replace")
    elif isinstance(query, str):
        query = quote(query, safe="/%:@!$&'()*+,;=~-._?")
    return f"{path}?{query}" if query else path


def _body(message: dict[str, Any], headers: Headers) -> Body:
    """Return a body: any JSON value, or, in version 4, an object with ``content``."""
    if "body" not in message:
        return NOT_CAPTURED
    body = message["body"]
    if isinstance(body, dict) and "content" in body and not body.keys() - {"content", "contentType", "encoded"}:
        kind = text_of(body.get("contentType"))
        if kind and "content-type" not in headers:
            headers = Headers((*headers.fields, (b"content-type", kind.encode("utf-8", "replace"))))
        if body.get("encoded") not in (None, False, "JSON"):
            return packed_content(body["content"], headers)
        body = body["content"]
    if body is None:
        return content(None, headers)
    if isinstance(body, str) and headers.media_type.kind is not Kind.JSON:
        return content(body, headers)
    return json_content(body, headers)
