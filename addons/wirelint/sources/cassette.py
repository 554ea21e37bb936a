"""Read cassettes, YAML or JSON: those of VCR (Ruby), vcrpy and betamax (Python), and of their relatives.

Each interaction has a request and a response. Most projects have credentials filtered out of their cassettes, so that
none in a request says nothing. vcrpy does not write when it was; there the Date of the response stands for the time.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec

from wirelint.core.body import Body
from wirelint.core.exchange import Direction, Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.origin import Origin
from wirelint.sources import FileContent, Recording, Skipped, Source, UnreadableError
from wirelint.sources.parts import (
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
    return Recording(file.name, _exchanges(interactions, file.name), len(interactions))


SOURCE: Final = Source(name="VCR cassettes", recognises=looks_like_cassette, read=_read)


def _document(file: FileContent) -> Mapping[str, Any]:
    data = bytes(file.whole())
    if data.lstrip()[:1] == b"{":
        try:
            found = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise UnreadableError(f"{file.name}: broken JSON") from error
    else:
        from wirelint.sources.plain_yaml import load  # noqa: PLC0415 - files of other kinds need no YAML

        try:
            found = load(data)
        except ValueError as error:
            raise UnreadableError(f"{file.name}: broken YAML") from error
    return found if isinstance(found, dict) else {}


def _exchanges(interactions: list[Any], name: str) -> Iterator[Exchange | Skipped]:
    return each_record(interactions, name, _exchange)


def _exchange(record: Any, origin: Origin) -> Exchange:
    interaction = object_of(record, "the interaction")
    asked = object_of(interaction.get("request"), "its request")
    got = object_of(interaction.get("response"), "its response")
    method = text_of(asked.get("method")).upper()
    if not is_method(method):
        raise UnfitError("not an exchange: its request has no method")
    scheme, host, target = url_parts(asked.get("uri", asked.get("url")))
    headers, fields = headers_of(field_pairs(asked.get("headers"))), headers_of(field_pairs(got.get("headers")))
    status, reason = _status(got)
    at = _moment(interaction.get("recorded_at")) or _date(fields.get("date"))
    return Exchange(
        request=Request(
            method=method,
            target=target,
            scheme=scheme,
            authority=headers.get("host") or host,
            headers=headers,
            body=_body(asked.get("body"), headers),
        ),
        response=Response(status=status, reason=reason, headers=fields, body=_body(got.get("body"), fields)),
        service=host,
        direction=Direction.OUTBOUND,
        id=f"{origin.file}#{origin.index}",
        started=at or 0.0,
        timestamp=at,
        origin=origin,
        credentials_hidden=True,
    )


def _status(response: Mapping[str, Any]) -> tuple[int, str]:
    status = response.get("status", response.get("status_code"))
    if isinstance(status, dict):
        return status_of(status.get("code")), text_of(status.get("message"))
    return status_of(status), text_of(response.get("reason"))


def _body(body: object, headers: Headers) -> Body:
    """Return a body: a text or octets, alone or below ``string``, or base64 below ``base64_string``."""
    if isinstance(body, dict):
        packed = body.get("base64_string")
        if isinstance(packed, str):
            try:
                return content(base64.b64decode("".join(packed.split()), validate=True), headers)
            except (binascii.Error, ValueError):
                return Body.unknown("undecodable")
        body = body.get("string")
    if body is None or isinstance(body, str | bytes):
        return content(body, headers)
    return Body.unknown("not_captured")


def _moment(value: object) -> float | None:
    """Return a time in Unix seconds: VCR writes it as HTTP does, betamax in ISO 8601, which YAML reads as a date."""
    return moment(value) or _date(text_of(value))


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except (ValueError, OverflowError):
        return None
