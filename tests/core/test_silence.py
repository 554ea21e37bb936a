"""What content is read again, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from wirelint.core import silence
from wirelint.core.body import Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.core.rule import Context, Reads, Rule, When

CONTENT = b'{"state": "shipped"}'


def an_exchange(at: float, **more: Any) -> Exchange:
    fields = Headers.of(("content-type", "application/json"), *more.pop("fields", []))
    body = more.pop("body", None) or Body(more.pop("content", CONTENT), media=media_type("application/json"))
    return Exchange(
        request=Request(method=more.pop("method", "GET"), target=more.pop("target", "/x")),
        response=Response(status=200, headers=fields, body=body),
        started=at,
        ended=at + 0.1,
    )


def read(*exchanges: Exchange, finds: bytes = b"failed") -> list[bool]:
    """Return of each exchange whether a rule read its content."""
    seen = []

    def check(exchange: Exchange, context: Context) -> Iterator[Hit]:
        seen.append(exchange)
        if exchange.response is not None and finds in (exchange.response.body.content or b""):
            yield Hit("it failed", "")

    rule = Rule(
        id="a-rule",
        severity=Severity.LOW,
        confidence=Confidence.STRONG,
        because="",
        basis="",
        when=When(status="2xx"),
        reads=Reads.PREFIX,
        check=check,
    )
    engine = Engine([rule])
    for exchange in exchanges:
        assert not engine.audit(exchange).faults
    return [any(each is exchange for each in seen) for exchange in exchanges]


def test_an_equal_answer_is_not_read_a_third_time() -> None:
    assert read(*map(an_exchange, range(4))) == [True, True, False, False]


def test_it_is_after_a_while() -> None:
    turns = map(an_exchange, (-1, 0, 4.9, 5.1, 6))
    assert read(*turns) == [True, True, False, True, False]


def test_values_that_always_differ_do_not_count() -> None:
    turns = (an_exchange(at, fields=[("date", str(at)), ("x-request-id", str(at))]) for at in range(3))
    assert read(*turns) == [True, True, False]


@pytest.mark.parametrize(
    "other",
    [
        an_exchange(1, target="/y"),
        an_exchange(1, method="HEAD"),
        an_exchange(1, content=b'{"state": "arrived"}'),
        an_exchange(1, fields=[("server", "b")]),
        an_exchange(1, fields=[("date", "today")]),
        an_exchange(1, body=Body(CONTENT, complete=False, size=len(CONTENT), media=media_type("application/json"))),
        an_exchange(1, body=Body(CONTENT, media=media_type("text/plain"))),
    ],
)
def test_what_differs_is_read(other: Exchange) -> None:
    assert read(an_exchange(0), an_exchange(0), an_exchange(0.5), other) == [True, True, False, True]


def test_an_answer_with_a_finding_is_read_each_time() -> None:
    assert read(*(an_exchange(at, content=b'{"state": "failed"}') for at in range(3))) == [True, True, True]


def test_equal_content_is_parsed_once() -> None:
    first, second = Body(CONTENT), Body(CONTENT)
    assert first.top_level is not None
    assert second.shares(first)
    assert second.top_level is first.top_level
    assert second.text == first.text


@pytest.mark.parametrize(
    "other",
    [
        Body(CONTENT, coding="gzip"),
        Body(CONTENT, complete=False, size=100),
        Body(CONTENT, media=media_type("text/html")),
        Body(None, reason="streamed"),
        Body(b""),
    ],
)
def test_other_content_is_parsed_by_itself(other: Body) -> None:
    assert not other.shares(Body(CONTENT))
    assert not Body(CONTENT).shares(other)


def test_only_so_much_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "_MOST_OCTETS", len(CONTENT))
    turns = [an_exchange(0.1 * turn, target=f"/{turn % 3}") for turn in range(9)]
    assert read(*turns) == [True] * 9
    monkeypatch.setattr(silence, "_LONGEST", len(CONTENT) - 1)
    assert read(*map(an_exchange, range(3))) == [True] * 3
