"""Prove faults of a request from the request alone."""

from __future__ import annotations

import re
from typing import Final

from wirelint.core.exchange import Exchange
from wirelint.core.media import Kind
from wirelint.core.once import once

_bad_escape: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_interface: Final = re.compile(r"//api[.-]|/api/|/v\d{1,2}/|/rest/|\.json$", re.IGNORECASE)
_EMPTY_IDS: Final = frozenset(
    {"undefined", "null", "nan", "[object object]", "%5bobject%20object%5d", "[object%20object]", "%7bid%7d"}
)
_redacted: Final = re.compile(
    r"\[?(?:redacted|filtered|hidden|dummy|removed|masked)\]?|<[^<>]{1,40}>|\*{3,}|x{4,}", re.IGNORECASE
)


@once
def malformation(exchange: Exchange) -> str | None:
    """Return the malformed part of a request, as a phrase; None if nothing can be proven."""
    request = exchange.request
    if _bad_escape.search(request.target[:8192]):
        return "a broken percent-escape in the target"
    for segment in request.path[:2048].split("/"):
        if segment.lower() in _EMPTY_IDS:
            return f"«{segment}» in place of an id in the path"
    return _content(exchange)


def is_unparseable(exchange: Exchange) -> bool:
    """Return whether the request's content provably does not match its media type."""
    return _content(exchange) is not None


def _content(exchange: Exchange) -> str | None:
    request = exchange.request
    body = request.body
    if request.headers.media_type.kind is not Kind.JSON or body.unavailable is not None or not body.is_broken_json:
        return None
    text = (body.text or "").strip()
    # Content that a recorder blanked was not sent like that; JSON lines are a separate format.
    if _redacted.fullmatch(text) or "\n{" in text or "}\r\n" in text:
        return None
    return "content sent as JSON is not JSON"


def is_call_for_data(exchange: Exchange) -> bool:
    """Return whether a program sent the request, or its path names an interface."""
    request = exchange.request
    accept = (request.headers.get("accept") or "*/*").lower()
    return not is_subresource(exchange) and (
        wants_json(exchange)
        or is_api_call(exchange)
        or ("html" not in accept and _interface.search(f"//{request.authority}{request.path[:256]}") is not None)
    )


def wants_json(exchange: Exchange) -> bool:
    """Return whether the client accepts JSON and no page."""
    accept = (exchange.request.headers.get("accept") or "").lower()
    return "json" in accept and "html" not in accept and "*/*" not in accept


def is_subresource(exchange: Exchange) -> bool:
    """Return whether a browser loads it for a page: a picture, a script, a font. Calls of scripts have «empty»."""
    return (exchange.request.headers.get("sec-fetch-dest") or "empty") != "empty"


def is_api_call(exchange: Exchange) -> bool:
    """Return whether a program sent the request: it asked for data, sent data, or came from a script in a page."""
    request = exchange.request
    if request.headers.get("sec-fetch-mode") == "navigate" or is_subresource(exchange):
        return False
    accept = (request.headers.get("accept") or "").lower().replace("image/svg+xml", "image/svg")
    if "text/html" in accept:
        return False
    if "json" in accept or "xml" in accept or request.headers.get("x-requested-with") == "XMLHttpRequest":
        return True
    return request.headers.media_type.kind in (Kind.JSON, Kind.XML) or request.headers.get("sec-fetch-mode") == "cors"
