"""The kinds of exchanges for measuring the engine; each can be made any number of times, with differences."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Callable
from typing import Final, NamedTuple

from msgspec.structs import replace

from benchmarks.recorded import renewed
from wirelint.core.body import EMPTY, Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type

_EVERY_SECONDS: Final = 0.001
_RESOURCES: Final = 500

_ASKED: Final = (
    ("Host", "api.example.test"),
    ("User-Agent", "python-requests/2.32.3"),
    ("Accept", "application/json"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Connection", "keep-alive"),
    ("Authorization", "Bearer demo-token-of-a-benchmark"),
)
_ANSWERED: Final = (
    ("Date", "Sat, 21 Nov 2026 03:00:00 GMT"),
    ("Server", "nginx"),
    ("Cache-Control", "no-store"),
    ("ETag", '"5f2b-62a1"'),
    ("Vary", "Accept"),
)
_GZIP: Final = ("Content-Encoding", "gzip")


class Sample(NamedTuple):
    """A kind of exchange; ``make`` returns a new one each time."""

    name: str
    make: Callable[[], Exchange]


def order(size: int) -> bytes:
    """Return the JSON of a correct order, about ``size`` bytes long."""
    document: dict[str, object] = {
        "id": 4711,
        "state": "shipped",
        "customer": {"id": 42, "name": "Ada Example", "city": "Turin"},
        "currency": "EUR",
        "total": "149.90",
        "created": "2026-11-20T18:22:07Z",
        "tags": ["gift", "express"],
    }
    items: list[object] = []
    document["items"] = items
    while len(json.dumps(document)) < size:
        items.append({"sku": f"A-{1000 + len(items)}", "title": "Ceramic mug, blue", "quantity": 2, "price": "14.99"})
    return json.dumps(document).encode()


def _repeated(sample: Sample) -> Sample:
    """Yield the first of these again and again, without a trace: new objects with nothing new in them."""
    first = sample.make()
    untraced = Headers(field for field in first.request.headers.fields if field[0] != b"traceparent")
    first = replace(first, request=replace(first.request, headers=untraced))
    return Sample(f"{sample.name}, the same again", lambda: renewed(first))


def _unseen(sample: Sample) -> Sample:
    """Yield the same kind, each with its own resource."""
    numbers = itertools.count(1)

    def make() -> Exchange:
        exchange = sample.make()
        request = replace(exchange.request, target=f"/orders/unseen/{next(numbers)}")
        return replace(exchange, request=request)

    return Sample(f"{sample.name}, never seen before", make)


def _sample(name: str, status: int, content: bytes, kind: str = "application/json", *fields: tuple[str, str]) -> Sample:
    described = (("Content-Type", kind), ("Content-Length", str(len(content)))) if content else ()
    answered = (*_ANSWERED, *fields, *described)
    media = media_type(kind)
    coding = dict(fields).get("Content-Encoding", "")
    numbers = itertools.count(1)

    def make() -> Exchange:
        number = next(numbers)
        body = Body(content, coding=coding, media=media) if content else EMPTY
        traced = ("traceparent", f"00-{number:032x}-00f067aa0ba902b7-01")
        named = ("X-Request-Id", f"8f14e45f-ceea-467f-a0e6-{number:012x}")
        ended = number * _EVERY_SECONDS
        return Exchange(
            request=Request(
                method="GET",
                target=f"/orders/{number % _RESOURCES}?page=2",
                authority="api.example.test",
                headers=Headers.of(*_ASKED, traced),
            ),
            response=Response(status=status, headers=Headers.of(*answered, named), body=body),
            service="orders",
            id=str(number),
            client="10.0.0.1",
            started=ended - 0.05,
            ended=ended,
            timestamp=ended,
        )

    return Sample(name, make)


def samples() -> tuple[Sample, ...]:
    """Return the measured kinds."""
    failed = b'{"success": false, "error": {"code": "NOT_FOUND", "message": "order 4711 does not exist"}}'
    denied = b'{"code": 401, "message": "token expired"}'
    page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1>nginx</body></html>"
    clean = _sample("200, 1 KiB JSON, clean", 200, order(1024))
    return (
        _repeated(clean),
        clean,
        _unseen(clean),
        _sample("200, 1 KiB JSON, clean, gzip", 200, gzip.compress(order(1024)), "application/json", _GZIP),
        _sample("200, 64 KiB JSON, clean", 200, order(65000)),
        _sample("204, clean", 204, b""),
        _sample("404, JSON, clean", 404, b'{"detail": "order 4711 does not exist"}'),
        _sample("200, error in the body", 200, failed),
        _sample("200, gateway's error page", 200, page, "text/html"),
        _sample("401 without a challenge", 401, denied),
    )
