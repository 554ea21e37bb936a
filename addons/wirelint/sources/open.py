"""Captures on disk or on standard input: which kind a file is shows in its content, whatever its name."""

from __future__ import annotations

import io
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import msgspec

from wirelint.core.exchange import Exchange
from wirelint.sources import Skipped, UnreadableError, har

SIZE_LIMIT: Final = 1024 * 1024 * 1024
"""Most bytes of a capture, unpacked, that are read into memory."""

_GZIP: Final = b"\x1f\x8b"
_CHUNK: Final = 1024 * 1024
_HEAD: Final = 64
_WHITE: Final = b" \t\r\n"
_BOMS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class Capture(msgspec.Struct, frozen=True):
    """An opened capture: what to call it, its exchanges, and how many records it has where that is known."""

    name: str
    exchanges: Iterator[Exchange | Skipped]
    records: int | None = None


def open_capture(path: str, *, limit: int = SIZE_LIMIT) -> Capture:
    """Open a HAR document, plain or gzipped, or a file of mitmproxy flows.

    :param path: the file; ``-`` for standard input.
    :param limit: most bytes to hold in memory. Flows on disk are read one by one and may be larger.
    :raises UnreadableError: it cannot be read, is empty, too large, or of no known kind.
    """
    try:
        if path == "-":
            return _of_data("-", _bounded(sys.stdin.buffer, limit, "-"), limit)
        with Path(path).open("rb") as file:
            head = file.read(_HEAD)
            if _is_flows(head):
                from wirelint.sources.mitm import flow_file  # noqa: PLC0415 - mitmproxy takes a second to load

                return Capture(path, flow_file.read(path, name=path))
            file.seek(0)
            size = os.fstat(file.fileno()).st_size
            if size > limit:
                raise UnreadableError(f"{path}: {_mib(size)} MiB, more than the {_mib(limit)} MiB of --size-limit")
            return _of_data(path, _bounded(file, limit, path), limit)
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:  # a path with a NUL in it
        raise UnreadableError(f"{path!r}: {error}") from error
    except MemoryError as error:
        raise UnreadableError(f"{path}: too large for this machine's memory") from error


def _of_data(name: str, data: bytearray, limit: int) -> Capture:
    if data[:2] == _GZIP:
        data = _unpacked(data, limit, name)
    start = next((len(bom) for bom in _BOMS if data.startswith(bom)), 0)
    head = bytes(data[start : start + 4096]).replace(b"\0", b"").lstrip(_WHITE)
    if not head and len(data) <= 4096:
        raise UnreadableError(f"{name}: empty")
    if _is_flows(bytes(data[:_HEAD])):
        from wirelint.sources.mitm import flow_file  # noqa: PLC0415 - likewise

        return Capture(name, flow_file.read_stream(io.BytesIO(data), name=name))
    if head and not har.looks_like_har(head):
        raise UnreadableError(f"{name}: neither HAR nor mitmproxy flows")
    entries = har.entries(data, name)
    return Capture(name, har.exchanges(entries, name), len(entries))


def _is_flows(head: bytes) -> bool:
    # All flow files begin with a digit; only then is it worth loading mitmproxy to know more.
    if not head[:1].isdigit():
        return False
    from wirelint.sources.mitm import flow_file  # noqa: PLC0415 - likewise

    return flow_file.looks_like_flows(head)


def _bounded(file: IO[bytes], limit: int, name: str) -> bytearray:
    data = bytearray()
    while chunk := file.read(_CHUNK):
        data += chunk
        if len(data) > limit:
            raise UnreadableError(f"{name}: more than the {_mib(limit)} MiB of --size-limit")
    return data


def _unpacked(data: bytearray, limit: int, name: str) -> bytearray:
    """All members of a gzip file (RFC 1952), as far as ``limit`` allows."""
    unpacked = bytearray()
    rest: bytes | bytearray | memoryview = memoryview(data)
    try:
        while rest[:2] == _GZIP:
            member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            at = 0
            while not member.eof:
                piece: bytes = member.unconsumed_tail
                if not piece:
                    piece = bytes(rest[at : at + _CHUNK])
                    at += len(piece)
                got = member.decompress(piece, _CHUNK)
                if not piece and not got:
                    raise UnreadableError(f"{name}: cut off: the gzip data does not end")
                unpacked += got
                if len(unpacked) > limit:
                    raise UnreadableError(f"{name}: unpacks to more than the {_mib(limit)} MiB of --size-limit")
            rest = rest[at - len(member.unused_data) :]
    except zlib.error as error:
        raise UnreadableError(f"{name}: broken gzip data") from error
    return unpacked


def _mib(size: int) -> int:
    return -(-size // (1024 * 1024))
