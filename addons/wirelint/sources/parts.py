"""Read and check what several kinds of recordings have in common: documents, lines, URLs, fields, content."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import msgspec

from wirelint.core.body import EMPTY, Body
from wirelint.core.exchange import Direction, Exchange, Failure, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.core.origin import Origin
from wirelint.sources import FileContent, Skipped, UnreadableError

_url: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#]*)([^#]*))?")
_host: Final = re.compile(r"(\[[0-9A-Fa-f:.%]{2,64}\]|[^\s:@\[\]\x00-\x1f\x7f]{1,253})(?::(\d{0,5}))?")
_method: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")  # RFC 9110 §5.6.2, token
# A bracket, or a string with a colon after it if it is a name. A string without an end takes the rest.
TOKEN: Final = re.compile(rb'"((?:[^"\\]|\\.)*+)(?:"\s*+(:)?|\\?\Z)|[{}\[\]]', re.DOTALL)
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
# Methods whose requests seldom have content: a recorder that shows none is right.
BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"})
_LOST: Final = "\ufffd"
_LONGEST_LINE: Final = 1024 * 1024
NOT_CAPTURED: Final = Body.unknown("not_captured")
UNDECODABLE: Final = Body.unknown("undecodable")


class UnfitError(Exception):
    """The record is not an HTTP exchange; the message says why, without quoting the record."""


def is_method(text: str) -> bool:
    """Return whether a text is a method (RFC 9110 §9.1): a token, of at most 32 characters."""
    return _method.fullmatch(text) is not None


def url_parts(url: object) -> tuple[str, str, str]:
    """Return scheme, host (with a port that the scheme does not imply) and request target of a URL.

    :raises UnfitError: it is no URL of HTTP.
    """
    match = _url.match(url) if isinstance(url, str) else None
    if match is None:
        raise UnfitError("not an exchange: its request has no URL")
    scheme = match[1].lower()
    if scheme not in _DEFAULT_PORTS:
        # data:, blob:, about:, file:, chrome-extension:, moz-extension: never touch the network.
        known = scheme in ("ws", "wss")
        raise UnfitError("not HTTP any more: WebSocket" if known else f"not HTTP: {scheme[:24]}: URL")
    place = _host.fullmatch((match[2] or "").rpartition("@")[2])
    if place is None or not place[1].isprintable():
        raise UnfitError("not an exchange: its URL names no host")
    host, port = place[1].lower(), place[2]
    if port and port != _DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    target = match[3] or "/"
    if target[0] != "/":
        target = f"/{target}"
    # Recorders that display URLs decode escapes that a request line needs.
    if not (target.isascii() and target.isprintable()) or " " in target:
        target = quote(target, safe="!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", errors="replace")
    return scheme, host, target


def headers_of(fields: Iterable[tuple[str, str]]) -> Headers:
    """Return recorded fields, without control data."""
    # A name that begins with a colon is control data of HTTP/2 and 3 (RFC 9113 §8.3), not a field.
    return Headers.of(*((name.encode("utf-8", "replace").decode(), value) for name, value in fields if name[0] != ":"))


def object_of(value: object, what: str) -> dict[str, Any]:
    """Return an object of a record.

    :param what: its name in the message.
    :raises UnfitError: it is none.
    """
    if not isinstance(value, dict):
        raise UnfitError(f"broken entry: {what} is not an object")
    return value


def text_of(value: object) -> str:
    """Return a text; empty for any other value."""
    return value if isinstance(value, str) else ""


def member_names(head: bytes) -> list[bytes]:
    """Return the names at the top level of a JSON object that begins with these octets; empty if it is none."""
    names: list[bytes] = []
    depth = 0
    if head[:1] == b"{":
        for match in TOKEN.finditer(head):
            if match[2] and depth == 1:
                names.append(match[1])
            depth += {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(match[0], 0)
    return names


def utf8(data: bytes | bytearray) -> bytes | bytearray:
    """Return text in UTF-8 without a byte order mark; with one, it may be in UTF-16, as PowerShell writes it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    return data.removeprefix(b"\xef\xbb\xbf")


def document_of(file: FileContent) -> dict[str, Any]:
    """Return a file's JSON object.

    :raises UnreadableError: it is none.
    """
    try:
        found = msgspec.json.decode(utf8(file.whole()))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise UnreadableError(f"{file.name}: broken JSON") from error
    if not isinstance(found, dict):
        raise UnreadableError(f"{file.name}: JSON, but not an object")
    return found


def each_record(
    records: Iterable[Any], name: str, made: Callable[[Any, Origin], Exchange]
) -> Iterator[Exchange | Skipped]:
    """Yield what each record stands for, or the reason to skip it. Never raises for any content of a record.

    :param name: the name of the file in the origins.
    :param made: raises ``UnfitError`` for a record that is no exchange.
    """
    for index, record in enumerate(records):
        yield from _guarded(record, Origin(name, index), lambda record, origin: (made(record, origin),))


