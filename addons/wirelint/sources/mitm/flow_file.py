"""Flows that mitmproxy saved (``mitmdump -w``) → exchanges, the same as they would have been live.

A flow file is a row of tnetstrings, ``<length>:<payload>}``. The outer frames are walked here, so that one broken
record costs that record alone and memory stays that of the largest; mitmproxy reads what is inside.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from mitmproxy import exceptions, http
from mitmproxy.flow import Flow
from mitmproxy.io import compat, tnetstring
from msgspec.structs import replace

from wirelint.core.exchange import Exchange
from wirelint.core.origin import Origin
from wirelint.sources import Skipped, UnreadableError
from wirelint.sources.mitm.adapter import Naming, exchange_of_flow

RECORD_LIMIT: Final = 256 * 1024 * 1024
"""Most octets of one record that are read into memory; a longer one is passed over."""

_FRAME: Final = re.compile(rb"(0|[1-9]\d{0,11}):")
_PREFIX: Final = 13
_CHUNK: Final = 1024 * 1024
# What a record of mitmproxy 1 to 12 begins with: its length and then the length of its first key.
_START: Final = re.compile(rb"[1-9]\d{2,11}:\d{1,2}:[a-z_]{2,20};")
# And what it ends with, unlike the dictionaries inside of it.
_END: Final = re.compile(rb"7:version;[1-9]:\d{1,9}#\}\Z")
_OVERLAP: Final = 64
_END_SIZE: Final = 24
_KINDS: Final = {"tcp": "raw TCP", "udp": "raw UDP", "dns": "DNS"}


def looks_like_flows(head: bytes) -> bool:
    """Whether a file that begins with these octets (64 will do) is one of flows."""
    return _START.match(head) is not None


def read(
    path: str | os.PathLike[str], *, name: str | None = None, naming: Naming | None = None
) -> Iterator[Exchange | Skipped]:
    """Read a flow file.

    :param path: the file.
    :param name: what to call it in the exchanges' origin; its path where None.
    :param naming: names of services; hosts where None.
    :raises UnreadableError: it cannot be opened, or is no flow file at all.
    """
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - closed below, where the reading ends
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror or error}") from error
    with file:
        yield from read_stream(file, name=name or str(path), naming=naming)


def read_stream(file: IO[bytes], *, name: str, naming: Naming | None = None) -> Iterator[Exchange | Skipped]:
    """Read flows from an open file that can seek; see ``read``."""
    naming = naming or Naming()
    head = file.read(_OVERLAP)
    file.seek(0)
    if head and not looks_like_flows(head):
        raise UnreadableError(f"{name}: not a file of mitmproxy flows")
    try:
        for index, record in enumerate(_records(file)):
            yield record if isinstance(record, Skipped) else _read(record, Origin(name, index), naming)
    except OSError as error:
        raise UnreadableError(f"{name}: {error.strerror or error}") from error


def _read(record: memoryview, origin: Origin, naming: Naming) -> Exchange | Skipped:
    try:
        state: Any = tnetstring.parse(ord("}"), record)
        flow = Flow.from_state(compat.migrate_flow(state))
        why = _unfit(flow)
        if why is None and isinstance(flow, http.HTTPFlow):
            exchange = exchange_of_flow(flow, naming)
            if exchange is None:
                why = "no response, and no failure of a service"
            elif _is_sound(exchange):
                return replace(exchange, origin=origin)
            else:
                why = "broken flow"
    except exceptions.FlowReadException as error:
        why = " ".join(str(error).split())[:200]
    except Exception as error:  # noqa: BLE001 - a damaged record can make mitmproxy's readers raise anything
        why = f"broken flow ({type(error).__name__})"
    return Skipped(origin.index, why or "not HTTP")


def _unfit(flow: Flow) -> str | None:
    """Why a flow is no exchange of HTTP."""
    if not isinstance(flow, http.HTTPFlow):
        return f"not HTTP: {_KINDS.get(flow.type, flow.type)}"
    if flow.request.data.method == b"CONNECT":
        return "not an exchange: a tunnel was opened"
    return None if flow.websocket is None else "not HTTP any more: WebSocket"


def _is_sound(exchange: Exchange) -> bool:
    """Whether what mitmproxy takes from a file without a look is what it should be."""
    times = (exchange.started, exchange.first_byte, exchange.ended)
    return isinstance(exchange.id, str) and all(at is None or math.isfinite(at) for at in times)


def _records(file: IO[bytes]) -> Iterator[memoryview | Skipped]:
    """The payload of each record, or why there is none."""
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
                why = "cut off" if frame and begin + size >= end else "not a flow"
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
    """Where the next whole record begins at or behind ``at``; None where there is none."""
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
