"""Read what k6 writes with ``--out json``: a line a measurement, of which ``http_req_duration`` has one per exchange.

There are neither fields nor bodies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from wirelint.core.body import EMPTY
from wirelint.core.exchange import Exchange, Failure, FailureKind, Response
from wirelint.core.headers import NO_HEADERS
from wirelint.core.origin import Origin
from wirelint.sources import FileContent, Recording, Source
from wirelint.sources.parts import (
    BODILESS,
    NOT_CAPTURED,
    each_line,
    exchange_of,
    moment,
    object_of,
    request_of,
    status_of,
    text_of,
    without_all_fields,
)

_METRIC: Final = b'"http_req_duration"'
_CODES: Final = {
    1050: FailureKind.TIMEOUT,
    1211: FailureKind.TIMEOUT,
    1212: FailureKind.CONNECT,
    1220: FailureKind.RESET,
}
"""What k6's error codes say, where it is not that no connection was made (documentation of k6, "Error codes")."""

_MESSAGES: Final = {FailureKind.TIMEOUT: "no response in time", FailureKind.RESET: "connection closed"}


def looks_like_k6(head: bytes) -> bool:
    """Return whether a file that begins with these octets is what k6 writes."""
    line = head.partition(b"\n")[0]
    return line[:1] == b"{" and b'"metric"' in line and (b'"type":"Metric"' in line or b'"type":"Point"' in line)


def _read(file: FileContent) -> Recording:
    return Recording(file.name, each_line(file, _exchanges))


SOURCE: Final = Source(name="k6 measurements", recognises=looks_like_k6, read=_read)


def _exchanges(line: bytes, origin: Origin) -> Iterator[Exchange]:
    """Yield the exchange of a line; none if it measures something else."""
    if _METRIC not in line or b'"Point"' not in line:
        return
    data = object_of(object_of(msgspec.json.decode(line), "the line").get("data"), "its data")
    tags = object_of(data.get("tags"), "its tags")
    method = text_of(tags.get("method"))
    body = EMPTY if method in BODILESS else NOT_CAPTURED
    request, host = request_of(method, tags.get("url", tags.get("name")), NO_HEADERS, body)
    took = data.get("value")
    took = took / 1000 if isinstance(took, int | float) and 0 <= took < 1e12 else 0.0
    ended = moment(data.get("time"))
    failure = _failure(tags)
    response = Response(status=status_of(tags.get("status")), body=NOT_CAPTURED) if failure is None else None
    yield without_all_fields(
        exchange_of(
            origin,
            request,
            response,
            host,
            failure=failure,
            at=None if ended is None else ended - took,
            took=took,
            client=text_of(tags.get("scenario")),
        )
    )


def _failure(tags: Mapping[str, Any]) -> Failure | None:
    if text_of(tags.get("status")) not in ("", "0"):
        return None
    code = text_of(tags.get("error_code"))
    kind = _CODES.get(int(code), FailureKind.CONNECT) if code.isascii() and code.isdigit() else FailureKind.CONNECT
    return Failure(kind, _MESSAGES.get(kind, "cannot connect"))