def each_line(file: FileContent, made: Callable[[bytes, Origin], Iterable[Exchange]]) -> Iterator[Exchange | Skipped]:
    """Yield what each line of a file stands for, read one by one. Never raises for any content of a line.

    :param made: raises ``UnfitError`` for a line that is no exchange.
    """
    with closing(file.open()) as lines:
        index = 0
        while line := lines.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE and line[-1:] != b"\n":
                yield Skipped(index, "line too long")
                while line and line[-1:] != b"\n":
                    line = lines.readline(_LONGEST_LINE)
            elif line.strip():
                yield from _guarded(line.removeprefix(b"\xef\xbb\xbf"), Origin(file.name, index), made)
            index += 1


def _guarded[T](
    record: T, origin: Origin, made: Callable[[T, Origin], Iterable[Exchange]]
) -> Iterator[Exchange | Skipped]:
    try:
        yield from made(record, origin)
    except UnfitError as error:
        yield Skipped(origin.index, str(error))
    except RecursionError:
        yield Skipped(origin.index, "broken entry: nested too deeply")
    except Exception as error:  # noqa: BLE001 - records come from anywhere, and one must not hide the others
        yield Skipped(origin.index, f"broken entry ({type(error).__name__})")


def request_of(method: object, url: object, headers: Headers, body: Body) -> tuple[Request, str]:
    """Return a request, and the name of its service: the host of its URL.

    :raises UnfitError: method or URL are not those of a request.
    """
    name = text_of(method).upper()
    if not is_method(name):
        raise UnfitError("not an exchange: its request has no method")
    scheme, host, target = url_parts(url)
    authority = headers.get("host") or host
    return Request(method=name, target=target, scheme=scheme, authority=authority, headers=headers, body=body), host


def exchange_of(  # noqa: PLR0913 - what it is made of, by name
    origin: Origin,
    request: Request,
    response: Response | None,
    service: str,
    *,
    failure: Failure | None = None,
    at: float | None = None,
    took: float | None = None,
    client: str = "",
) -> Exchange:
    """Return an exchange as its client recorded it: a call to another service.

    :param at: when it began, in Unix seconds; None if unknown.
    :param took: seconds until its end; None if unknown.
    """
    return Exchange(
        request=request,
        response=response,
        failure=failure,
        service=service,
        direction=Direction.OUTBOUND,
        id=f"{origin.file}#{origin.index}",
        client=client,
        started=at or 0.0,
        ended=None if took is None else (at or 0.0) + took,
        timestamp=at,
        origin=origin,
    )


def without_all_fields(exchange: Exchange) -> Exchange:
    """Return an exchange of which not all fields are known, so credentials may be missing, too."""
    return msgspec.structs.replace(exchange, fields_known=False, credentials_hidden=True)


def example(exchange: Exchange) -> Exchange:
    """Return an exchange that nobody sent: it has some of the fields, and says nothing about others."""
    return msgspec.structs.replace(without_all_fields(exchange), alone=True)


def field_pairs(fields: object) -> list[tuple[str, str]]:
    """Return fields that are recorded as an object: a text, or a list of texts, by name.

    :raises UnfitError: they are not.
    """
    if fields is None:
        return []
    if not isinstance(fields, Mapping):
        raise UnfitError("broken entry: its headers are not an object")
    return [
        (name, str(each))
        for name, value in fields.items()
        for each in (value if isinstance(value, list) else [value])
        if isinstance(name, str) and name and isinstance(each, str | int | float)
    ]


def content(value: str | bytes | None, headers: Headers) -> Body:
    """Return recorded content as a body. Text, and octets that are text, were decoded by the recorder.

    :param value: None or empty if there was no content.
    """
    if not value:
        return EMPTY
    media = media_type(headers.get("content-type"))
    if isinstance(value, str):
        if _LOST in value:  # octets that were no text became this character
            return UNDECODABLE
        return Body(value.encode("utf-8", "replace"), media=media._replace(charset="utf-8"))
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return Body(value, coding=headers.get("content-encoding") or "", media=media)
    return Body(value, media=media)


def packed_content(value: object, headers: Headers) -> Body:
    """Return content that is recorded in base64."""
    try:
        return content(base64.b64decode("".join(text_of(value).split()), validate=True), headers)
    except (binascii.Error, ValueError):
        return UNDECODABLE


def json_content(value: object, headers: Headers) -> Body:
    """Return content that is recorded as a JSON value in place of its text."""
    is_said = "content-type" in headers
    return content(msgspec.json.encode(value), headers if is_said else Headers.of(("content-type", "application/json")))


def status_of(value: object) -> int:
    """Return a status.

    :raises UnfitError: it is none.
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 100 <= value <= 999:
        raise UnfitError("broken entry: its status is not an HTTP status")
    return value


def moment(text: object) -> float | None:
    """Return a time in Unix seconds. Without a zone it is UTC."""
    if isinstance(text, datetime):
        found = text
    else:
        try:
            found = datetime.fromisoformat(text_of(text))
        except ValueError:
            return None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
