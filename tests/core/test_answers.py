"""Facts of an answer are found out once for all that say the same, and depend on nothing else."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import wirelint
from wirelint.core import answers
from wirelint.core.answers import PASSING, once_per_answer
from wirelint.core.body import Body
from wirelint.core.condition import condition
from wirelint.core.exchange import Exchange, Failure, FailureKind, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.knowledge import Knowledge, attach
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue

ROOT = Path(wirelint.__file__).parent
_decorated = re.compile(r"@once_per_answer\ndef (\w+)\(")


def facts() -> dict[str, Callable[[Exchange], Any]]:
    """Return all functions that are decorated, by module and name."""
    found = {}
    for file in sorted(ROOT.rglob("*.py")):
        for name in _decorated.findall(file.read_text(encoding="utf-8")):
            module = ".".join(("wirelint", *file.relative_to(ROOT).with_suffix("").parts))
            found[f"{module}.{name}"] = getattr(importlib.import_module(module), name).__wrapped__
    return found


FACTS = facts()
ERRORS = [
    exchange
    for rule in catalogue()
    for text in (*rule.bad, *rule.good)
    for exchange in exchanges(text)
    if exchange.response is not None and exchange.response.status >= 400
]


def elsewhere(exchange: Exchange) -> Exchange:
    """Return the same answer to another request, to another service with known facts, without passing fields."""
    response = exchange.response
    assert response is not None
    kept = Headers((name, value) for name, value in response.headers.fields if name.decode().lower() not in PASSING)
    body = response.body
    again = Body(body.raw, complete=body.complete, coding=body.coding, media=body.media, reason=body.unavailable)
    asked = Request(
        method="PATCH",
        target="/elsewhere/validate?of=all",
        authority="other.example",
        headers=Headers.of(("Accept", "text/html"), ("Authorization", "Bearer abcdef-1"), ("Content-Type", "text/xml")),
        body=Body(b"<a/>"),
    )
    made = Exchange(
        request=asked,
        response=replace(response, headers=kept, body=again, trailers=Headers()),
        failure=Failure(FailureKind.RESET),
        service="other",
        started=7.0,
        timestamp=1.7e9,
    )
    attach(made, Knowledge(error_when=(condition("code != 0"),), protocol="soap"))
    return made


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_depends_on_nothing_but_the_answer(name: str) -> None:
    fact = FACTS[name]
    values = [fact(exchange) for exchange in ERRORS]
    assert values == [fact(elsewhere(exchange)) for exchange in ERRORS]
    assert len({repr(value) for value in values}) > 1


def error(content: bytes = b'{"error": "gone"}', status: int = 404, **fields: str) -> Exchange:
    headers = Headers.of(*((name.replace("_", "-"), value) for name, value in fields.items()))
    body = Body(content, media=headers.media_type)
    return Exchange(
        request=Request(method="GET", target="/"), response=Response(status=status, headers=headers, body=body)
    )


@pytest.mark.parametrize(
    ("other", "calls"),
    [
        (error(), 1),
        (error(date="now", x_request_id="7"), 1),
        (error(b'{"error": "lost"}'), 2),
        (error(status=410), 2),
        (error(server="nginx"), 2),
        (error(content_type="application/json"), 2),
        (error(status=200), 2),
    ],
)
def test_the_same_answer_is_read_once(other: Exchange, calls: int) -> None:
    answers._KNOWN.clear()
    asked = []

    @once_per_answer
    def fact(exchange: Exchange) -> int | None:
        asked.append(exchange)
        return exchange.status

    first = error(date="then")
    assert [fact(first), fact(first), fact(other), fact(other)] == [first.status] * 2 + [other.status] * 2
    assert len(asked) == calls


@pytest.mark.parametrize("content", [None, b"x" * 2049])
def test_what_is_long_or_unknown_is_read_each_time(content: bytes | None) -> None:
    answers._KNOWN.clear()
    for _ in range(2):
        once_per_answer(lambda exchange: exchange.status)(error(content or b"") if content else unknown())
    assert not answers._KNOWN


def unknown() -> Exchange:
    return replace(error(), response=Response(status=404, body=Body.unknown("streamed")))


def test_it_is_bounded() -> None:
    answers._KNOWN.clear()
    for number in range(answers._MOST + 20):
        once_per_answer(lambda exchange: exchange.status)(error(b"%d" % number))
        assert len(answers._KNOWN) <= answers._MOST
