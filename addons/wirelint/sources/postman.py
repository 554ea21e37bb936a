"""Read Postman collections (version 2.0 and 2.1) with saved examples.

Each saved response was received once, but nobody knows when, and Postman adds fields to the request that are not
saved. Requests without an example are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Response
from wirelint.core.headers import Headers
from wirelint.core.origin import Origin
from wirelint.sources import FileContent, Recording, Source, UnreadableError
from wirelint.sources.parts import (
    NOT_CAPTURED,
    content,
    document_of,
    each_record,
    example,
    exchange_of,
    headers_of,
    member_names,
    object_of,
    request_of,
    status_of,
    text_of,
)

_MOST_DEPTH: Final = 64
_variable: Final = re.compile(r"\{\{([^{}]{0,100})\}\}")
_unfit_host: Final = re.compile(r"[^a-z0-9.-]+")
_LANGUAGES: Final = {"json": "application/json", "xml": "application/xml", "html": "text/html"}


def looks_like_collection(head: bytes) -> bool:
    """Return whether a file that begins with these octets is a collection of Postman's."""
    names = member_names(head)
    is_postman = b'"_postman_id"' in head or b"schema.getpostman.com" in head
    return is_postman and (b"info" in names or b"collection" in names)  # the latter as Postman's API has it


def _read(file: FileContent) -> Recording:
    found = document_of(file)
    collection = found.get("collection", found)
    if not isinstance(collection, dict):
        raise UnreadableError(f"{file.name}: the collection is not an object")
    values = {
        text_of(each.get("key")): text_of(each.get("value"))
        for each in collection.get("variable") or ()
        if isinstance(each, dict)
    }
    examples = list(_examples(collection, _MOST_DEPTH))
    exchanges = each_record(examples, file.name, lambda each, origin: _exchange(each, origin, values))
    return Recording(file.name, exchanges, len(examples))


SOURCE: Final = Source(name="Postman collections", recognises=looks_like_collection, read=_read)


def _examples(folder: Mapping[str, Any], depth: int) -> Iterator[tuple[Any, Any]]:
    """Yield each saved response with the request of its item."""
    items = folder.get("item")
    for item in items if isinstance(items, list) and depth else ():
        if not isinstance(item, dict):
            continue
        responses = item.get("response")
        for response in responses if isinstance(responses, list) else ():
            yield item.get("request"), response
        yield from _examples(item, depth - 1)


def _exchange(record: tuple[Any, Any], origin: Origin, values: Mapping[str, str]) -> Exchange:
    got = object_of(record[1], "the example")
    asked = got.get("originalRequest", record[0])
    asked = {"url": asked} if isinstance(asked, str) else object_of(asked, "its request")
    headers, fields = _headers(asked.get("header")), _headers(got.get("header"))
    request, host = request_of(
        asked.get("method") or "GET", _url(asked.get("url"), values), headers, _request_body(asked.get("body"), headers)
    )
    language = _LANGUAGES.get(text_of(got.get("_postman_previewlanguage")))
    kinds = fields if "content-type" in fields or not language else Headers.of(("content-type", language))
    response = Response(
        status=status_of(got.get("code")),
        reason=text_of(got.get("status")),
        headers=fields,
        body=content(text_of(got.get("body")), kinds),
    )
    return example(exchange_of(origin, request, response, host))


def _url(url: object, values: Mapping[str, str]) -> str:
    """Return a URL; variables that have no value become their names."""
    text = text_of(url.get("raw") if isinstance(url, dict) else url)
    for _ in range(2):  # values may have variables, too
        text = _variable.sub(lambda match: values.get(match[1]) or f"{{{{{match[1]}}}}}", text)
    if text.startswith("{{"):
        host, _, path = text.partition("/")
        return f"http://{_unfit_host.sub('-', host.lower()).strip('-') or 'collection'}/{_named(path)}"
    text = _named(text)
    return text if "://" in text else f"http://{text}"


def _named(text: str) -> str:
    return _variable.sub(lambda match: match[1], text)


def _headers(fields: object) -> Headers:
    lines = [each for each in fields if isinstance(each, dict)] if isinstance(fields, list) else []
    named = [
        (text_of(each.get("key")).strip(), text_of(each.get("value"))) for each in lines if not each.get("disabled")
    ]
    return headers_of([(name, value) for name, value in named if name])


def _request_body(body: object, headers: Headers) -> Body:
    if not isinstance(body, dict) or body.get("disabled"):
        return content(None, headers)
    if body.get("mode") == "raw":
        return content(text_of(body.get("raw")), headers)
    pairs = body.get("urlencoded")
    if isinstance(pairs, list):
        named = [(text_of(each.get("key")), text_of(each.get("value"))) for each in pairs if isinstance(each, dict)]
        return content(urlencode(named, errors="replace"), headers)
    return NOT_CAPTURED
