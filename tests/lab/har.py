"""HAR documents for tests, and what is read from them."""

from __future__ import annotations

import json
from typing import Any

from wirelint.core.exchange import Exchange
from wirelint.sources import Skipped, har

JSON_FIELDS = (("Content-Type", "application/json"),)


def fields(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    """Header fields as HAR has them."""
    return [{"name": name, "value": value} for name, value in pairs]


def entry(
    status: int = 200,
    text: str | None = "{}",
    *,
    url: str = "https://api.example/v1/me",
    method: str = "GET",
    headers: tuple[tuple[str, str], ...] = JSON_FIELDS,
    request: dict[str, Any] | None = None,
    response: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return one exchange; ``request``, ``response`` and ``more`` override its parts."""
    content: dict[str, Any] = {"size": len(text or ""), "mimeType": "application/json"}
    if text is not None:
        content["text"] = text
    return {
        "startedDateTime": "2026-01-02T03:04:05.678Z",
        "time": 120,
        "request": {
            "method": method,
            "url": url,
            "httpVersion": "HTTP/1.1",
            "headers": fields(("Host", "api.example"), ("Accept", "application/json")),
            "bodySize": 0,
        }
        | (request or {}),
        "response": {
            "status": status,
            "statusText": "OK" if status == 200 else "",
            "httpVersion": "HTTP/1.1",
            "headers": fields(*headers),
            "content": content,
            "bodySize": -1,
        }
        | (response or {}),
    } | more


def document(*entries: Any) -> bytes:
    """Return a HAR document."""
    log = {"version": "1.2", "creator": {"name": "test", "version": "1"}, "entries": list(entries)}
    return json.dumps({"log": log}).encode()


def read(*entries: Any) -> list[Exchange | Skipped]:
    """Return the exchanges and skips of entries."""
    return parsed(document(*entries))


def parsed(data: bytes) -> list[Exchange | Skipped]:
    """Return the exchanges and skips of a whole document."""
    return list(har.exchanges(har.entries(data, "x.har"), "x.har"))


def one(item: dict[str, Any]) -> Exchange:
    """Return the exchange of an entry; fail the test if it is skipped."""
    (found,) = read(item)
    assert isinstance(found, Exchange), found
    return found


def why(item: Any) -> str:
    """Why an entry is no exchange; fails the test where it is one."""
    (found,) = read(item)
    assert isinstance(found, Skipped), found
    return found.why


def body_of(**content: Any) -> Any:
    """Return the body of a response with this content."""
    exchange = one(entry(response={"content": content}))
    assert exchange.response is not None
    return exchange.response.body
