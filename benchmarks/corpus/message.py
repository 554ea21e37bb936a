"""Convert recorded exchanges to octets for an HTTP/1.1 connection.

Everything is sent as recorded, except for contradictions in the recording. Recorders keep content without its coding
and often drop the fields that frame it. So content is encoded again by its Content-Encoding, and length and framing
fields are corrected. Each change is named, and also made to the exchange, so that the wire and the expectation can be
compared.
"""

from __future__ import annotations

import gzip
import importlib
import re
import zlib
from typing import Any, Final

import msgspec
import zstandard
from msgspec.structs import replace

from wirelint.core.body import EMPTY, Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type

_BODILESS: Final = frozenset({204, 304})
_CHUNK: Final = 16 * 1024
_name: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2, token
_value: Final = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110 §5.5
_reason: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # RFC 9112 §4
_target: Final = re.compile(r"[\x21-\x7e]+")

type Fields = tuple[tuple[bytes, bytes], ...]


class UnfitError(Exception):
    """The exchange cannot be sent; the message has the reason."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange as octets.

    ``closes``: the response ends with its connection. ``changed`` names the changes. ``as_sent`` is the recorded
    exchange after these changes, without its origin in a file: rules may trust the wire more than recorders.
    """

    recorded: Exchange
    as_sent: Exchange
    request: bytes
    response: bytes
    closes: bool
    changed: tuple[str, ...]


def pair(exchange: Exchange) -> Pair:
    """Return the octets of an exchange.

    :raises UnfitError: the recording lacks a part of the message, or cannot be sent as HTTP/1.1.
    """
    request, response = exchange.request, exchange.response
    if response is None or exchange.failure is not None:
        raise UnfitError("the exchange failed")
    if not 200 <= response.status <= 999:
        raise UnfitError("an interim response")
    changed: list[str] = []
    asked, asked_fields = _request(request, changed)
    answered, answered_fields, closes = _response(request.method, response, changed)
    body = EMPTY if _bodiless(request.method, response.status) else response.body
    return Pair(
        recorded=exchange,
        as_sent=replace(
            exchange,
            request=replace(request, headers=Headers(asked_fields)),
            response=replace(response, headers=Headers(answered_fields), body=body),
            origin=None,
        ),
        request=asked,
        response=answered,
        closes=closes,
        changed=tuple(changed),
    )


def _bodiless(method: str, status: int) -> bool:
    return method == "HEAD" or status in _BODILESS


def _request(request: Request, changed: list[str]) -> tuple[bytes, Fields]:
    if not _target.fullmatch(request.target):
        raise UnfitError("a target that no request line can hold")
    content, fields = _coded(request.body, _fields(request.headers, "request", changed), "request", changed)
    if not _values(fields, b"host"):
        # Many recorders omit it, although every HTTP/1.1 request has it (RFC 9112 §3.2).
        fields = ((b"Host", request.authority.encode("latin-1", "replace")), *fields)
        changed.append("request: the missing host added")
    length = _values(fields, b"content-length")
    if _values(fields, b"transfer-encoding"):
        if length:
            fields = _without(fields, b"content-length")
            changed.append("request: length beside chunks left out")
        content = _chunked(content, fields)
    elif content or length:
        fields = _sized(fields, len(content), "request", changed)
    if request.http_version not in ("HTTP/1.1", "HTTP/1.0", ""):
        changed.append(f"request: {request.http_version} sent as HTTP/1.1")
    return _head(f"{request.method} {request.target} HTTP/1.1", fields) + content, fields


