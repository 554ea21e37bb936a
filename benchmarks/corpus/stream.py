"""Read messages from a stream as octets, with enough of HTTP/1.1 to find their ends."""

from __future__ import annotations

import asyncio
import re
from typing import Final, NamedTuple

_length: Final = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_chunked: Final = re.compile(rb"^transfer-encoding:.*chunked", re.IGNORECASE | re.MULTILINE)
_BODILESS: Final = (b"204", b"304")


class Octets(NamedTuple):
    """A message: its head with the empty line, and its dechunked content."""

    head: bytes
    content: bytes


async def request(reader: asyncio.StreamReader) -> Octets:
    """Read the next request.

    :raises asyncio.IncompleteReadError: there is none, or it ends early.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    return Octets(head, await _content(reader, head, to_end=False))


async def response(reader: asyncio.StreamReader, method: str) -> Octets:
    """Read the next response that is not interim.

    :param method: the method of its request.
    :raises asyncio.IncompleteReadError: there is none, or it ends early.
    """
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        status = head.split(b" ", 2)[1][:3]
        if not status.startswith(b"1"):
            break
    if method == "HEAD" or status in _BODILESS:
        return Octets(head, b"")
    return Octets(head, await _content(reader, head, to_end=True))


def split(message: bytes) -> Octets:
    """Split a whole message as ``request`` and ``response`` would.

    :param message: the octets on the wire, ended by its framing or by the end of the octets.
    """
    head, _, rest = message.partition(b"\r\n\r\n")
    head += b"\r\n\r\n"
    return Octets(head, _unchunked(rest) if rest and _chunked.search(head) else rest)


def _unchunked(rest: bytes) -> bytes:
    content = bytearray()
    while (size := int(rest[: rest.index(b"\r\n")], 16)) > 0:
        start = rest.index(b"\r\n") + 2
        content += rest[start : start + size]
        rest = rest[start + size + 2 :]
    return bytes(content)


async def _content(reader: asyncio.StreamReader, head: bytes, *, to_end: bool) -> bytes:
    if _chunked.search(head):
        content = bytearray()
        while size := int((await reader.readline()).partition(b";")[0] or b"0", 16):
            content += (await reader.readexactly(size + 2))[:-2]
        while (await reader.readline()).strip():
            pass
        return bytes(content)
    if (match := _length.search(head)) is not None:
        return await reader.readexactly(int(match[1]))
    return await reader.read() if to_end else b""
