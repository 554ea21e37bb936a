"""What a peer sends in great number costs time in proportion, and no cache keeps it.

A unit is repeated in one place until the head or body has its largest size. Quadratic work would take sixteen times as
long for four times as much.
"""

from __future__ import annotations

import functools
import gc
import importlib
import itertools
import json
import pkgutil
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wirelint import core, evidence, history, rules
from wirelint.core.body import Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Direction, Exchange, Request, Response
from wirelint.core.finding import Confidence
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.rules import catalogue
from wirelint.sources.heads import LINES_LIMIT, NAME_LIMIT, OCTETS_LIMIT

_HEAD: Final = OCTETS_LIMIT - 2048
_LINES: Final = LINES_LIMIT - 100
_BODY: Final = 64 * 1024
_REQUEST_FIELDS: Final = (
    "Cookie",
    "Authorization",
    "Accept",
    "Via",
    "Forwarded",
    "X-Forwarded-For",
    "traceparent",
    "Prefer",
)
_RESPONSE_FIELDS: Final = (
    "Set-Cookie",
    "WWW-Authenticate",
    "Link",
    "Via",
    "Allow",
    "Vary",
    "Retry-After",
    "Cache-Control",
    "Location",
)
_TYPES: Final = (
    "application/json",
    "application/problem+json",
    "text/html",
    "text/plain",
    "text/xml",
    "text/event-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
)
_STATUSES: Final = (200, 400, 401, 404, 503)
_numbers: Final = itertools.count()


def exchange(
    *,
    target: str = "/orders",
    asked: tuple[tuple[str, str], ...] = (),
    told: tuple[tuple[str, str], ...] = (),
    request: bytes = b"",
    response: bytes = b'{"success": false, "error": "x"}',
    media: str = "application/json",
    status: int = 400,
) -> Exchange:
    number = next(_numbers)
    fields = Headers.of(("Host", "a"), ("Content-Type", media), *asked)
    return Exchange(
        request=Request(
            method="POST" if request else "GET",
            target=target,
            scheme="http",
            authority="a",
            http_version="HTTP/1.1",
            headers=fields,
            body=Body(request, media=media_type(media)),
        ),
        response=Response(
            status=status,
            reason="",
            http_version="HTTP/1.1",
            headers=Headers.of(("Content-Type", media), *told),
            body=Body(response, media=media_type(media)),
            trailers=None,
        ),
        service="a",
        direction=Direction.INBOUND,
        id=str(number),
        client="c",
        started=1000.0 + number,
        ended=1000.1 + number,
        timestamp=1000.0 + number,
    )


Make = Callable[[str, int], Exchange]
"""Makes an exchange that holds a unit again and again, given the unit and how many quarters of the largest size."""


