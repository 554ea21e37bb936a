"""What contents are kept, for how long, and how much of it."""

from __future__ import annotations

import gzip

import pytest

from lab.story import later, remembered, times, turn
from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.history import contents
from wirelint.history.contents import Contents, content_of

LAST = turn("GET /a/1", 200, '{"id": 2}')


def kept(story: str, last: str = LAST) -> bytes | None:
    memory, told = remembered(Contents, story + last)
    content = memory.of(told[-1])
    return None if content is None else content.octets.strip()


def test_the_latest_is_kept() -> None:
    assert kept(turn("GET /a/1", 200, '{"id": 0}') + turn("GET /a/1", 200, '{"id": 1}')) == b'{"id": 1}'
    assert kept(turn("GET /a/1", 200, "<a/>", "Content-Type: text/xml")) == b"<a/>"
    assert kept(turn("GET /a/2", 200, '{"id": 0}')) is None


@pytest.mark.parametrize(
    "newer",
    [
        turn("GET /a/1", 200, "<html>", "Content-Type: text/html"),
        turn("GET /a/1", 200, "{}"),
        turn("GET /a/1", 200, '{"id": 1}', "Age: 5"),
        turn("GET /a/1", 200, f'{{"id": "{"x" * 20_000}"}}'),
        turn("GET /a/1", 200, '{"id": 1') + "# failure: reset cut\n",
    ],
    ids=["page", "bare", "stored", "long", "cut"],
)
def test_what_cannot_be_kept_takes_the_place_of_what_was(newer: str) -> None:
    assert kept(turn("GET /a/1", 200, '{"id": 0}') + newer) is None


def test_errors_and_other_methods_leave_it_as_it_was() -> None:
    others = turn("GET /a/1", 404, '{"id": 1}') + turn("POST /a/1", 200, '{"id": 1}') + turn("GET /a/1", 304)
    assert kept(turn("GET /a/1", 200, '{"id": 0}') + others) == b'{"id": 0}'


@pytest.mark.parametrize(
    ("body", "is_data"),
    [
        (Body(b'{"id": 1}'), True),
        (Body(gzip.compress(b'{"id": 1}'), coding="gzip"), True),
        (Body(gzip.compress(b'["' + b"x" * 17_000 + b'"]'), coding="gzip"), False),
        (Body(b'["' + b"x" * 17_000 + b'"]'), False),
        (Body(b'["x", ', complete=False), False),
        (Body(b"not gzip", coding="gzip"), False),
        (Body(b""), False),
        (Body.unknown("streamed"), False),
    ],
    ids=["plain", "coded", "long within", "long", "cut", "broken", "empty", "unknown"],
)
def test_only_what_is_known_as_a_whole_is_data(body: Body, is_data: bool) -> None:
    request, headers = Request(method="GET", target="/a"), Headers.of(("Content-Type", "application/json"))
    response = Response(status=200, headers=headers, body=body)
    assert (content_of(Exchange(request=request, response=response)) is not None) is is_data
    other = Response(status=203, headers=headers, body=body)
    assert content_of(Exchange(request=request, response=other)) is None
    assert content_of(Exchange(request=request)) is None


def test_it_is_forgotten_after_a_while() -> None:
    assert kept(turn("GET /a/1", 200, '{"id": 0}') + later(700)) is None
    old, new = (turn(f"GET /a/{n}", 200, '{"id": 0}') for n in (1, 2))
    memory, _ = remembered(Contents, old + later(700) + new + new)
    assert len(memory) == 1


def test_bytes_are_bounded() -> None:
    content = f'{{"id": "{"x" * 16_000}"}}'
    room = contents._MOST_BYTES // len(content)
    memory, _ = remembered(Contents, "".join(turn(f"GET /a/{n}", 200, content) for n in range(room + 20)))
    assert len(memory) == room
    assert memory._held == room * len(content)


def test_entries_are_bounded() -> None:
    most = contents._MOST
    short = (turn(f"GET /a/{n}", 200, '{"id": 1}') for n in range(most + 20))
    memory, _ = remembered(Contents, "".join(times(1, each, every=0.1) for each in short))
    assert len(memory) == most
