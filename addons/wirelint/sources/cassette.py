"""Read cassettes, YAML or JSON: those of VCR (Ruby), vcrpy and betamax (Python), and of their relatives.

Each interaction has a request and a response. Most projects have credentials filtered out of their cassettes, so that
none in a request says nothing. vcrpy does not write when it was; there the Date of the response stands for the time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

from msgspec.structs import replace

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
    exchange_of,
    field_pairs,
    headers_of,
    member_names,
    moment,
    object_of,
    packed_content,
    request_of,
    status_of,
    text_of,
)

_LISTS: Final = ("http_interactions", "interactions")
_yaml: Final = re.compile(rb"(?:%YAML.*\n|#.*\n|---.*\n|\s*\n|version: *\d+ *\n)*+(?:http_)?interactions:")
_later: Final = re.compile(rb"^(?:http_)?interactions:", re.MULTILINE)


def looks_like_cassette(head: bytes) -> bool:
    """Return whether a file that begins with these octets is a cassette."""
    if head[:1] == b"{":
        names = member_names(head)
        return b"http_interactions" in names or (b"interactions" in names and b"consumer" not in names)
    return _yaml.match(head) is not None or (b"\n  uri:" in head and _later.search(head) is not None)


def _read(file: FileContent) -> Recording:
    found = _document(file)
    interactions = next((found[name] for name in _LISTS if isinstance(found.get(name), list)), None)
    if interactions is None:
        raise UnreadableError(f"{file.name}: no list of interactions")
    return Recording(file.name, each_record(interactions, file.name, _exchange), len(interactions))


SOURCE: Final = Source(name="VCR cassettes", recognises=looks_like_cassette, read=_read)


def _document(file: FileContent) -> Mapping[str, Any]:
    data = file.whole()
    if data.lstrip()[:1] == b"{":
        return document_of(file)
    from wirelint.sources.plain_yaml import load  # noqa: PLC0415 - files of other kinds need no YAML

    try:
        found = load(bytes(data))
    except ValueError as error:
        raise UnreadableError(f"{file.name}: broken YAML") from error
    return found if isinstance(found, dict) else {}


def _exchange(record: Any, origin: Origin) -> Exchange:
    interaction = object_of(record, "the interaction")
    asked = object_of(interaction.get("request"), "its request")
    got = object_of(interaction.get("response"), "its response")
    headers, fields = headers_of(field_pairs(asked.get("headers"))), headers_of(field_pairs(got.get("headers")))
    request, host = request_of(
        asked.get("method"), asked.get("uri", asked.get("url")), headers, _body(asked.get("body"), headers)
    )
    status, reason = _status(got)
    response = Response(status=status, reason=reason, headers=fields, body=_body(got.get("body"), fields))
    at = _moment(interaction.get("recorded_at")) or _date(fields.get("date"))
    return replace(exchange_of(origin, request, response, host, at=at), credentials_hidden=True)


def _status(response: Mapping[str, Any]) -> tuple[int, str]:
    status = response.get("status", response.get("status_code"))
    if isinstance(status, dict):
        return status_of(status.get("code")), text_of(status.get("message"))
    return status_of(status), text_of(response.get("reason"))


def _body(body: object, headers: Headers) -> Body:
    """Return a body: a text or octets, alone or below ``string``, or base64 below ``base64_string``."""
    if isinstance(body, dict):
        if isinstance(packed := body.get("base64_string"), str):
            return packed_content(packed, headers)
        body = body.get("string")
    if body is None or isinstance(body, str | bytes):
        return content(body, headers)
    return NOT_CAPTURED


def _moment(value: object) -> float | None:
    """Return a time in Unix seconds: VCR writes it as HTTP does, betamax in ISO 8601, which YAML reads as a date."""
    return moment(value) or _date(text_of(value))


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except (ValueError, OverflowError):
        return None
