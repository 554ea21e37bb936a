"""Read items that Burp Suite saved as XML: requests and responses as octets, in base64 or as text."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import IO, Final
from xml.etree import ElementTree as ET

from msgspec.structs import replace

from wirelint.core.body import EMPTY
from wirelint.core.exchange import Exchange, Response
from wirelint.core.headers import Headers
from wirelint.core.origin import Origin
from wirelint.sources import FileContent, Recording, Skipped, Source, UnreadableError
from wirelint.sources.parts import UnfitError, content, each_record, exchange_of, request_of, status_of

_CHUNK: Final = 64 * 1024
_start: Final = re.compile(rb"(\S{1,32}) (\S{1,65536}) HTTP/(\d(?:\.\d)?)|HTTP/(\d(?:\.\d)?) (\d{3})(?: ([^\r\n]*))?")
_chunk: Final = re.compile(rb"([0-9A-Fa-f]{1,16})[^\r\n]*\r\n")


def looks_like_burp(head: bytes) -> bool:
    """Return whether a file that begins with these octets has items of Burp's."""
    return head[:1] == b"<" and b"<items burpVersion=" in head


def _read(file: FileContent) -> Recording:
    return Recording(file.name, _exchanges(file))


SOURCE: Final = Source(name="Burp items", recognises=looks_like_burp, read=_read)


def _exchanges(file: FileContent) -> Iterator[Exchange | Skipped]:
    with closing(file.open()) as stream:
        yield from each_record(_items(stream, file.name), file.name, _exchange)


def _items(stream: IO[bytes], name: str) -> Iterator[ET.Element]:
    """Yield the items one by one, so that memory stays that of the largest."""
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(("start", "end"))
    root: ET.Element | None = None
    tail = b""
    try:
        while data := stream.read(_CHUNK):
            if b"<!ENTITY" in tail + data:  # Burp declares elements only, and entities may grow without bound
                raise UnreadableError(f"{name}: declares entities")
            tail = data[-16:]
            parser.feed(data)
            for event, element in _events(parser):
                if root is None:
                    root = element
                elif event == "end" and element.tag == "item":
                    yield element
                    root.clear()
        parser.close()
    except ET.ParseError as error:
        raise UnreadableError(f"{name}: broken XML") from error


def _events(parser: ET.XMLPullParser[ET.Element]) -> Iterator[tuple[str, ET.Element]]:
    for event in parser.read_events():
        yield event[0], event[1]  # type: ignore[misc]  # of the two kinds that were asked for


def _exchange(item: ET.Element, origin: Origin) -> Exchange:
    line, headers, octets = _message(_octets(item, "request"))
    start = _start.match(line)
    method = start[1].decode("latin-1") if start is not None and start[1] is not None else ""
    request, host = request_of(method, item.findtext("url"), headers, content(octets, headers))
    answer, fields, got = _message(_octets(item, "response"))
    answered = _start.match(answer)
    if start is None or answered is None or answered[5] is None:
        raise UnfitError("no response, and no word why")
    response = Response(
        status=status_of(answered[5].decode()),
        reason=(answered[6] or b"").decode("latin-1").strip(),
        http_version=f"HTTP/{answered[4].decode()}",
        headers=fields,
        body=EMPTY if method == "HEAD" else content(got, fields),
    )
    sent = replace(request, target=start[2].decode("latin-1"), http_version=f"HTTP/{start[3].decode()}")
    return exchange_of(origin, sent, response, host, at=_moment(item.findtext("time") or ""))


def _octets(item: ET.Element, side: str) -> bytes:
    element = item.find(side)
    text = (element.text or "") if element is not None else ""
    if element is None or element.get("base64") != "true":
        return text.replace("\r\n", "\n").replace("\n", "\r\n").encode("latin-1", "replace")
    try:
        return base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError) as error:
        raise UnfitError(f"broken entry: its {side} is not base64") from error


def _message(octets: bytes) -> tuple[bytes, Headers, bytes]:
    """Return start line, fields and content of a message (RFC 9112 §2.1)."""
    head, _, body = octets.partition(b"\r\n\r\n")
    line, *lines = head.split(b"\r\n")
    fields = [(name.strip(), value.strip()) for name, colon, value in (each.partition(b":") for each in lines) if colon]
    headers = Headers(fields)
    if (headers.get("transfer-encoding") or "").lower().endswith("chunked"):
        body = _dechunked(body)
    return line, headers, body


def _dechunked(octets: bytes) -> bytes:
    """Return content without its framing (RFC 9112 §7.1); Burp removes the framing of most messages itself."""
    parts: list[bytes] = []
    at = 0
    while (size := _chunk.match(octets, at)) is not None:
        end = size.end() + int(size[1], 16)
        if end == size.end():
            return b"".join(parts)
        if octets[end : end + 2] != b"\r\n":
            break
        parts.append(octets[size.end() : end])
        at = end + 2
    return octets


def _moment(text: str) -> float | None:
    """Return a time such as «Tue Dec 01 10:30:43 UTC 2026» in Unix seconds; zones by name are taken for UTC."""
    words = text.split()
    if len(words) != 6:
        return None
    try:
        return (
            datetime.strptime(" ".join((*words[:4], words[5])), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC).timestamp()
        )
    except ValueError:
        return None
