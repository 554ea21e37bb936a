"""Decode content codings within bounds (RFC 9110 §8.4): gzip, deflate, br, zstd.

Works on prefixes: the decodable part of a truncated stream is returned. A bomb costs at most ``limit`` bytes of output.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import Any, Final

_WINDOW_LIMIT: Final = 8 * 1024 * 1024  # RFC 8878 §3.1.1.1.2 asks decoders to support at least this much
_MOST_CODINGS: Final = 3


class UndecodableError(Exception):
    """The content does not match its coding, or the coding is unknown."""


def decode(data: bytes, coding: str, limit: int) -> tuple[bytes, bool]:
    """Undo the codings named in a Content-Encoding value.

    :param data: the coded octets or a prefix of them.
    :param coding: the field value; several codings are undone last first.
    :param limit: most bytes to return.
    :returns: the decoded octets, and whether they are the whole of ``data``.
    :raises UndecodableError: for an unknown coding or invalid octets.
    """
    names = [name for part in coding.lower().split(",") if (name := part.strip()) and name != "identity"]
    if len(names) > _MOST_CODINGS:
        raise UndecodableError(coding)
    whole = True
    for name in reversed(names):
        decoder = _DECODERS.get(name)
        if decoder is None:
            raise UndecodableError(name)
        data, finished = decoder(data, limit)
        whole = whole and finished
    return data, whole


def _inflate(data: bytes, limit: int) -> tuple[bytes, bool]:
    try:
        return _members(data, limit, 47)
    except zlib.error:
        try:
            return _members(data, limit, -15)  # some servers send "deflate" without a zlib wrapper
        except zlib.error as error:
            raise UndecodableError("deflate") from error


def _members(data: bytes, limit: int, window: int) -> tuple[bytes, bool]:
    out = bytearray()
    while data and len(out) < limit:
        stream = zlib.decompressobj(window)
        out += stream.decompress(data, limit - len(out))
        if not stream.eof:
            return bytes(out), False
        data = stream.unused_data
        if data[:2] != b"\x1f\x8b":  # trailing padding is not a further member
            return bytes(out), True
    return bytes(out), not data


def _brotli(data: bytes, limit: int) -> tuple[bytes, bool]:
    try:
        brotli: Any = importlib.import_module("brotli")
        stream = brotli.Decompressor()
        out = bytearray(stream.process(data, output_buffer_limit=limit))
        while len(out) < limit and not stream.is_finished():
            more = stream.process(b"", output_buffer_limit=limit - len(out))
            if not more:
                break
            out += more
    except ImportError as error:
        raise UndecodableError("br") from error
    except Exception as error:  # brotli.error; TypeError from a version whose output cannot be bounded
        raise UndecodableError("br") from error
    return bytes(out[:limit]), stream.is_finished() and len(out) <= limit


def _zstd(data: bytes, limit: int) -> tuple[bytes, bool]:
    for unpack in (_zstd_stdlib, _zstd_package):
        try:
            return unpack(data, limit)
        except ImportError:
            continue
        except Exception as error:  # each binding has its own error class
            raise UndecodableError("zstd") from error
    raise UndecodableError("zstd")


def _zstd_stdlib(data: bytes, limit: int) -> tuple[bytes, bool]:
    try:
        zstd: Any = importlib.import_module("compression.zstd")
    except ImportError:
        zstd = importlib.import_module("backports.zstd")
    options = {zstd.DecompressionParameter.window_log_max: _WINDOW_LIMIT.bit_length() - 1}
    stream = zstd.ZstdDecompressor(options=options)
    out: bytes = stream.decompress(data, max_length=limit)
    return out, bool(stream.eof)


def _zstd_package(data: bytes, limit: int) -> tuple[bytes, bool]:
    zstd: Any = importlib.import_module("zstandard")
    reader = zstd.ZstdDecompressor(max_window_size=_WINDOW_LIMIT).stream_reader(data, read_across_frames=True)
    out: bytes = reader.read(limit + 1)
    # A stream that ends in a frame looks like a complete one; only the frame's own end shows the difference.
    check = zstd.ZstdDecompressor(max_window_size=_WINDOW_LIMIT).decompressobj()
    try:
        if len(out) <= limit:
            check.decompress(data)
            return out, bool(check.eof)
    except zstd.ZstdError:
        pass
    return out[:limit], False


_DECODERS: Final[dict[str, Callable[[bytes, int], tuple[bytes, bool]]]] = {
    "gzip": _inflate,
    "x-gzip": _inflate,
    "deflate": _inflate,
    "br": _brotli,
    "zstd": _zstd,
}
