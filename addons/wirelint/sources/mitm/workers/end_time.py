"""Compute when an exchange ended for its client, which may send its next request to another worker at once."""

from __future__ import annotations

from typing import Final

from wirelint.sources.mitm.record import Record

_UNFRAMED: Final = (b"HTTP/1.1", b"HTTP/1.0")
"""Versions in which a length, not a frame, marks the end of a message."""


def end_for_client(record: Record) -> float | None:
    """Return when the client may have had the whole response, in Unix seconds; else when the exchange ended.

    If the length of a response is known, mitmproxy records its end only after sending the last octet. If the process is
    suspended in between, the exchange would seem to end after the client's next request to another worker.
    """
    ended = record.ended
    if ended is None or record.failure is not None or record.request_version not in _UNFRAMED:
        return ended
    names = {name.lower() for name, _ in record.response_fields}
    if b"transfer-encoding" in names:
        return ended
    tee, body = record.response_tee, record.response_body
    if tee is not None and tee.size:
        return min(tee.at, ended) if b"content-length" in names else ended
    empty = body is not None and body.complete and not body.raw
    return min(record.first_byte, ended) if empty and record.first_byte is not None else ended