def repeated(unit: str, size: int) -> str:
    """Return a unit again and again, numbered where it says so, up to a size."""
    if "%d" in unit:
        count = size // (len(unit) + 2)
        return "".join(unit.replace("%d", str(number)) for number in range(count))
    return unit * (size // len(unit))


def places() -> Iterator[tuple[str, Make]]:
    """Yield each place that can hold much, by a name."""
    yield "query", lambda unit, part: exchange(target="/a?" + repeated(unit, _HEAD * part // 4))
    yield "path", lambda unit, part: exchange(target="/" + repeated(unit, _HEAD * part // 4))
    yield "names", names
    for name in _REQUEST_FIELDS:
        yield f"{name} value", functools.partial(asked_value, name)
        yield f"{name} lines", functools.partial(asked_lines, name)
    for name in _RESPONSE_FIELDS:
        yield f"{name} value", functools.partial(told_value, name)
        yield f"{name} lines", functools.partial(told_lines, name)
    for media in _TYPES:
        yield f"{media} request", functools.partial(request_body, media)
        for status in _STATUSES:
            yield f"{media} {status}", functools.partial(response_body, media, status)


def names(unit: str, part: int) -> Exchange:
    count = _LINES * part // 4
    asked = tuple((f"x-{number}-token", unit) for number in range(count))
    return exchange(asked=asked, told=tuple((f"x-{number}-id", unit) for number in range(count)))


def asked_value(name: str, unit: str, part: int) -> Exchange:
    return exchange(asked=((name, repeated(unit, _HEAD * part // 4)),))


def asked_lines(name: str, unit: str, part: int) -> Exchange:
    return exchange(asked=lines(name, unit, part))


def told_value(name: str, unit: str, part: int) -> Exchange:
    return exchange(told=((name, repeated(unit, _HEAD * part // 4)),), status=401)


def told_lines(name: str, unit: str, part: int) -> Exchange:
    return exchange(told=lines(name, unit, part), status=401)


def request_body(media: str, unit: str, part: int) -> Exchange:
    return exchange(request=repeated(unit, _BODY * part // 4).encode(), media=media)


def response_body(media: str, status: int, unit: str, part: int) -> Exchange:
    return exchange(response=repeated(unit, _BODY * part // 4).encode(), media=media, status=status)


def lines(name: str, unit: str, part: int) -> tuple[tuple[str, str], ...]:
    return tuple((name, unit.replace("%d", str(number))[:60]) for number in range(_LINES * part // 4))


PLACES: Final = dict(places())
_UNITS: Final = (
    "a%d=b; ",
    "a%d=b&",
    'Basic realm="a%d", ',
    '<a>; rel="b%d", ',
    '"a%d":{"error":"b"},',
    "error invalid token ",
)


def seconds(make: Make, unit: str, part: int) -> float:
    """Return the time that the audit of an exchange takes, at best."""
    taken = []
    for _ in range(3):
        engine = Engine(catalogue(), least=Confidence.WEAK)
        one = make(unit, part)
        begun = time.process_time()
        audit = engine.audit(one)
        taken.append(time.process_time() - begun)
        assert not audit.faults
    return min(taken)


def is_linear(make: Make, unit: str) -> bool:
    """Return whether four times as much takes well below sixteen times as long; a busy machine gets a second try."""
    return any(seconds(make, unit, 4) < 9 * seconds(make, unit, 1) + 0.004 for _ in range(3))


@pytest.mark.parametrize("place", PLACES)
def test_usual_units(place: str) -> None:
    for unit in _UNITS:
        assert is_linear(PLACES[place], unit), unit


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(PLACES)), st.text("ab1 \t,;:=&?/\\\"'<>(){}[]%@.-_é", min_size=1, max_size=6))
def test_any_unit(place: str, unit: str) -> None:
    assert is_linear(PLACES[place], unit)


def caches() -> Iterator[tuple[str, Any]]:
    """Yield each cached function of the package, by its name."""
    for package in (core, evidence, history, rules):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, functools._lru_cache_wrapper) and value.__module__ == module.name:
                    yield f"{module.name}.{name}", value


def longest(value: Any) -> int:
    """Return how many characters all texts in a key have together."""
    if isinstance(value, str | bytes):
        return len(value)
    return sum(map(longest, value)) if isinstance(value, tuple | list) else 0


def test_caches_keep_nothing_long() -> None:
    """A cache of thousands of entries with 128 KiB each is hundreds of megabytes, for one client that wants it so."""
    found = dict(caches())
    assert len(found) > 8
    for cached in found.values():
        cached.cache_clear()
    engine = Engine(catalogue(), least=Confidence.WEAK)
    long = "error: token is invalid " * 5000
    for make in PLACES.values():
        for unit in (*_UNITS, "a"):
            engine.audit(make(unit, 4))
    for status in _STATUSES:
        for text in (
            f'{{"success":false,"status":"failed","message":"{long[:60000]}","code":"{"A_" * 30000}"}}',
            long[:60000],
        ):
            engine.audit(exchange(response=text.encode(), status=status))
        told = {"error": {"code": 401, "message": long[:60000]}, "code": "A_" * 30000}
        engine.audit(exchange(response=json.dumps(told).encode(), status=status))
        many = tuple((f"x-{number:02}-{'n' * (NAME_LIMIT - 5)}", "v") for number in range(100))
        engine.audit(exchange(asked=many, told=many, status=status))
    kept = {
        name: max(
            (longest(key) for part in gc.get_referents(cached) if isinstance(part, dict) for key in part), default=0
        )
        for name, cached in found.items()
    }
    assert any(kept.values()), "the keys can be looked at"
    assert {name: size for name, size in kept.items() if size > 16 * 1024} == {}
