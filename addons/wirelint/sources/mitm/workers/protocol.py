"""The protocol between a worker and the process that audits: frames, each with its length before it."""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from wirelint.sources import heads
from wirelint.sources.mitm.record import CONTENT_LIMIT
from wirelint.sources.mitm.settings import ProxySettings
from wirelint.sources.mitm.stats import Stats

HEAD: Final = struct.Struct("=IBd")
"""Length of what follows this head, kind of the frame, Unix seconds of when the exchange in it ended (0 for others)."""

_LENGTH: Final = struct.Struct("=I")


class FrameKind(enum.IntEnum):
    """What a frame holds. The first seven go to the process that audits, the others to a worker."""

    EXCHANGE = 0
    HERE = 1
    READY = 2
    FAILED = 3
    COUNTED = 4
    SAID = 5
    ALL = 6
    SHARES = 7
    ASK = 8
    LEAVE = 9
    HURRY = 10


class WorkerCounts(msgspec.Struct, array_like=True, frozen=True):
    """What a worker has counted so far.

    Attributes:
        stats: its numbers.
        sampled: exchanges that its sample left out since the last frame of this kind, by service.
        cpu: seconds of processor time that it took.
        resident: octets of memory that it has, shared ones included.
    """

    stats: Stats
    sampled: dict[str, int]
    cpu: float
    resident: int


class LogLine(msgspec.Struct, array_like=True, frozen=True):
    """A log record, as ``logging.LogRecord`` names things."""

    name: str
    levelno: int
    created: float
    message: str


class Address(msgspec.Struct, array_like=True, frozen=True):
    """An address that is listened on; see ``ListenAddress``."""

    name: str
    host: str
    port: int


class SampleShares(msgspec.Struct, array_like=True, frozen=True):
    """What ``Shares`` is made from."""

    general: float
    services: Sequence[tuple[str, float | None]]


_TYPES: Final[Mapping[FrameKind, Any]] = {
    FrameKind.HERE: int,
    FrameKind.READY: list[Address],
    FrameKind.FAILED: str,
    FrameKind.COUNTED: WorkerCounts,
    FrameKind.SAID: LogLine,
    FrameKind.ALL: None,
    FrameKind.SHARES: SampleShares,
    FrameKind.ASK: None,
    FrameKind.LEAVE: None,
    FrameKind.HURRY: None,
}
_decoders: Final = {kind: msgspec.msgpack.Decoder(type=held) for kind, held in _TYPES.items()}
_encoder: Final = msgspec.msgpack.Encoder()
_HEADS: Final = 6 * heads.OCTETS_LIMIT
"""Most octets of the heads, trailers and framing of one exchange."""


def longest(settings: ProxySettings) -> int:
    """Return the most octets of one frame."""
    return 2 * max(settings.body_limit, CONTENT_LIMIT) + _HEADS


class BrokenError(Exception):
    """What came is no row of frames, and nothing behind it can be made sense of."""


class Frame(NamedTuple):
    """A frame as it came. ``kind`` may be none that is known."""

    kind: int
    ended: float
    content: bytes


def frame(kind: FrameKind, value: object = None) -> bytes:
    """A frame of any kind but ``EXCHANGE``."""
    content = _encoder.encode(value)
    return HEAD.pack(HEAD.size - _LENGTH.size + len(content), kind, 0.0) + content


def begin(buffer: bytearray, kind: FrameKind, ended: float) -> int:
    """Put the head of a frame behind what ``buffer`` holds; returns where it stands, for ``finish``."""
    at = len(buffer)
    buffer += HEAD.pack(0, kind, ended)
    return at


def finish(buffer: bytearray, at: int) -> int:
    """Note the length of a frame whose content is complete; returns how many octets it takes in all."""
    size = len(buffer) - at
    _LENGTH.pack_into(buffer, at, size - _LENGTH.size)
    return size


def content_of(found: Frame) -> Any:
    """What a frame holds, of the type that belongs to its kind; not for ``EXCHANGE``.

    :raises msgspec.MsgspecError: it holds something else.
    :raises KeyError: there is no such kind.
    """
    return _decoders[FrameKind(found.kind)].decode(found.content)


class Splitter:
    """Takes frames out of a stream of octets."""

    def __init__(self, most: int) -> None:
        """:param most: octets that a frame may have."""
        self._most = most
        self._rest = bytearray()

    def split(self, data: bytes | memoryview) -> Iterator[Frame]:
        """The frames that are complete with ``data``.

        :raises BrokenError: there is one that is too long or too short to be one.
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