def _response(method: str, response: Response, changed: list[str]) -> tuple[bytes, Fields, bool]:
    if not _reason.fullmatch(response.reason):
        raise UnfitError("a reason phrase that no status line can hold")
    if response.http_version not in ("HTTP/1.1", "HTTP/1.0", ""):
        changed.append(f"response: {response.http_version} sent as HTTP/1.1")
    start = f"HTTP/1.1 {response.status} {response.reason}"
    fields = _fields(response.headers, "response", changed)
    if _bodiless(method, response.status):
        if response.body.raw:
            changed.append(f"response: content of a {method if method == 'HEAD' else response.status} left out")
        elif response.body.raw is None:
            changed.append("response: no content where none can be")
        return _head(start, fields), fields, False
    content, fields = _coded(response.body, fields, "response", changed)
    if _values(fields, b"transfer-encoding"):
        if _values(fields, b"content-length"):
            fields = _without(fields, b"content-length")
            changed.append("response: length beside chunks left out")
        return _head(start, fields) + _chunked(content, fields), fields, False
    if _values(fields, b"content-length"):
        fields = _sized(fields, len(content), "response", changed)
        return _head(start, fields) + content, fields, False
    return _head(start, fields) + content, fields, True


def _head(start: str, fields: Fields) -> bytes:
    lines = [start.encode("latin-1"), *(name + b": " + value for name, value in fields)]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _fields(headers: Headers, side: str, changed: list[str]) -> Fields:
    kept = []
    for name, value in headers.fields:
        if not _name.fullmatch(name) or not _value.fullmatch(value):
            changed.append(f"{side}: a malformed field left out")
            continue
        if (bare := value.strip(b" \t")) != value:
            changed.append(f"{side}: white space around a value left out")
        kept.append((name, bare))
    return tuple(kept)


def _coded(body: Body, fields: Fields, side: str, changed: list[str]) -> tuple[bytes, Fields]:
    """Return the content as on the wire: with charset and coding applied again."""
    raw = body.raw
    if raw is None or not body.complete:
        raise UnfitError(f"the {side}'s content was not recorded" if raw is None else f"the {side}'s content was cut")
    if body.coding or not raw:
        return raw, fields
    declared = media_type(next((value.decode("latin-1") for value in _values(fields, b"content-type")), None)).charset
    if declared and body.media.charset != declared:
        try:
            raw = raw.decode(body.media.charset or "utf-8").encode(declared)
        except (LookupError, UnicodeError) as error:
            raise UnfitError(f"the {side}'s content does not fit its charset") from error
    codings = [name.strip().lower() for value in _values(fields, b"content-encoding") for name in value.split(b",")]
    for coding in codings:
        if coding in (b"", b"identity"):
            continue
        encode = _ENCODERS.get(coding)
        if encode is None:
            changed.append(f"{side}: an unknown content coding left out")
            return raw, _without(fields, b"content-encoding")
        raw = encode(raw)
    return raw, fields


def _deflate(data: bytes) -> bytes:
    return zlib.compress(data)


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _brotli(data: bytes) -> bytes:
    brotli: Any = importlib.import_module("brotli")  # has no types
    return bytes(brotli.compress(data, quality=4))


def _zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


_ENCODERS: Final = {b"gzip": _gzip, b"x-gzip": _gzip, b"deflate": _deflate, b"br": _brotli, b"zstd": _zstd}


def _sized(fields: Fields, length: int, side: str, changed: list[str]) -> Fields:
    """Return the fields with the correct Content-Length, added last if there was none."""
    found = _values(fields, b"content-length")
    right = str(length).encode()
    if found == [right]:
        return fields
    if not found:
        changed.append(f"{side}: the missing length added")
        return (*fields, (b"Content-Length", right))
    changed.append(f"{side}: another length" if len(found) == 1 else f"{side}: one length for several")
    sized, seen = [], False
    for name, value in fields:
        if name.lower() != b"content-length":
            sized.append((name, value))
        elif not seen:
            sized.append((name, right))
            seen = True
    return tuple(sized)


def _chunked(content: bytes, fields: Fields) -> bytes:
    if b", ".join(_values(fields, b"transfer-encoding")).strip().lower() != b"chunked":
        raise UnfitError("a transfer coding other than chunked")
    pieces = [content[at : at + _CHUNK] for at in range(0, len(content), _CHUNK)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _values(fields: Fields, name: bytes) -> list[bytes]:
    return [value for found, value in fields if found.lower() == name]


def _without(fields: Fields, name: bytes) -> Fields:
    return tuple(field for field in fields if field[0].lower() != name)
