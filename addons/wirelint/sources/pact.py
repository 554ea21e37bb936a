"""Read Pact files: contracts of a consumer with a provider, version 1 to 4 of their specification.

An interaction is an example: nobody sent it, and it has only the fields that the consumer cares for. Interactions that
are not HTTP (messages) are skipped.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from wirelint.core.body import Body
from wirelint.core.exchange import Direction, Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import Kind
from wirelint.core.origin import Origin
from wirelint.sources import FileContent, Recording, Source, UnreadableError
from wirelint.sources.parts import (
    UnfitError,
    content,
    each_record,
    field_pairs,
    headers_of,
    is_method,
    member_names,
    object_of,
    status_of,
    text_of,
)

_no_service: Final = re.compile(r"[\s\x00-\x1f\x7f]+")


def looks_like_pact(head: bytes) -> bool:
    """Return whether a file that begins with these octets is a Pact file."""
    names = member_names(head)
    return b"consumer" in names and not {b"provider", b"interactions", b"messages"}.isdisjoint(names)


def _read(file: FileContent) -> Recording:
    try:
        pact = msgspec.json.decode(bytes(file.whole()))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise UnreadableError(f"{file.name}: broken JSON") from error
    provider = pact.get("provider")
    name = text_of(provider.get("name")) if isinstance(provider, dict) else ""
    service = _no_service.sub("-", name)[:100] or "provider"
    interactions = pact.get("interactions")
    found = interactions if isinstance(interactions, list) else []
    return Recording(
        file.name, each_record(found, file.name, lambda each, at: _exchange(each, at, service)), len(found)
    )


SOURCE: Final = Source(name="Pact files", recognises=looks_like_pact, read=_read)


def _exchange(record: Any, origin: Origin, service: str) -> Exchange:
    interaction = object_of(record, "the interaction")
    if "request" not in interaction or not isinstance(interaction.get("response"), dict):
        raise UnfitError("not HTTP: a message")
    asked = object_of(interaction["request"], "its request")
    got = object_of(interaction["response"], "its response")
    method = text_of(asked.get("method")).upper()
    if not is_method(method):
        raise UnfitError("not an exchange: its request has no method")
    headers, fields = headers_of(field_pairs(asked.get("headers"))), headers_of(field_pairs(got.get("headers")))
    return Exchange(
        request=Request(
            method=method,
            target=_target(asked),
            authority=service,
            headers=headers,
            body=_body(asked, headers),
        ),
        response=Response(status=status_of(got.get("status", 200)), headers=fields, body=_body(got, fields)),
        service=service,
        direction=Direction.OUTBOUND,
        id=f"{origin.file}#{origin.index}",
        origin=origin,
        fields_known=False,
        credentials_hidden=True,
        alone=True,
    )


def _target(asked: dict[str, Any]) -> str:
    path = quote(text_of(asked.get("path")) or "/", safe="/%:@!$&'()*+,;=~-._")
    query = asked.get("query")
    if isinstance(query, dict):
        pairs = [
            (name, each) for name, value in query.items() for each in (value if isinstance(value, list) else [value])
        ]
        query = urlencode(pairs, errors="replace")
    elif isinstance(query, str):
        query = quote(query, safe="/%:@!$&'()*+,;=~-._?")
    return f"{path}?{query}" if query else path


def _body(message: dict[str, Any], headers: Headers) -> Body:
    """Return a body: any JSON value, or, in version 4, an object with ``content``."""
    if "body" not in message:
        return Body.unknown("not_captured")
    body = message["body"]
    if isinstance(body, dict) and "content" in body and not body.keys() - {"content", "contentType", "encoded"}:
        kind = text_of(body.get("contentType"))
        if kind and "content-type" not in headers:
            headers = Headers((*headers.fields, (b"content-type", kind.encode("utf-8", "replace"))))
        if body.get("encoded") not in (None, False, "JSON"):
            try:
                return content(base64.b64decode(text_of(body["content"]), validate=True), headers)
            except (binascii.Error, ValueError):
                return Body.unknown("undecodable")
        body = body["content"]
    if body is None:
        return content(None, headers)
    if isinstance(body, str) and headers.media_type.kind is not Kind.JSON:
        return content(body, headers)
    # Any other JSON value stands for content in JSON.
    is_said = "content-type" in headers
    return content(msgspec.json.encode(body), headers if is_said else Headers.of(("content-type", "application/json")))
