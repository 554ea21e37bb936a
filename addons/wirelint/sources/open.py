"""Open recorded files: unpack them, bound them, and find the source that recognises their content."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import stat
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Final, cast

import zstandard

from wirelint.core.exchange import Exchange
from wirelint.sources import Recording, Skipped, UnreadableError, heads, sources

SIZE_LIMIT: Final = 1024 * 1024 * 1024
"""Most bytes of a capture, unpacked, that are read into memory."""

_RATIO: Final = 250
"""Compressed captures unpack to 5 to 50 times their size; gzip can expand a thousand times (RFC 1951)."""
_RATIO_FROM: Final = 64 * 1024 * 1024
"""Bytes from which ``_RATIO`` counts."""
_WRITER_WAIT: Final = 5.0
"""Seconds to wait until some process opens a named pipe for writing."""

_CHUNK: Final = 1024 * 1024
_PACKED_CHUNK: Final = 16 * 1024
_ZSTD_STEP: Final = 64  # octets; each four may expand to 128 KiB (RFC 8878 §3.1.1.2)
_HEAD: Final = 64 * 1024
_WHITE: Final = b" \t\r\n"
_GZIP: Final = b"\x1f\x8b"
_ZLIB: Final = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")  # mitmproxy's .zhar
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_ZSTD_WINDOW: Final = 128 * 1024 * 1024  # the default limit of the zstd command
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class UnknownKindError(UnreadableError):
    """No source recognises the file, or it is empty."""


class _OnDisk:
    """An uncompressed file. It may be larger than the limit if its source reads it record by record."""

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self._limit = limit

    def open(self) -> IO[bytes]:
        return Path(self.name).open("rb")

    def whole(self) -> bytearray:
        with self.open() as file:
            size = file.seek(0, io.SEEK_END)
            if size > self._limit:
                text = f"{_mib(size)} MiB, more than the {_mib(self._limit)} MiB of --size-limit"
                raise UnreadableError(f"{self.name}: {text}")
            file.seek(0)
            return _bounded(_chunks(file), self._limit, f"{self.name}: more than")


class _InMemory:
    """Octets that were decompressed, or came through a pipe."""

    def __init__(self, name: str, data: bytearray) -> None:
        self.name = name
        self._data = data

    def open(self) -> IO[bytes]:
        return io.BytesIO(self._data)

    def whole(self) -> bytearray:
        return self._data


def files_of(paths: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Yield files, and all files below folders, sorted by name; hidden ones are left out.

    :param paths: files and folders.
    :returns: each file, and whether it was found in a folder, where others than recordings are expected, too.
    :raises UnreadableError: a folder cannot be read, when it is reached.
    """
    for path in paths:
        if not os.path.isdir(path):
            yield path, False
            continue
        for folder, inner, names in os.walk(path, onerror=_unreadable):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            yield from ((os.path.join(folder, name), True) for name in sorted(names) if not name.startswith("."))


def _unreadable(error: OSError) -> None:
    raise UnreadableError(f"{error.filename}: {error.strerror or error}") from error


def open_capture(path: str, *, limit: int = SIZE_LIMIT) -> Recording:
    """Open a recorded file of any known kind, plain or compressed with gzip, zlib or zstd.

    :param path: the file; ``-`` for standard input.
    :param limit: most bytes to hold in memory. Files on disk that are read record by record may be larger.
    :raises UnreadableError: it cannot be read, is empty, too large, or of no known kind.
    """
    try:
        if path == "-":
            return _of_stream(sys.stdin.buffer, path, limit)
        with _opened(path) as file:
            if not file.seekable():
                return _of_stream(file, path, limit)
            head = file.read(_HEAD)
            if (unpack := _packing(head)) is not None:
                file.seek(0)
                return _of_packed(_plausible(unpack(file), file, path), path, limit)
        return _of_content(_OnDisk(path, limit), head)
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:  # a path with a NUL in it
        raise UnreadableError(f"{path!r}: {error}") from error
    except MemoryError as error:
        raise UnreadableError(f"{path}: too large for this machine's memory") from error


