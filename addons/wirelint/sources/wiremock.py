"""Read WireMock's files: stub mappings, and the journal of requests (``/__admin/requests``).

A stub is an example: nobody sent it, its URL may be a pattern, and of its request only what is matched is known. What
the journal has was sent, with all fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from wirelint.core.body import EMPTY, Body
from wirelint.core.exchange import Exchange, Failure, FailureKind, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.origin import Origin
from wirelint.sources import FileContent, Recording, Source
from wirelint.sources.parts import (
    BODILESS,
    NOT_CAPTURED,
    UnfitError,
    content,
    document_of,
    each_record,
    example,
    exchange_of,
    field_pairs,
    headers_of,
    is_method,
    json_content,
    member_names,
    moment,
    object_of,
    packed_content,
    request_of,
    status_of,
    text_of,
)

_URLS: Final = ("url", "urlPath", "urlPathTemplate", "urlPattern", "urlPathPattern")
_names: Final = re.compile(rb'"(?:url(?:Path)?(?:Pattern|Template)?|absoluteUrl|mappings)"\s*:')
_PLAIN: Final = ("url", "urlPath")
_varying: Final = re.compile(r"[\\^$*+?()\[\]{}|]")
_FAULT: Final = Failure(FailureKind.RESET, "connection closed")


def looks_like_wiremock(head: bytes) -> bool:
    """Return whether a file that begins with these octets is of WireMock: mappings, one mapping, or its journal."""
    names = member_names(head)
    if b"mappings" in names:
        return True
    return not {b"request", b"requests"}.isdisjoint(names) and b"log" not in names and _names.search(head) is not None


def _read(file: FileContent) -> Recording:
    found = document_of(file)
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
    request = Request(method=method, target=_target(asked), body=EMPTY if method in BODILESS else NOT_CAPTURED)
    if got.get("fault"):
        return example(exchange_of(origin, request, None, "wiremock", failure=_FAULT))
    return example(exchange_of(origin, request, _response(got, got.get("status", 200)), "wiremock"))


def _served(record: Any, origin: Origin) -> Exchange:
    served = object_of(record, "the record")
    asked = object_of(served.get("request"), "its request")
    got = object_of(served.get("response", served.get("responseDefinition")), "its response")
    headers = headers_of(field_pairs(asked.get("headers")))
    request, host = request_of(asked.get("method"), asked.get("absoluteUrl"), headers, _body(asked, headers))
    logged = asked.get("loggedDate")
    at = logged / 1000 if isinstance(logged, int) else moment(asked.get("loggedDateString"))
    return exchange_of(origin, request, _response(got, got.get("status")), host, at=at)


def _response(got: Mapping[str, Any], status: object) -> Response:
    fields = headers_of(field_pairs(got.get("headers")))
    reason = text_of(got.get("statusMessage"))
    return Response(status=status_of(status), reason=reason, headers=fields, body=_body(got, fields))


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
        return NOT_CAPTURED
    if "jsonBody" in message:
        return json_content(message["jsonBody"], headers)
    packed = message.get("base64Body", message.get("bodyAsBase64"))
    if isinstance(packed, str) and not isinstance(message.get("body"), str):
        return packed_content(packed, headers)
    return content(text_of(message.get("body")), headers)
