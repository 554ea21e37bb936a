"""Generate traffic: tame, like that of known clients, and hostile, with new values everywhere."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from benchmarks.samples import order
from wirelint.core.body import EMPTY, Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type

_JSON: Final = media_type("application/json")
_EVERY_SECONDS: Final = 0.001
_TOOK_SECONDS: Final = 0.02
_EPOCH: Final = 1_790_000_000.0
_CLIENTS: Final = 97
_RESOURCES: Final = 499

_Answer = tuple[str, int, bytes, Sequence[tuple[str, str]]]
"""Method, status, content, further fields."""

_PROBLEM: Final = b'{"type": "about:blank", "title": "Not found", "status": 404}'
_ANSWERS: Final[Sequence[_Answer]] = (
    ("GET", 200, order(1024), (("ETag", '"5f2b-62a1"'),)),
    ("GET", 200, order(1024), ()),
    ("POST", 201, b'{"id": 4711}', (("Location", "/orders/4711"),)),
    ("GET", 404, _PROBLEM, ()),
    ("GET", 200, b'{"success": false, "error": {"code": 401, "message": "wrong password"}}', ()),
    ("PUT", 204, b"", ()),
    ("GET", 401, b'{"error": "token expired"}', (("WWW-Authenticate", "Bearer"),)),
    ("GET", 429, b'{"error": "rate limit exceeded"}', (("Retry-After", "30"),)),
    ("DELETE", 204, b"", ()),
    ("GET", 500, b'{"error": "upstream request timeout"}', ()),
)
"""Four in ten have something to find or to remember."""


def tame(services: int) -> Iterator[Exchange]:
    """Yield a thousand requests a second of a hundred clients to this many services, forever."""
    for number in itertools.count():
        client = number % _CLIENTS
        yield _exchange(
            number,
            service=f"service-{number % services}",
            path=f"/orders/{number % _RESOURCES}",
            client=f"10.0.0.{client}",
            token=f"token-of-client-{client}",
        )


def hostile() -> Iterator[Exchange]:
    """Yield tame exchanges, and after each a hostile one with a new host, path, client, token and trace."""
    known = tame(services=20)
    for number in itertools.count():
        if number % 2:
            yield next(known)
        else:
            mark = hashlib.blake2b(number.to_bytes(8), digest_size=16).hexdigest()
            yield _exchange(
                number,
                service=f"{mark[:12]}.example.test",
                path=f"/{mark[:5]}/{mark[5:9]}x/{mark[9:]}?page={number}",
                client=f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
                token=mark,
                trace=mark,
            )


def _exchange(number: int, *, service: str, path: str, client: str, token: str, trace: str = "") -> Exchange:  # noqa: PLR0913 - all that can differ, by name
    # The last part prevents a fixed relation of answers to clients and resources.
    method, status, content, fields = _ANSWERS[(number // 2 + number // 20) % len(_ANSWERS)]
    ended = number * _EVERY_SECONDS
    asked = [("Host", service), ("Accept", "application/json"), ("Authorization", f"Bearer {token}")]
    if trace:
        asked.append(("traceparent", f"00-{trace}-{trace[:16]}-01"))
    described = (("Content-Type", "application/json"), ("Content-Length", str(len(content)))) if content else ()
    return Exchange(
        request=Request(method=method, target=path, authority=service, headers=Headers.of(*asked)),
        response=Response(
            status=status,
            headers=Headers.of(("Date", "Sat, 21 Nov 2026 03:00:00 GMT"), *fields, *described),
            body=Body(content, media=_JSON) if content else EMPTY,
        ),
        service=service,
        id=str(number),
        client=client,
        started=ended - _TOOK_SECONDS,
        ended=ended,
        timestamp=_EPOCH + ended,
    )
