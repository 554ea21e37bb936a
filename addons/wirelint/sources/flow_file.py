"""Read files of flows that mitmproxy saved (``mitmdump -w``).

A flow file is a sequence of tnetstrings, ``<length>:<payload>}``. The outer frames are parsed here, so that a broken
record loses only itself, and memory stays that of the largest record. mitmproxy parses the payloads.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Final

from wirelint.core.exchange import Exchange
from wirelint.core.origin import Origin
from wirelint.sources import FileContent, Recording, Skipped, Source, UnreadableError

if TYPE_CHECKING:
    from wirelint.sources.mitm.adapter import Naming

RECORD_LIMIT: Final = 256 * 1024 * 1024
"""Most octets of one record that are read into memory; a longer one is skipped."""

_FRAME: Final = re.compile(rb"(0|[1-9]\d{0,11}):")
_PREFIX: Final = 13
_CHUNK: Final = 1024 * 1024
# The beginning of a record of mitmproxy 1 to 12: its length and then the length of its first key.
_START: Final = re.compile(rb"[1-9]\d{2,11}:\d{1,2}:[a-z_]{2,20};")
# The end of a record, different from that of the dictionaries in it.
_END: Final = re.compile(rb"7:version;[1-9]:\d{1,9}#\}\Z")
_OVERLAP: Final = 64
_END_SIZE: Final = 24


def looks_like_flows(head: bytes) -> bool:
    """Return whether a file that begins with these octets (64 suffice) is a flow file."""
    return _START.match(head) is not None


def read_stream(file: IO[bytes], *, name: str, naming: Naming | None = None) -> Iterator[Exchange | Skipped]:
    """Read flows from an open file that can seek.

    :param name: the name of the file in the exchanges' origin.
    :param naming: names of services; hosts if None.
    :raises UnreadableError: it cannot be read, or is not a flow file.
    """
    from wirelint.sources.mitm.saved_flow import exchange_of_record  # noqa: PLC0415 - mitmproxy takes a second to load

    head = file.read(_OVERLAP)
    file.seek(0)
    if head and not looks_like_flows(head):
        raise UnreadableError(f"{name}: not a file of mitmproxy flows")
    try:
        for index, record in enumerate(_records(file)):
            yield record if isinstance(record, Skipped) else exchange_of_record(record, Origin(name, index), naming)
    except OSError as error:
        raise UnreadableError(f"{name}: {error.strerror or error}") from error


def _read(content: FileContent) -> Iterator[Exchange | Skipped]:
    with content.open() as file:
        yield from read_stream(file, name=content.name)


SOURCE: Final = Source(
    name="mitmproxy flows",
    recognises=looks_like_flows,
    read=lambda content: Recording(content.name, _read(content)),
)


def _records(file: IO[bytes]) -> Iterator[memoryview | Skipped]:
    """Yield the payload of each record, or why there is none."""
    index = 0
    end = file.seek(0, os.SEEK_END)
    at = 0
    while at < end:
        file.seek(at)
        head = file.read(_PREFIX)
        frame = _FRAME.match(head)
        size = int(frame[1]) if frame else 0
        begin = at + (frame.end() if frame else 0)
        if frame and begin + size < end:
            file.seek(begin + size)
            whole = file.read(1) == b"}"
        else:
            whole = False
        if not whole:
            following = _next_start(file, at + 1, end)
            if following is None:
                why = "truncated" if frame and begin + size >= end else "not a flow"
                yield Skipped(index, f"{why}: the last {end - at} bytes")
                return
            yield Skipped(index, f"not a flow: {following - at} bytes")
            at = following
        else:
            if size > RECORD_LIMIT:
                yield Skipped(index, f"too large: {size} bytes")
            else:
                file.seek(begin)
                yield memoryview(file.read(size))
            at = begin + size + 1
        index += 1


def _next_start(file: IO[bytes], at: int, end: int) -> int | None:
    """Return the offset of the next complete record at or after ``at``; None if there is none."""
    file.seek(at)
    tail = b""
    base = at
    while data := file.read(_CHUNK):
        window = tail + data
        for match in _START.finditer(window):
            start = base + match.start()
            size = int(match[0].partition(b":")[0])
            close = start + match[0].index(b":") + 1 + size
            if close < end:
                here = file.tell()
                file.seek(close + 1 - _END_SIZE)
                closed = _END.search(file.read(_END_SIZE)) is not None
                file.seek(here)
                if closed:
                    return start
        tail = window[-_OVERLAP:]
        base += len(window) - len(tail)
    return None