def _opened(path: str) -> IO[bytes]:
    """Open a file. A named pipe that nothing writes to would block for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        piped = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
        first = _first(descriptor, path) if piped else b""
        os.set_blocking(descriptor, True)
    except BaseException:
        os.close(descriptor)
        raise
    file = os.fdopen(descriptor, "rb")
    return cast("IO[bytes]", _Begun(file, first)) if piped else file


class _Begun(io.RawIOBase):
    """A pipe whose first octets were read already."""

    def __init__(self, file: IO[bytes], first: bytes) -> None:
        self._file = file
        self._first = first

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        first, self._first = self._first, b""
        return first or self._file.read(size)

    def close(self) -> None:
        self._file.close()
        super().close()


def _first(descriptor: int, path: str) -> bytes:
    """Return the octets that wait in a pipe; none if its writer is slow.

    :raises UnreadableError: it has no writer.
    """
    deadline = time.monotonic() + _WRITER_WAIT
    with contextlib.suppress(BlockingIOError):  # there is a writer, and nothing to read yet
        while not (first := os.read(descriptor, _CHUNK)):
            if time.monotonic() > deadline:
                raise UnreadableError(f"{path}: nothing was written to this pipe in {_WRITER_WAIT:g} s")
            time.sleep(0.02)
        return first
    return b""


def _of_stream(file: IO[bytes], name: str, limit: int) -> Recording:
    """Open a recording that comes through a pipe."""
    data = _bounded(_chunks(file), limit, f"{name}: more than")
    if (unpack := _packing(data)) is not None:
        packed = io.BytesIO(data)
        return _of_packed(_plausible(unpack(packed), packed, name), name, limit)
    return _of_content(_InMemory(name, data), bytes(data[:_HEAD]))


def _of_packed(unpacked: Iterator[bytes], name: str, limit: int) -> Recording:
    try:
        data = _bounded(unpacked, limit, f"{name}: unpacks to more than")
    except _PackingError as error:
        raise UnreadableError(f"{name}: {error}") from error
    return _of_content(_InMemory(name, data), bytes(data[:_HEAD]))


def _plausible(unpacked: Iterator[bytes], packed: IO[bytes], name: str) -> Iterator[bytes]:
    """Yield the chunks as long as they can be a capture.

    :raises UnreadableError: they expand as no capture does.
    """
    size = 0
    for chunk in unpacked:
        size += len(chunk)
        if size > max(_RATIO_FROM, _RATIO * packed.tell()):
            raise UnreadableError(f"{name}: unpacks to more than {_RATIO} times its size: unpack it first")
        yield chunk


def _of_content(content: _OnDisk | _InMemory, head: bytes) -> Recording:
    """Open the content with the source that recognises the first octets."""
    plain = head.decode("utf-16", "ignore").encode() if head[:2] in _UTF16 else head.removeprefix(codecs.BOM_UTF8)
    plain = plain.lstrip(_WHITE)
    if not plain and len(head) < _HEAD:
        raise UnknownKindError(f"{content.name}: empty")
    for source in sources():
        if source.recognises(plain):
            capture = source.read(content)
            return Recording(capture.name, _with_usual_heads(capture.exchanges), capture.records)
    known = ", ".join(source.name for source in sources())
    raise UnknownKindError(f"{content.name}: no known kind of recording; known are {known}")


def _with_usual_heads(exchanges: Iterator[Exchange | Skipped]) -> Iterator[Exchange | Skipped]:
    """Skip exchanges with a head that is too large to audit, as live traffic does."""
    for index, each in enumerate(exchanges):
        if isinstance(each, Exchange) and not heads.are_usual(each):
            yield Skipped(each.origin.index if each.origin else index, "head too large")
        else:
            yield each


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _bounded(chunks: Iterator[bytes], limit: int, too_much: str) -> bytearray:
    """Return all chunks together.

    :param too_much: the beginning of the message if they exceed ``limit``.
    :raises UnreadableError: they are.
    """
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > limit:
            raise UnreadableError(f"{too_much} the {_mib(limit)} MiB of --size-limit")
    return data


class _PackingError(Exception):
    """The data do not match their first octets; the message does not have the file's name."""


def _packing(head: bytes | bytearray) -> Callable[[IO[bytes]], Iterator[bytes]] | None:
    """Return the function that decompresses data with this ``head``, None if they are not compressed."""
    if head.startswith(_ZSTD):
        return _unzstd
    return _inflated if head.startswith((_GZIP, *_ZLIB)) else None


def _inflated(file: IO[bytes]) -> Iterator[bytes]:
    """Decompress all members of a gzip file (RFC 1952), or a zlib stream (RFC 1950), piece by piece.

    :raises _PackingError: the data are broken or do not end.
    """
    # Each member copies the rest of the chunk, and there may be very many.
    rest = file.read(_PACKED_CHUNK)
    try:
        while rest:
            member = zlib.decompressobj(zlib.MAX_WBITS | 32)
            while not member.eof:
                rest = rest or file.read(_PACKED_CHUNK)
                piece = member.decompress(rest, _CHUNK)
                if not rest and not piece:
                    raise _PackingError("truncated: the gzip data does not end")
                yield piece
                rest = member.unconsumed_tail
            rest = member.unused_data
            if len(rest) < len(_GZIP):
                rest += file.read(_PACKED_CHUNK)
            if not rest.startswith(_GZIP):  # padding
                return
    except zlib.error as error:
        raise _PackingError("broken gzip data") from error


def _unzstd(file: IO[bytes]) -> Iterator[bytes]:
    """Decompress all frames of a zstd file (RFC 8878), piece by piece.

    :raises _PackingError: the data are broken, do not end, or need a window of more than 128 MiB.
    """
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    frame = unpacker.decompressobj()
    begun = False
    try:
        while rest := file.read(_ZSTD_STEP):
            while rest:
                begun = True
                yield frame.decompress(rest)
                rest = b""
                if frame.eof:
                    rest = frame.unused_data
                    frame = unpacker.decompressobj()
                    begun = False
    except zstandard.ZstdError as error:
        raise _PackingError("broken zstd data") from error
    if begun:
        raise _PackingError("truncated: the zstd data does not end")


def _mib(size: int) -> int:
    return -(-size // (1024 * 1024))
