"""The protocol between a worker and the process that audits: length-prefixed frames."""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from wirelint.sources import heads
from wirelint.sources.mitm.record import CONTENT_LIMIT
from wirelint.sources.mitm.settings import ProxySettings
from wirelint.sources.stats import Stats

HEAD: Final = struct.Struct("=IBd")
"""Length of the content, kind of the frame, end of the exchange in it as Unix seconds (0 for other kinds)."""

_LENGTH: Final = struct.Struct("=I")


class FrameKind(enum.IntEnum):
    """The kind of a frame. The first seven go to the process that audits, the others to a worker."""

    EXCHANGE = 0
    PID = 1
    READY = 2
    FAILED = 3
    COUNTS = 4
    LOG = 5
    ANSWER = 6
    SHARES = 7
    ASK = 8
    STOP = 9
    STOP_NOW = 10


class WorkerCounts(msgspec.Struct, array_like=True, frozen=True):
    """The counts of a worker so far.

    Attributes:
        stats: its numbers.
        sampled: exchanges outside its sample since the last frame of this kind, by service.
        cpu: its CPU time in seconds.
        resident: its resident memory in octets, shared memory included.
    """

    stats: Stats
    sampled: dict[str, int]
    cpu: float
    resident: int


class LogLine(msgspec.Struct, array_like=True, frozen=True):
    """A log record, with the names of ``logging.LogRecord``."""

    name: str
    levelno: int
    created: float
    message: str


class Address(msgspec.Struct, array_like=True, frozen=True):
    """An address to listen on; see ``ListenAddress``."""

    name: str
    host: str
    port: int


class SampleShares(msgspec.Struct, array_like=True, frozen=True):
    """The arguments of ``Shares``."""

    general: float
    services: Sequence[tuple[str, float | None]]


_TYPES: Final[Mapping[FrameKind, Any]] = {
    FrameKind.PID: int,
    FrameKind.READY: list[Address],
    FrameKind.FAILED: str,
    FrameKind.COUNTS: WorkerCounts,
    FrameKind.LOG: LogLine,
    FrameKind.ANSWER: None,
    FrameKind.SHARES: SampleShares,
    FrameKind.ASK: None,
    FrameKind.STOP: None,
    FrameKind.STOP_NOW: None,
}
_decoders: Final = {kind: msgspec.msgpack.Decoder(type=held) for kind, held in _TYPES.items()}
_encoder: Final = msgspec.msgpack.Encoder()
_HEADS: Final = 6 * heads.OCTETS_LIMIT
"""Most octets of the heads, trailers and framing of one exchange."""


def longest(settings: ProxySettings) -> int:
    """Return the most octets of one frame."""
    return 2 * max(settings.body_limit, CONTENT_LIMIT) + _HEADS


class BrokenError(Exception):
    """The octets are not a sequence of frames, and no later frame can be found."""


class Frame(NamedTuple):
    """A frame as received. ``kind`` may be unknown."""

    kind: int
    ended: float
    content: bytes


def frame(kind: FrameKind, value: object = None) -> bytes:
    """Return a frame of any kind except ``EXCHANGE``."""
    content = _encoder.encode(value)
    return HEAD.pack(HEAD.size - _LENGTH.size + len(content), kind, 0.0) + content


def begin(buffer: bytearray, kind: FrameKind, ended: float) -> int:
    """Append the head of a frame to ``buffer``; return its offset, for ``finish``."""
    at = len(buffer)
    buffer += HEAD.pack(0, kind, ended)
    return at


def finish(buffer: bytearray, at: int) -> int:
    """Write the length of a frame whose content is complete; return its total octets."""
    size = len(buffer) - at
    _LENGTH.pack_into(buffer, at, size - _LENGTH.size)
    return size


def content_of(found: Frame) -> Any:
    """Return the content of a frame, of the type for its kind; not for ``EXCHANGE``.

    :raises msgspec.MsgspecError: it has another content.
    :raises KeyError: the kind is unknown.
    """
    return _decoders[FrameKind(found.kind)].decode(found.content)


class Splitter:
    """Splits a stream of octets into frames."""

    def __init__(self, most: int) -> None:
        """Begin a stream.

        :param most: most octets of a frame.
        """
        self._most = most
        self._rest = bytearray()

    def split(self, data: bytes | memoryview) -> Iterator[Frame]:
        """Return the frames that ``data`` completes.

        :raises BrokenError: a frame is too long or too short.
        """
        rest = self._rest
        rest += data
        at = 0
        try:
            while len(rest) - at >= HEAD.size:
                length, kind, ended = HEAD.unpack_from(rest, at)
                end = at + _LENGTH.size + length
                if end < at + HEAD.size or end - at > self._most:
                    raise BrokenError
                if end > len(rest):
                    break
                content = bytes(rest[at + HEAD.size : end])
                at = end
                yield Frame(kind, ended, content)
        finally:
            del rest[:at]
