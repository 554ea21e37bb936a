"""Read what k6 writes with ``--out json``: a line a measurement, of which ``http_req_duration`` has one per exchange.

There are neither fields nor bodies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, Final

import msgspec

from wirelint.core.body import EMPTY, Body
from wirelint.core.exchange import Direction, Exchange, Failure, FailureKind, Request, Response
from wirelint.core.origin import Origin
from wirelint.sources import FileContent, Recording, Skipped, Source
from wirelint.sources.parts import (
    BODILESS,
    UnfitError,
    is_method,
    moment,
    object_of,
    status_of,
    text_of,
    url_parts,
)

_LONGEST_LINE: Final = 1024 * 1024
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
    return Recording(file.name, _exchanges(file))


SOURCE: Final = Source(name="k6 measurements", recognises=looks_like_k6, read=_read)


def _exchanges(file: FileContent) -> Iterator[Exchange | Skipped]:
    with closing(file.open()) as lines:
        index = 0
        while line := lines.readline(_LONGEST_LINE):
            if _METRIC in line and b'"Point"' in line:
                try:
                    yield _exchange(line, Origin(file.name, index))
                except UnfitError as error:
                    yield Skipped(index, str(error))
                except Exception as error:  # noqa: BLE001 - one line must not hide the others
                    yield Skipped(index, f"broken line ({type(error).__name__})")
            index += 1


def _exchange(line: bytes, origin: Origin) -> Exchange:
    data = object_of(object_of(msgspec.json.decode(line), "the line").get("data"), "its data")
    tags = object_of(data.get("tags"), "its tags")
    method = text_of(tags.get("method"))
    if not is_method(method):
        raise UnfitError("not an exchange: it has no method")
    scheme, host, target = url_parts(tags.get("url", tags.get("name")))
    took = data.get("value")
    took = took / 1000 if isinstance(took, int | float) and 0 <= took < 1e12 else 0.0
    ended = moment(data.get("time")) or 0.0
    failure = _failure(tags)
    unknown = Body.unknown("not_captured")
    return Exchange(
        request=Request(
            method=method, target=target, scheme=scheme, authority=host, body=EMPTY if method in BODILESS else unknown
        ),
        response=Response(status=status_of(tags.get("status")), body=unknown) if failure is None else None,
        failure=failure,
        service=host,
        direction=Direction.OUTBOUND,
        id=f"{origin.file}#{origin.index}",
        client=text_of(tags.get("scenario")),
        started=ended - took,
        ended=ended,
        timestamp=ended - took,
        origin=origin,
        fields_known=False,
        credentials_hidden=True,
    )


def _failure(tags: Mapping[str, Any]) -> Failure | None:
    if text_of(tags.get("status")) not in ("", "0"):
        return None
    code = text_of(tags.get("error_code"))
    kind = _CODES.get(int(code), FailureKind.CONNECT) if code.isascii() and code.isdigit() else FailureKind.CONNECT
    return Failure(kind, _MESSAGES.get(kind, "cannot connect"))
