"""Write exchanges as HAR 1.2: kept ones as the page shows them, or whole ones.

HAR lacks a place for some of what wirelint knows: the name of the service, who sent the request, whether content is
whole. A whole exchange has these in the member ``_wirelint``, which ``wirelint.sources.har_own`` reads again.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from wirelint import __version__
from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, FailureKind
from wirelint.core.headers import Headers
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
_NO_HOST: Final = "unknown.invalid"
_LOG: Final = {"version": "1.2", "creator": {"name": "wirelint", "version": __version__}}
_plain_host: Final = re.compile(r"(?:\[[0-9a-f:.]{2,64}\]|[A-Za-z0-9._-]{1,253})(?::\d{1,5})?", re.IGNORECASE)
_plain_target: Final = re.compile(r"/[!-\"$-~]*")

HEAD: Final = b'{"log":' + msgspec.json.encode(_LOG)[:-1] + b',"entries":[\n'
"""The beginning of a document whose entries follow, separated by commas."""

TAIL: Final = b"\n]}}\n"
"""The end of such a document."""


def document(kept: Iterable[Kept]) -> dict[str, Any]:
    """Return a HAR document. Exchanges whose messages were not kept are left out.

    :param kept: exchanges in order.
    """
    return {"log": _LOG | {"entries": [_of_kept(each, each.request) for each in kept if each.request is not None]}}


def entry(exchange: Exchange) -> dict[str, Any]:
    """Return the entry of a whole exchange, with all of its values."""
    request, response = exchange.request, exchange.response
    host = request.authority if _plain_host.fullmatch(request.authority) else _NO_HOST
    path = request.target if _plain_target.fullmatch(request.target) else "/"
    asked = _request(request.method, f"{request.scheme}://{host}{path}", request.http_version, list(request.headers))
    own: dict[str, Any] = {
        "service": exchange.service,
        "direction": str(exchange.direction),
        "client": exchange.client,
        "authority": request.authority,
        "target": request.target,
        "request": _own_body(request.body),
    }
    asked["bodySize"] = _UNKNOWN if request.body.size is None else request.body.size
    if (content := _content(request.body, request.headers)) is not None:
        asked["postData"] = content
    if response is None:
        answered = _no_response("no response")
    else:
        answered = _response(response.status, response.reason, response.http_version, list(response.headers))
        answered["content"] |= _content(response.body, response.headers) or {}
        own["response"] = _own_body(response.body)
        own["trailers"] = None if response.trailers is None else [list(field) for field in response.trailers]
    if (failure := exchange.failure) is not None:
        answered["_error"] = _FAILURES[failure.kind]
        own["failure"] = list(failure)
    made = _entry(exchange.timestamp, exchange.duration, asked, answered)
    if exchange.timestamp is not None:  # to the microsecond: what came first must stay first
        made["startedDateTime"] = datetime.fromtimestamp(exchange.timestamp, UTC).isoformat()
    if exchange.first_byte is not None and exchange.duration is not None:
        wait = 1000 * max(0.0, exchange.first_byte - exchange.started)
        made["timings"] = {"send": 0, "wait": wait, "receive": max(0.0, 1000 * exchange.duration - wait)}
    return made | {"_wirelint": own}


def _of_kept(kept: Kept, request: Message) -> dict[str, Any]:
    method, _, rest = request.line.partition(" ")
    target, _, version = rest.rpartition(" ")
    url = f"{kept.scheme}://{kept.authority}{target}" if target.startswith("/") else target
    asked = _request(method, url, version, request.fields)
    asked["bodySize"] = _UNKNOWN if request.size is None else request.size
    if request.body:
        asked["postData"] = {"mimeType": _type(request.fields), "text": request.body, "comment": request.note}
    if (response := kept.response) is None:
        answered = _no_response(kept.outcome if kept.failure is None else _FAILURES[kept.failure])
    else:
        version, _, rest = response.line.partition(" ")
        status, _, reason = rest.partition(" ")
        answered = _response(int(status), reason, version, response.fields)
        answered["content"] |= {"size": response.size or 0, "text": response.body, "comment": response.note}
    made = _entry(kept.time, kept.duration, asked, answered)
    if kept.rules:
        made["comment"] = f"wirelint: {', '.join(kept.rules)}"
    return made


def _entry(
    at: float | None, duration: float | None, request: dict[str, Any], response: dict[str, Any]
) -> dict[str, Any]:
    took = 0.0 if duration is None else round(1000 * duration, 3)
    return {
        "startedDateTime": time_text(at),
        "time": took,
        "request": request,
        "response": response,
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
    }


Fields = Iterable[tuple[str, str]]


def _request(method: str, url: str, version: str, fields: Fields) -> dict[str, Any]:
    query = parse_qsl(url.partition("?")[2], keep_blank_values=True)
    return {
        "method": method,
        "url": url,
        "httpVersion": version,
        "cookies": [],
        "headers": _headers(fields),
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": _UNKNOWN,
    }


def _response(status: int, reason: str, version: str, fields: Fields) -> dict[str, Any]:
    return {
        "status": status,
        "statusText": reason,
        "httpVersion": version,
        "cookies": [],
        "headers": _headers(fields),
        "content": {"size": 0, "mimeType": _type(fields)},
        "redirectURL": _field(fields, "location"),
        "headersSize": _UNKNOWN,
        "bodySize": _UNKNOWN,
    }


def _no_response(why: str) -> dict[str, Any]:
    return _response(0, "", "HTTP/1.1", ()) | {"_error": why}


def _content(body: Body, headers: Headers) -> dict[str, Any] | None:
    """Return content without its coding, as text if that keeps each octet; None if there is none to show."""
    octets = body.content
    if octets is None:
        octets = body.raw  # in a coding that cannot be read
    if not octets:
        return None
    stored: dict[str, Any] = {"size": len(octets), "mimeType": headers.get("content-type") or _NO_TYPE}
    if (body.media.charset or "utf-8").lower() in ("utf-8", "us-ascii", "ascii"):
        try:
            return stored | {"text": octets.decode()}
        except UnicodeDecodeError:
            pass
    return stored | {"text": base64.b64encode(octets).decode(), "encoding": "base64"}


def _own_body(body: Body) -> dict[str, Any]:
    """Return what HAR cannot say of content."""
    undecodable = body.content is None and bool(body.raw)
    return {
        "unknown": None if undecodable else body.unavailable,
        "complete": body.complete or undecodable,
        "size": body.size,
        "coded": undecodable,
    }


def _headers(fields: Fields) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in fields]


def _type(fields: Fields) -> str:
    return _field(fields, "content-type") or _NO_TYPE


def _field(fields: Fields, wanted: str) -> str:
    return next((value for name, value in fields if name.lower() == wanted), "")
