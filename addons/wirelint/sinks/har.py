"""Write kept exchanges as HAR 1.2: masked, as the page shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qsl

from wirelint import __version__
from wirelint.core.exchange import FailureKind
from wirelint.core.masking import Message
from wirelint.sinks.exchange_log import Kept
from wirelint.sinks.published import time_text

_FAILURES: Final = {
    FailureKind.CONNECT: "cannot connect",
    FailureKind.TLS: "TLS handshake failed",
    FailureKind.TIMEOUT: "timed out",
    FailureKind.RESET: "connection reset",
    FailureKind.PROTOCOL: "protocol error",
    FailureKind.CLIENT_GONE: "closed by the client",
}
"""In words that ``wirelint.sources.har_failure`` reads again."""

_UNKNOWN: Final = -1
_NO_TYPE: Final = "x-unknown"


def document(kept: Iterable[Kept]) -> dict[str, Any]:
    """Return a HAR document. Exchanges whose messages were not kept are left out.

    :param kept: exchanges in order.
    """
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "wirelint", "version": __version__},
            "entries": [_entry(each, each.request) for each in kept if each.request is not None],
        }
    }


def _entry(kept: Kept, request: Message) -> dict[str, Any]:
    took = 0.0 if kept.duration is None else round(1000 * kept.duration, 3)
    response = _response(kept.response)
    if kept.response is None:
        response["_error"] = kept.outcome if kept.failure is None else _FAILURES[kept.failure]
    entry = {
        "startedDateTime": time_text(kept.time),
        "time": took,
        "request": _request(kept, request),
        "response": response,
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
    }
    if kept.rules:
        entry["comment"] = f"wirelint: {', '.join(kept.rules)}"
    return entry


def _request(kept: Kept, request: Message) -> dict[str, Any]:
    method, _, rest = request.line.partition(" ")
    target, _, version = rest.rpartition(" ")
    query = target.partition("?")[2]
    written = {
        "method": method,
        "url": f"{kept.scheme}://{kept.authority}{target}" if target.startswith("/") else target,
        "httpVersion": version,
        "cookies": [],
        "headers": _headers(request),
        "queryString": [{"name": name, "value": value} for name, value in parse_qsl(query, keep_blank_values=True)],
        "headersSize": _UNKNOWN,
        "bodySize": _UNKNOWN if request.size is None else request.size,
    }
    if request.body:
        written["postData"] = {"mimeType": _type(request), "text": request.body, "comment": request.note}
    return written


def _response(response: Message | None) -> dict[str, Any]:
    if response is None:
        response = Message("HTTP/1.1 0", ())
    version, _, rest = response.line.partition(" ")
    status, _, reason = rest.partition(" ")
    return {
        "status": int(status),
        "statusText": reason,
        "httpVersion": version,
        "cookies": [],
        "headers": _headers(response),
        "content": {
            "size": response.size or 0,
            "mimeType": _type(response),
            "text": response.body,
            "comment": response.note,
        },
        "redirectURL": _field(response, "location"),
        "headersSize": _UNKNOWN,
        "bodySize": _UNKNOWN,
    }


def _headers(message: Message) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in message.fields]


def _type(message: Message) -> str:
    return _field(message, "content-type") or _NO_TYPE


def _field(message: Message, wanted: str) -> str:
    return next((value for name, value in message.fields if name.lower() == wanted), "")
