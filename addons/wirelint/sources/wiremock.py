"""Read WireMock's files: stub mappings, and the journal of requests (``/__admin/requests``).

A stub is an example: nobody sent it, its URL may be a pattern, and of its request only what is matched is known. What
the journal has was sent, with all fields.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from wirelint.core.body import EMPTY, Body
from wirelint.core.exchange import Direction, Exchange, Failure, FailureKind, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.origin import Origin
from wirelint.sources import FileContent, Recording, Source, UnreadableError
from wirelint.sources.parts import (
    BODILESS,
    UnfitError,
    content,
    each_record,
    field_pairs,
    headers_of,
    is_method,
    member_names,
    moment,
    object_of,
    status_of,
    text_of,
    url_parts,
)

_URLS: Final = ("url", "urlPath", "urlPathTemplate", "urlPattern", "urlPathPattern")
_names: Final = re.compile(rb'"(?:url(?:Path)?(?:Pattern|Template)?|absoluteUrl|mappings)"\s*:')
_PLAIN: Final = ("url", "urlPath")
_varying: Final = re.compile(r"[\\^$*+?()\[\]{}|]")
_NOT_CAPTURED: Final = Body.unknown("not_captured")


def looks_like_wiremock(head: bytes) -> bool:
    """Return whether a file that begins with these octets is of WireMock: mappings, one mapping, or its journal."""
    names = member_names(head)
    if b"mappings" in names:
        return True
    return not {b"request", b"requests"}.isdisjoint(names) and b"log" not in names and _names.search(head) is not None


def _read(file: FileContent) -> Recording:
    try:
        found = msgspec.json.decode(bytes(file.whole()))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise UnreadableError(f"{file.name}: broken JSON") from error
    for name, made in (("mappings", _stub), ("requests", _served)):
        if isinstance(found.get(name), list):
            return Recording(file.name, each_record(found[name], file.name, made), len(found[name]))
    return Recording(file.name, each_record([found], file.name, _stub), 1)


SOURCE: Final = Source(name="WireMock files", recognises=looks_like_wiremock, read=_read)


def _stub(record: Any, origin: Origin) -> Exchange:
    stub = object_of(record, "the mapping")
    asked = object_of(stub.get("request"), "its request")
    got = object_of(stub.get("response"), "its response")
    if got.get("proxyBaseUrl"):
        raise UnfitError("not an exchange: the mapping forwards requests")
    method = text_of(asked.get("method")).upper()
    method = method if is_method(method) and method != "ANY" else "GET"
    fields = headers_of(field_pairs(got.get("headers")))
    fault = got.get("fault")
    return Exchange(
        request=Request(method=method, target=_target(asked), body=EMPTY if method in BODILESS else _NOT_CAPTURED),
        response=None
        if fault
        else Response(
            status=status_of(got.get("status", 200)),
            reason=text_of(got.get("statusMessage")),
            headers=fields,
            body=_body(got, fields),
        ),
        failure=Failure(FailureKind.RESET, "connection closed") if fault else None,
        service="wiremock",
        direction=Direction.OUTBOUND,
        id=f"{origin.file}#{origin.index}",
        origin=origin,
        fields_known=False,
        credentials_hidden=True,
        alone=True,
    )


def _served(record: Any, origin: Origin) -> Exchange:
    served = object_of(record, "the record")
    asked = object_of(served.get("request"), "its request")
    got = served.get("response", served.get("responseDefinition"))
    got = object_of(got, "its response")
    method = text_of(asked.get("method"))
    if not is_method(method):
        raise UnfitError("not an exchange: its request has no method")
    scheme, host, target = url_parts(asked.get("absoluteUrl"))
    headers, fields = headers_of(field_pairs(asked.get("headers"))), headers_of(field_pairs(got.get("headers")))
    logged = asked.get("loggedDate")
    at = logged / 1000 if isinstance(logged, int) else moment(asked.get("loggedDateString"))
    return Exchange(
        request=Request(
            method=method,
            target=target,
            scheme=scheme,
            authority=headers.get("host") or host,
            headers=headers,
            body=_body(asked, headers),
        ),
        response=Response(status=status_of(got.get("status")), headers=fields, body=_body(got, fields)),
        service=host,
        id=f"{origin.file}#{origin.index}",
        started=at or 0.0,
        timestamp=at,
        origin=origin,
    )


def _target(asked: Mapping[str, Any]) -> str:
    """Return a target that the mapping matches, or nearly: a segment that varies becomes a number."""
    name = next((each for each in _URLS if isinstance(asked.get(each), str)), None)
    if name is None:
        return "/"
    segments = text_of(asked[name]).replace("[^/]", ".").removeprefix("^").split("/")
    text = "/".join("1" if name not in _PLAIN and _varying.search(each) else each for each in segments)
    return text if text.startswith("/") else f"/{text}"


def _body(message: Mapping[str, Any], headers: Headers) -> Body:
    """Return a body; one that is in another file, or made from a template, is unknown."""
    if message.get("bodyFileName") or "response-template" in (message.get("transformers") or ()):
        return _NOT_CAPTURED
    if "jsonBody" in message:
        is_said = "content-type" in headers
        octets = msgspec.json.encode(message["jsonBody"])
        return content(octets, headers if is_said else Headers.of(("content-type", "application/json")))
    packed = message.get("base64Body", message.get("bodyAsBase64"))
    if isinstance(packed, str) and not isinstance(message.get("body"), str):
        try:
            return content(base64.b64decode(packed, validate=True), headers)
        except (binascii.Error, ValueError):
            return Body.unknown("undecodable")
    return content(text_of(message.get("body")), headers)
