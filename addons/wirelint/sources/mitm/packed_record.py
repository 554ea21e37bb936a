"""Pack a finished record for the process that audits it, and unpack it there.

Nothing is decoded or computed here, so that it costs the traffic only some microseconds.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from wirelint.core.exchange import Direction, Failure
from wirelint.sources.heads import Fields
from wirelint.sources.mitm.record import Octets, Record

_encoder: Final = msgspec.msgpack.Encoder()


class PackedBody(msgspec.Struct, array_like=True, frozen=True):
    """The packed form of ``Octets``."""

    raw: bytes | None
    size: int | None
    complete: bool


class PackedRecord(msgspec.Struct, array_like=True, frozen=True):
    """The attributes of a finished ``Record`` that make an exchange, under the same names."""

    id: str
    client: str
    service: str
    direction: Direction
    method: bytes
    path: bytes
    scheme: bytes
    authority: bytes
    request_version: bytes
    request_fields: Fields
    request_body: PackedBody | None
    started: float
    answered: bool
    status: int
    reason: bytes
    response_version: bytes
    response_fields: Fields
    response_body: PackedBody | None
    trailers: Fields | None
    first_byte: float | None
    ended: float | None
    failure: Failure | None


_decoder: Final = msgspec.msgpack.Decoder(PackedRecord)


def pack(record: Record, buffer: bytearray) -> None:
    """Append a finished record to ``buffer``; if that fails, the buffer does not change."""
    begun = len(buffer)
    try:
        _encoder.encode_into(_values(record, record.service), buffer, -1)
    except UnicodeEncodeError:
        # The name of a called host may contain octets that are not text.
        del buffer[begun:]
        _encoder.encode_into(_values(record, record.service.encode("utf-8", "replace").decode()), buffer, -1)


def unpack(packed: bytes | memoryview) -> PackedRecord:
    """Return the packed record.

    :raises msgspec.MsgspecError: it is not one.
    """
    return _decoder.decode(packed)


def _values(record: Record, service: str) -> tuple[Any, ...]:
    return (
        record.id,
        record.client,
        service,
        record.direction,
        record.method,
        record.path,
        record.scheme,
        record.authority,
        record.request_version,
        record.request_fields,
        _content(record.request_body),
        record.started,
        record.answered,
        record.status,
        record.reason,
        record.response_version,
        record.response_fields,
        _content(record.response_body),
        record.trailers,
        record.first_byte,
        record.ended,
        record.failure,
    )


def _content(octets: Octets | None) -> tuple[bytes | None, int | None, bool] | None:
    return None if octets is None else (octets.raw, octets.size, octets.complete)
